"""Several processes that serve one port, and the one that was started, which sees to them."""

import os
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import structlog

from app.cli import stopping
from app.cli.local.errors import LocalServerError
from app.cli.local.interrupt import Interrupt
from app.cli.local.processes import spawn
from app.cli.local.supervisor import Supervisor
from app.cli.serving.inheritance import bequeath
from app.cli.serving.listening import NOT_STARTED, Sockets, listen
from app.metrics.together import counted_in, counting_folder, forget_gauges
from app.settings import Settings

log = structlog.get_logger(__name__)


def serve_together(settings: Settings) -> None:
    """Serve in several processes until told to stop, and end as one of them would."""
    interrupt = Interrupt()
    interrupt.listen()
    stopping.heed()
    try:
        _serve(settings, interrupt)
    except LocalServerError as error:
        log.error("api_given_up", reason=str(error))  # noqa: TRY400 - it is a line for people
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        stopping.end_by(interrupt.came)


def _serve(settings: Settings, interrupt: Interrupt) -> None:
    supervisor = Supervisor(say=_say)
    with ExitStack() as at_end:
        try:
            served = listen(settings.host, settings.port, settings.api_processes)
            folder = at_end.enter_context(counting_folder())
        except OSError as error:
            log.error(str(error))  # noqa: TRY400 - as uvicorn does where it listens itself
            raise SystemExit(NOT_STARTED) from None
        at_end.callback(supervisor.stop)
        for each in chain.from_iterable(served):
            # Before that: who comes while we stop is to be refused, and not to wait for nobody.
            at_end.callback(each.close)
        for number, sockets in enumerate(served, start=1):
            supervisor.keep(f"API process {number}", _Place(folder, sockets).spawn)
        log.info("serving", on=[each.getsockname()[:2] for each in served[0]], processes=len(served))
        supervisor.run(interrupt.pause)


def _say(line: str) -> None:
    log.warning("api_process_died", reason=line)


@dataclass(slots=True)
class _Place:
    """One of the processes, and after its death another one with the same sockets.

    What waits in them is served late, and not lost: they are open for as long as this process is.
    """

    folder: Path
    sockets: Sockets
    process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> subprocess.Popen[bytes]:
        if self.process is not None:
            forget_gauges(self.folder, self.process.pid)
        environment = bequeath(counted_in(self.folder, os.environ), self.sockets)
        fds = [each.fileno() for each in self.sockets]
        self.process = spawn(environment, "api", pass_fds=fds)
        return self.process
