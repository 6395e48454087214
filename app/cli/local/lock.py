"""One launcher for each data folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.cli.local.errors import LocalServerError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder; the system lets go of it however this process ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (folder / "lock").open("w")
    except OSError as error:
        raise LocalServerError(f"The data folder {folder} can't be used: {error.strerror}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalServerError(
                f"TaskOverflow already runs on the data folder {folder}: "
                "stop it, or choose another with TASKOVERFLOW_DATA_DIR"
            ) from None
        yield
