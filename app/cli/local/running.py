"""What the ``up`` that runs on a data folder tells other commands: where its servers are."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

_NAME = "running.json"


@dataclass(frozen=True, slots=True)
class Running:
    """A launcher and its servers, passwords included."""

    pid: int
    database_url: str
    broker_url: str


def tell(folder: Path, database_url: str, broker_url: str) -> None:
    """Say that this process runs the servers of a data folder, to the owner of the folder alone."""
    draft = folder / f"{_NAME}.new"
    draft.unlink(missing_ok=True)  # one that a kill left behind could have any mode
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(json.dumps(asdict(Running(os.getpid(), database_url, broker_url))), encoding="utf-8")
    draft.replace(folder / _NAME)


def forget(folder: Path) -> None:
    """Say so no more."""
    (folder / _NAME).unlink(missing_ok=True)


def read(folder: Path) -> Running | None:
    """The launcher that runs on a data folder; None if none does."""
    try:
        found = Running(**json.loads((folder / _NAME).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    # kill -9 leaves the file behind, and its ports may be other programs' by now.
    return found if _is_alive(found.pid) else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
