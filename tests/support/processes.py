"""The service as its users run it: processes, which end with the test."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import httpx
import psutil

from app.cli.local.ports import free_port
from tests.support.forked import Forked, is_forkable
from tests.support.waiting import wait_until

COMMAND = (sys.executable, "-m", "app.cli")

PATIENCE_SECONDS = 60
"""After that long a command that has not ended never will."""


def start_command(
    arguments: Sequence[str], environment: Mapping[str, str], output: IO[Any], errors: IO[Any]
) -> subprocess.Popen[bytes]:
    """Start one of the command line's."""
    if is_forkable(arguments[0], environment):
        return Forked(arguments, environment, output, errors)
    return subprocess.Popen([*COMMAND, *arguments], env=environment, stdout=output, stderr=errors)


def run_in(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the command line's to its end."""
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        process = start_command(arguments, environment, output, errors)
        try:
            code = process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, output.read(), errors.read())


def run_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same, with more in its environment than there is here."""
    return run_in({**os.environ, **environment}, *arguments)


@dataclass
class Service:
    """One API and any number of workers on a database and a broker."""

    database_url: str
    broker_url: str
    logs: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _logs: dict[int, Path] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "TASKOVERFLOW_DATABASE_URL": self.database_url,
            "TASKOVERFLOW_BROKER_URL": self.broker_url,
            "TASKOVERFLOW_PORT": str(self.port),
            **self.settings,
        }

    def log_of(self, process: subprocess.Popen[bytes]) -> str:
        """What it has said so far."""
        return self._logs[process.pid].read_text()

    def start(self, name: str) -> subprocess.Popen[bytes]:
        path = self.logs / f"{name}-{len(self.processes)}.log"
        with path.open("wb") as log:
            process = start_command([name], self.environment, log, log)
        self.processes.append(process)
        self._logs[process.pid] = path
        return process

    def start_api(self) -> None:
        process = self.start("api")
        wait_until(lambda: process.poll() is not None or _answers(self.url), "the API")
        assert process.poll() is None, "the API ended at once"

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


def gone(processes: Iterable[psutil.Process]) -> bool:
    """Whether all have ended, whoever is to reap them."""
    return not any(_runs(process) for process in processes)


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # it was reaped between the two looks
        return False


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False


@contextmanager
def service(database_url: str, broker_url: str, logs: Path, **settings: str) -> Iterator[Service]:
    running = Service(database_url, broker_url, logs, settings)
    try:
        yield running
    finally:
        running.end()
