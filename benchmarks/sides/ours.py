"""The service as its users start it: an API of two processes, as the reference has, and two workers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.cli.local.ports import free_port
from app.domain.jobs import JobState
from app.domain.owners import BUILT_IN_OWNER
from benchmarks import processes
from benchmarks.load.requests import request
from benchmarks.names import OURS
from benchmarks.processes import Command
from benchmarks.sides.side import CALENDARS, Side
from benchmarks.sides.todos import NAMES, VALUES

API_PROCESSES = "2"
WORKERS = 2
OPEN = f"state IN ('{JobState.PENDING}', '{JobState.STARTED}', '{JobState.RETRY}')"


@dataclass
class Ours(Side):
    """TaskOverflow."""

    settings: dict[str, str] = field(default_factory=dict)
    name: str = field(default=OURS, init=False)

    def command(self, *arguments: str, **settings: str) -> Command:
        """One of the command line's."""
        environment = {
            "TASKOVERFLOW_DATABASE_URL": self.database_url,
            "TASKOVERFLOW_BROKER_URL": self.broker_url,
            "TASKOVERFLOW_PORT": str(self.port),
            "TASKOVERFLOW_API_PROCESSES": API_PROCESSES,
        }
        return Command(processes.OURS, ["-m", "app.cli", *arguments], environment | self.settings | settings)

    @property
    def set_up(self) -> Command:
        return self.command("migrate", "upgrade")

    @property
    def api_command(self) -> Command:
        return self.command("api")

    @property
    def worker_commands(self) -> Sequence[Command]:
        ports = [str(free_port()) for _ in range(WORKERS)]
        return [self.command("worker", TASKOVERFLOW_METRICS_PORT=port) for port in ports]

    def ask(self, number: int) -> bytes:
        return request("POST", CALENDARS, {"name": f"Calendar {number}"})

    async def fill(self, todos: int) -> None:
        await self.database.execute("TRUNCATE todos RESTART IDENTITY CASCADE")
        await self.database.execute(
            f"INSERT INTO todos (owner_id, {NAMES}) SELECT '{BUILT_IN_OWNER}', {VALUES}"  # noqa: S608 - our own
            f" FROM generate_series(1, {todos}) AS n"
        )
        await self.database.execute("VACUUM ANALYZE todos")

    async def forget(self) -> None:
        self.asked = 0
        await self.database.execute("TRUNCATE jobs CASCADE")

    async def empty_queue(self) -> None:
        await self.broker.flushdb()

    async def is_done(self) -> bool:
        return await self.database.fetchval(f"SELECT NOT EXISTS (SELECT FROM jobs WHERE {OPEN})") is True  # noqa: S608

    async def make_waiting(self, jobs: int) -> None:
        """Have so many jobs more that wait, no two alike, for which no message was sent."""
        await self.database.execute(
            "INSERT INTO jobs (id, owner_id, options, ring_at) SELECT gen_random_uuid(),"  # noqa: S608 - our own
            f" '{BUILT_IN_OWNER}', jsonb_build_object('name', 'Waiting ' || n), now() + interval '1 hour'"
            f" FROM generate_series(1, {jobs}) AS n"
        )
        await self.database.execute("VACUUM ANALYZE jobs")
        await self.database.execute("CHECKPOINT")  # or Postgres would do so while it is to be idle

    async def finished(self) -> int:
        """How many jobs have ended."""
        ended = await self.database.fetchval("SELECT count(*) FROM jobs WHERE finished_at IS NOT NULL")
        return int(ended or 0)
