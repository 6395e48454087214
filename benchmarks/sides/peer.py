"""What the peers have in common: one table of todos, and tables that they make themselves."""

from abc import ABC
from dataclasses import dataclass

from benchmarks.processes import PEERS, Command
from benchmarks.sides.side import Side
from benchmarks.sides.todos import NAMES, VALUES


@dataclass
class Peer(Side, ABC):
    """A side of the environment of peers."""

    def command(self, *arguments: str, **environment: str) -> Command:
        """One of its programs, by the name of its module."""
        known = {"PEER_DATABASE_URL": self.database_url, "PEER_BROKER_URL": self.broker_url}
        return Command(PEERS, ["-m", *arguments], known | environment)

    async def fill(self, todos: int) -> None:
        await self.database.execute("TRUNCATE todos RESTART IDENTITY")
        await self.database.execute(
            f"INSERT INTO todos ({NAMES}) SELECT {VALUES} FROM generate_series(1, {todos}) AS n"  # noqa: S608
        )
        await self.database.execute("VACUUM ANALYZE todos")
