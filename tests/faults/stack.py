"""The service under test: an API and two workers, each with its own ways to Postgres and to the broker.

What dies is started again, as an orchestrator would, so that faults can follow one another.
"""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

from app.cli.local.ports import free_port
from app.cli.local.server import Running, start
from tests.faults.proxy import Link, Network, network
from tests.faults.servers import port_of, through
from tests.support.brokers import BrokerUnderTest
from tests.support.processes import Service
from tests.support.waiting import wait_until

LEASE, SWEEP, RESEND, BACKOFF, DRAIN, MAX_ATTEMPTS = 2.0, 0.1, 1.0, 0.1, 1.0, 3

HURRY = {
    # So that recovery is quick; what is promised is a sum of these, whatever they are.
    "TASKOVERFLOW_LEASE": str(LEASE),
    "TASKOVERFLOW_SWEEP_INTERVAL": str(SWEEP),
    "TASKOVERFLOW_RESEND_AFTER": str(RESEND),
    "TASKOVERFLOW_RETRY_BACKOFF": str(BACKOFF),
    "TASKOVERFLOW_DRAIN_SECONDS": str(DRAIN),
    "TASKOVERFLOW_MAX_ATTEMPTS": str(MAX_ATTEMPTS),
    "TASKOVERFLOW_WORKER_THREADS": "4",
    "dramatiq_restart_delay": "100",
}

_LOOK_SECONDS = 0.05


@dataclass(eq=False)
class Member:
    """One process of the service, kept running unless told otherwise."""

    command: str
    service: Service
    postgres: Link
    broker: Link
    is_kept: bool = True
    _process: subprocess.Popen[bytes] | None = None
    _starting: Lock = field(default_factory=Lock)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        """What the process that runs now has said."""
        return self.service.log_of(self.process)

    @property
    def logs(self) -> str:
        """What it and its forerunners have said."""
        return "".join(map(self.service.log_of, self.service.processes))

    def start(self) -> None:
        """Run, and keep running."""
        with self._starting:
            self.is_kept = True
            if self._process is None or self._process.poll() is not None:
                self._process = self.service.start(self.command)

    def look(self) -> None:
        """Start again what has died."""
        if self.is_kept:
            self.start()

    def kill(self, *, keep: bool = True) -> None:
        """End it by SIGKILL; with ``keep`` it comes back."""
        with self._starting:
            self.is_kept = keep
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def wait_until_ready(self) -> None:
        said = "worker_ready" if self.command == "worker" else "Uvicorn running"
        wait_until(lambda: self._process is not None and said in self.log, f"{self.command}: {said}")


@dataclass(eq=False)
class Stack:
    """Everything that a fault may hit."""

    kind: str
    postgres: Running
    database_url: str
    """Past every link: for those who look, and must see."""
    broker: BrokerUnderTest
    api: Member
    workers: tuple[Member, ...]

    @property
    def url(self) -> str:
        return self.api.service.url

    @property
    def members(self) -> tuple[Member, ...]:
        return (self.api, *self.workers)

    def worker_of(self, pid: int) -> Member:
        return next(worker for worker in self.workers if worker.process.pid == pid)

    def heal(self) -> None:
        """End every fault that lasts."""
        for member in self.members:
            member.postgres.heal()
            member.broker.heal()
            if member.process.poll() is None:
                member.process.send_signal(signal.SIGCONT)
        self.broker.come_back()
        self.start_postgres()

    def kill_postgres(self) -> None:
        """End it as a crash does: its connections are gone, and it will have to recover."""
        if self.postgres.process.poll() is None:
            self.postgres.process.send_signal(signal.SIGQUIT)
            self.postgres.process.wait()

    def start_postgres(self) -> None:
        if self.postgres.process.poll() is not None:
            self.postgres.process = start(self.postgres.server).process

    def wait_until_ready(self) -> None:
        for member in self.members:
            member.wait_until_ready()


@contextmanager
def stack(
    kind: str, postgres: Running, database_url: str, broker: BrokerUnderTest, folder: Path, **settings: str
) -> Iterator[Stack]:
    """Run the service for the block."""
    folder.mkdir()
    with ExitStack() as ending:
        net = ending.enter_context(network())
        port = free_port()

        def member(name: str, command: str) -> Member:
            made = _member(net, name, command, database_url, broker, folder, settings, port)
            ending.callback(made.service.end)
            return made

        workers = (member("worker-1", "worker"), member("worker-2", "worker"))
        running = Stack(kind, postgres, database_url, broker, member("api", "api"), workers)
        ending.enter_context(_kept(running.members))
        running.wait_until_ready()
        yield running


def _member(
    net: Network,
    name: str,
    command: str,
    database_url: str,
    broker: BrokerUnderTest,
    folder: Path,
    settings: dict[str, str],
    port: int,
) -> Member:
    to_postgres, to_broker = net.link(port_of(database_url)), net.link(port_of(broker.url))
    logs = folder / name
    logs.mkdir()
    service = Service(
        through(database_url, to_postgres.port),
        through(broker.url, to_broker.port),
        logs,
        {**settings, **broker.environment},
        port,
    )
    return Member(command, service, to_postgres, to_broker)


@contextmanager
def _kept(members: tuple[Member, ...]) -> Iterator[None]:
    """Start processes again that end, until the block ends."""
    over = Event()

    def keep() -> None:
        while not over.wait(_LOOK_SECONDS):
            for member in members:
                member.look()

    keeper = Thread(target=keep, name="keeper")
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
