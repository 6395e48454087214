"""AWS for tests: moto's server in a process of its own, on the loopback interface."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
import trustme

from app.cli.local.ports import free_port
from app.cli.local.sandbox import child_setup
from tests.infra.environment import ROOT, installed
from tests.support.waiting import wait_until

REGION = "us-east-1"
NAME = "todo.example.org"

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def aws(folder: Path) -> Iterator[str]:
    """Run it for the block; yields its URL."""
    port = free_port()
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    server = ROOT / "tests" / "infra" / "moto_server.py"
    command: list[str | Path] = [installed("python"), server, "-H", "127.0.0.1", "-p", str(port)]
    with (folder / "moto.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=child_setup(signal.SIGKILL),  # noqa: PLW1509 - there is one thread
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is not None or _answers(url), "moto")
        assert process.poll() is None, (folder / "moto.log").read_text()
        yield url
    finally:
        process.kill()
        process.wait()


def environment(url: str) -> dict[str, str]:
    """What leads Terraform there, and nowhere else."""
    return {**_CREDENTIALS, "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "3", "NO_PROXY": "127.0.0.1"}


def client(service: str, url: str) -> Any:
    """A client of one of its services."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def import_certificate(url: str) -> str:
    """The ARN of a certificate of the service's name, which the load balancer asks for."""
    authority = trustme.CA()
    issued = authority.issue_cert(NAME)
    answer = client("acm", url).import_certificate(
        Certificate=issued.cert_chain_pems[0].bytes(),
        PrivateKey=issued.private_key_pem.bytes(),
        CertificateChain=authority.cert_pem.bytes(),
    )
    return str(answer["CertificateArn"])


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/moto-api/data.json", trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False
