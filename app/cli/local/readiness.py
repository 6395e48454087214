"""Whether the API is ready for requests."""

import time
from collections.abc import Callable

import httpx

from app.cli.local.errors import LocalServerError
from app.cli.local.processes import Pause

_LOOK_SECONDS = 0.05
_READY_SECONDS = 30.0


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
