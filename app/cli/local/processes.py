"""TaskOverflow's own processes: migration, API and workers."""

import signal
import subprocess
import sys
from collections.abc import Callable, Collection

from app.cli.local.errors import LocalServerError
from app.cli.local.sandbox import child_setup
from app.cli.local.server import stop

_LOOK_SECONDS = 0.05
_STOP_SECONDS = 10.0

Environment = dict[str, str]
Pause = Callable[[float], None]


def spawn(
    environment: Environment, *arguments: str, pass_fds: Collection[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a subcommand of ``taskoverflow``.

    In a session of its own: a terminal's Ctrl-C is for its parent alone, which tells the others in order.
    """
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "app.cli", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=pass_fds,
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
