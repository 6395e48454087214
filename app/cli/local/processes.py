"""TaskOverflow's own processes: migration, API and workers."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import httpx

from app.cli.local.errors import LocalServerError
from app.cli.local.sandbox import child_setup
from app.cli.local.server import stop

_LOOK_SECONDS = 0.05
_STOP_SECONDS = 10.0
_READY_SECONDS = 30.0

Environment = dict[str, str]
Pause = Callable[[float], None]


def spawn(environment: Environment, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a subcommand of ``taskoverflow``.

    In a session of its own: a terminal's Ctrl-C is for ``up`` alone, which tells the others in order.
    """
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "app.cli", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=child_setup(signal.SIGTERM),  # noqa: PLW1509 - there is one thread
    )


def migrate(environment: Environment, pause: Pause) -> None:
    """Bring the schema up to date, and wait for it."""
    process = spawn(environment, "migrate", "upgrade")
    try:
        while process.poll() is None:
            pause(_LOOK_SECONDS)
    finally:
        stop(process, signal.SIGTERM, _STOP_SECONDS)
    if process.returncode != 0:
        raise LocalServerError("The migration failed; what it said stands above")


def wait_until_ready(base: str, dead: Callable[[], str | None], pause: Pause) -> None:
    """Wait until the API at ``base`` says that it is ready; ``dead`` names a process that ended instead."""
    deadline = time.monotonic() + _READY_SECONDS
    while not _is_ready(base):
        if name := dead():
            raise LocalServerError(f"{name} does not start; what it said stands above")
        if time.monotonic() > deadline:
            raise LocalServerError(
                f"The API is not ready after {_READY_SECONDS:.0f} s; what it said stands above"
            )
        pause(_LOOK_SECONDS)


def _is_ready(base: str) -> bool:
    try:
        # No proxy of the environment stands between this machine and itself.
        return httpx.get(f"{base}/readyz", trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False
