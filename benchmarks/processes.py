"""Processes that end with the block that needs them, with all that they have started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.cli.local.sandbox import child_setup
from app.cli.local.server import stop

_PATIENCE_SECONDS, _LONGEST_SECONDS = 20.0, 600.0
_KIB, _MIB = 1024, 1024 * 1024

OURS = sys.executable
PEERS = ".bench/bin/python"
ARQ = ".bench-arq/bin/python"


@dataclass(frozen=True, slots=True)
class Command:
    """A Python module with arguments, in one of the environments."""

    python: str
    arguments: Sequence[str]
    environment: dict[str, str]

    @property
    def whole_environment(self) -> dict[str, str]:
        """Nothing of the service's settings that are in force where the benchmark is started."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TASKOVERFLOW_", "OTEL_"))}
        return inherited | self.environment

    def run(self) -> str:
        """Run it to its end, which is to be a good one; what it has written."""
        argv = [self.python, *self.arguments]
        done = subprocess.run(
            argv,
            env=self.whole_environment,
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(argv)} failed: {done.stderr or done.stdout}")
        return done.stdout


@contextmanager
def running(command: Command, log: Path) -> Iterator[psutil.Process]:
    """Run it for the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [command.python, *command.arguments],
            env=command.whole_environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=child_setup(signal.SIGTERM),  # noqa: PLW1509 - there is one thread
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        stop(process, signal.SIGTERM, _PATIENCE_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it forked, if it left any behind


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and those that it has forked."""
    return [process, *process.children(recursive=True)]


def forget_peaks(processes: Iterable[psutil.Process]) -> None:
    """Count the most memory that they have had from here on."""
    for process in processes:
        Path(f"/proc/{process.pid}/clear_refs").write_text("5", encoding="ascii")


def peaks(processes: Iterable[psutil.Process]) -> list[float]:
    """The most memory that each has had, in MB."""
    return [_peak(process.pid) for process in processes]


def _peak(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * _KIB / _MIB for line in lines if line.startswith("VmHWM"))


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """What they have used of the processors, with those of their children that have ended."""
    return sum(map(_used, processes))


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0  # now it is among its parent's children that have ended
    return float(times.user + times.system + times.children_user + times.children_system)
