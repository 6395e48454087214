"""The images and the stack of them, really run: ``python -m tests.containers``, or ``make containers``.

Where no Docker daemon answers, it starts one and makes images in place of those that would be pulled; that needs
root, dockerd, iptables, iproute2 and mmdebstrap.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.cli.local.ports import free_port
from tests.containers import daemon, hardening, images, journey, stand_ins, upheavals
from tests.containers.debian import unpack_compose
from tests.containers.shell import FailedError
from tests.containers.stack import Stack

_SETTINGS = "TASKOVERFLOW_LEASE=5\n"
"""What a user may put in a file; it makes the jobs of a worker that was killed go on sooner."""


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _all(Path(folder))
    except (AssertionError, FailedError):
        traceback.print_exc()
        return 1
    sys.stdout.write(f"{time.monotonic() - began:6.1f} s  in all\n")
    return 0


def _all(folder: Path) -> None:
    with ExitStack() as ending:
        variables: dict[str, str] = {}
        if not daemon.is_there():
            with _step("Docker's daemon"):
                ending.enter_context(daemon.own_daemon(folder / "docker"))
            variables = _prepare(folder)
        (folder / "settings.env").write_text(_SETTINGS)
        port = free_port()
        stack = Stack(
            {
                **variables,
                "COMPOSE_PROJECT_NAME": "taskoverflow-test",
                "TASKOVERFLOW_API_IMAGE": "taskoverflow-test-api",
                "TASKOVERFLOW_WORKER_IMAGE": "taskoverflow-test-worker",
                "TASKOVERFLOW_PORT": str(port),
                "TASKOVERFLOW_SETTINGS": str(folder / "settings.env"),
            },
            port,
        )
        with _step("compose.yaml with each broker and every profile"):
            for broker in ("redis", "sqs", "rabbitmq"):
                stack.on(broker).compose("--profile", "*", "config", "--quiet")
        _build(stack, folder)
        _live(stack)
        sqs = stack.on("sqs")
        with _up(sqs, "the stack on the SQS emulator"), _step("from todo to calendar on it"):
            journey.go_through(sqs)


def _prepare(folder: Path) -> dict[str, str]:
    with _step("Compose, of Debian's"):
        unpack_compose(folder / "apt", folder / "docker/client/cli-plugins")
    with _step("a stand-in for Python's image"):
        stand_ins.make_python(folder)
    with _step("stand-ins for Postgres, Valkey and SQS"):
        stand_ins.make_servers(folder)
    return stand_ins.VARIABLES


def _build(stack: Stack, folder: Path) -> None:
    with _step("both images"):
        stack.compose("build", "--quiet", "api", "worker")
    with _step("what they hold"):
        images.see_contents(stack)
        size = images.see_sizes(stack)
    sys.stdout.write(f"          {size}\n")
    with _step("both again after a change of code"):
        (folder / "changed").mkdir()
        images.see_that_code_alone_is_rebuilt(stack, folder / "changed")


def _live(stack: Stack) -> None:
    with _up(stack, "the stack"):
        for what, live in (
            ("from todo to calendar", journey.go_through),
            ("how little containers may do", hardening.see_hardening),
            ("an .ics file in the API's image", hardening.see_that_files_of_calendars_need_a_worker),
            ("a worker killed in mid-job", upheavals.kill_a_worker),
            ("a worker stopped in mid-job", upheavals.stop_a_worker),
            ("the broker restarted in mid-job", upheavals.restart_the_broker),
            ("the database restarted in mid-job", upheavals.restart_the_database),
            ("three workers at work", upheavals.scale_to_three),
        ):
            with _step(what):
                live(stack)


@contextmanager
def _up(stack: Stack, what: str) -> Iterator[None]:
    try:
        with _step(f"{what}, up"):
            stack.up()
        yield
    except (AssertionError, FailedError):
        sys.stderr.write(stack.logs())
        raise
    finally:
        with _step(f"{what}, down without a trace"):
            stack.down()


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    outcome = "FAILED: "
    try:
        yield
        outcome = ""
    finally:
        sys.stdout.write(f"{time.monotonic() - began:6.1f} s  {outcome}{what}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
