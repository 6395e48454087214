"""Keeps processes running: starts again what dies, and gives up on what keeps dying."""

import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from app.cli.local.errors import LocalServerError
from app.cli.local.server import Running, wait_or_kill

_DEATHS, _WITHIN_SECONDS = 5, 60.0
_LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Supervised:
    """One process that is to run."""

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 35.0
    """Seconds between the request to stop and SIGKILL; workers need them to drain."""
    is_server: bool = False
    deaths: deque[float] = field(default_factory=deque)


@dataclass(slots=True)
class Supervisor:
    """Started in order, stopped the other way round."""

    say: Callable[[str], None]
    kept: list[Supervised] = field(default_factory=list)

    def keep(self, name: str, spawn: Callable[[], subprocess.Popen[bytes]]) -> None:
        """Start a process and keep it running."""
        self.kept.append(Supervised(name, spawn, spawn()))

    def take_over(self, running: Running) -> None:
        """Keep a server running that was just started."""
        server = running.server
        self.kept.append(
            Supervised(
                server.name, server.spawn, running.process, stop_signal=server.stop_signal, is_server=True
            )
        )

    def run(self) -> None:
        """Look after the processes until an exception of a signal handler ends it, or one keeps dying."""
        while True:
            for each in self.kept:
                if each.process.poll() is not None:
                    self._start_again(each)
            time.sleep(_LOOK_SECONDS)

    def _start_again(self, dead: Supervised) -> None:
        now = time.monotonic()
        dead.deaths.append(now)
        while now - dead.deaths[0] > _WITHIN_SECONDS:
            dead.deaths.popleft()
        if len(dead.deaths) > _DEATHS:
            raise LocalServerError(f"{dead.name} died {len(dead.deaths)} times within a minute: giving up")
        time.sleep(min(0.1 * 2 ** len(dead.deaths), 2))
        self.say(f"{dead.name} died (exit code {dead.process.returncode}): starting it again")
        dead.process = dead.spawn()

    def stop(self) -> None:
        """Stop everything: what serves first, all at once and with one signal each; then the servers."""
        for are_servers in (False, True):
            group = [each for each in self.kept if each.is_server is are_servers]
            for each in group:
                if each.process.poll() is None:
                    each.process.send_signal(each.stop_signal)
            for each in group:
                wait_or_kill(each.process, each.patience)
