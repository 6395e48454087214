"""Both servers for as long as a block runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli.local.lock import locked
from app.cli.local.postgres import Postgres
from app.cli.local.sandbox import sandbox
from app.cli.local.server import start
from app.cli.local.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are, for those who connect and for those who kill them in tests."""

    database_url: str
    broker_url: str
    postgres_pid: int
    valkey_pid: int


@contextmanager
def local_servers(folder: Path, *, durable: bool = True) -> Iterator[Servers]:
    """Run Postgres and Valkey on a data folder; ``LocalServerError`` where they can't be."""
    folder = folder.resolve()
    with locked(folder):
        postgres = Postgres(folder, sandbox(), durable=durable)
        valkey = Valkey(folder)
        postgres.prepare()
        valkey.prepare()
        one = start(postgres)
        try:
            other = start(valkey)
            try:
                yield Servers(postgres.url, valkey.url, one.process.pid, other.process.pid)
            finally:
                other.stop()
        finally:
            one.stop()
