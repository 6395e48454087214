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
_LOOK_SECONDS = 0.1
_LONGEST_BACKOFF_SECONDS = 2.0
_DRAIN_SECONDS = 35.0
"""Between the request to stop and SIGKILL: workers finish what they have."""


@dataclass(slots=True)
class Supervised:
    """One process that is to run."""

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals = signal.SIGTERM
    is_server: bool = False
    deaths: deque[float] = field(default_factory=deque)
    again_at: float | None = None
    """When it is to be started again, where it died."""


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
            Supervised(server.name, server.spawn, running.process, server.stop_signal, is_server=True)
        )

    def dead(self) -> str | None:
        """The name of one that does not run now."""
        return next((each.name for each in self.kept if each.process.poll() is not None), None)

    def run(self, pause: Callable[[float], None]) -> None:
        """Look after the processes until ``pause`` raises, or until one keeps dying."""
        while True:
            for each in self.kept:
                if each.process.poll() is not None:
                    self._start_again(each, time.monotonic())
            pause(_LOOK_SECONDS)

    def _start_again(self, dead: Supervised, now: float) -> None:
        if dead.again_at is None:
            dead.again_at = now + self._backoff(dead, now)
            self.say(f"{dead.name} died ({_cause(dead.process.returncode)}): starting it again")
        elif now >= dead.again_at:
            dead.again_at = None
            dead.process = dead.spawn()

    def _backoff(self, dead: Supervised, now: float) -> float:
        dead.deaths.append(now)
        while now - dead.deaths[0] > _WITHIN_SECONDS:
            dead.deaths.popleft()
        if len(dead.deaths) > _DEATHS:
            raise LocalServerError(f"{dead.name} died {len(dead.deaths)} times within a minute: giving up")
        return min(0.1 * 2.0 ** len(dead.deaths), _LONGEST_BACKOFF_SECONDS)

    def stop(self) -> None:
        """Stop everything: what serves first, all at once and with one signal each; then the servers."""
        for are_servers in (False, True):
            group = [each for each in self.kept if each.is_server is are_servers]
            for each in group:
                if each.process.poll() is None:
                    each.process.send_signal(each.stop_signal)
            until = time.monotonic() + _DRAIN_SECONDS
            for each in group:
                wait_or_kill(each.process, max(0.0, until - time.monotonic()))


def _cause(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"
