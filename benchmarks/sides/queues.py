"""Queues alone, each with two worker processes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.processes import ARQ, PEERS, Command


@dataclass(frozen=True, slots=True)
class Queue:
    """One of the packages in ``benchmarks.peers``."""

    name: str
    worker: Sequence[str]
    workers: int = 1
    """How many such commands make two processes."""
    python: str = PEERS
    set_up: Sequence[str] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def at(self, **environment: str) -> "Queue":
        """The same with the servers that it is to use."""
        return replace(self, environment=tuple(environment.items()))

    def command(self, *arguments: str) -> Command:
        """A Python module of its environment."""
        return Command(self.python, ["-m", *arguments], dict(self.environment))

    @property
    def worker_commands(self) -> list[Command]:
        """Two worker processes, however many commands that takes."""
        return [self.command(*self.worker)] * self.workers

    def drive(self, what: str, count: int) -> float:
        """Have a program ask for so many jobs; what it has measured."""
        return float(self.command("benchmarks.peers.drive", self.name, what, str(count)).run())


def _tasks(name: str) -> str:
    return f"benchmarks.peers.{name}.tasks"


_PROCRASTINATE = ("procrastinate", "--app", f"{_tasks('procrastinate')}.app")

QUEUES = (
    Queue("celery", ("celery", "--app", _tasks("celery"), "worker", "--concurrency=2", "--loglevel=WARNING")),
    Queue("dramatiq", ("dramatiq", _tasks("dramatiq"), "--processes=2")),
    Queue("taskiq", ("taskiq", "worker", f"{_tasks('taskiq')}:broker", "--workers=2", "--log-level=WARNING")),
    Queue("arq", ("arq", f"{_tasks('arq')}.WorkerSettings"), workers=2, python=ARQ),
    Queue(
        "procrastinate",
        (*_PROCRASTINATE, "worker", "--concurrency=10"),
        workers=2,
        set_up=(*_PROCRASTINATE, "schema", "--apply"),
    ),
)
