"""SQS and S3 for tests: an emulator in a process of its own, over real HTTP on the loopback interface."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.cli.local.ports import free_port
from app.cli.local.sandbox import child_setup
from tests.support.waiting import wait_until

REGION = "us-east-1"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",  # nothing asks beyond the loopback interface
}


@contextmanager
def ministack(folder: Path) -> Iterator[str]:
    """Run the emulator for the block; yields its URL."""
    port = free_port()
    environment = {
        **os.environ,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SERVICES": "sqs,s3",
        "TMPDIR": str(folder),  # where it keeps its pid
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=child_setup(signal.SIGKILL),  # noqa: PLW1509 - there is one thread
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is not None or _answers(url), "the emulator")
        assert process.poll() is None, (folder / "ministack.log").read_text()
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_ministack/health", trust_env=False).is_success
    except httpx.TransportError:
        return False
