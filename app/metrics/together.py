"""What processes count together that serve one port: each in files of its own, of which all can be read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.multiprocess import mark_process_dead

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The library reads it when it is loaded."""


@contextmanager
def counting_folder() -> Iterator[Path]:
    """A folder for the files, which is there for the block."""
    with TemporaryDirectory(prefix="taskoverflow-metrics-") as folder:
        yield Path(folder)


def counted_in(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that counts in the folder."""
    return {**environment, _VARIABLE: str(folder)}


def forget_gauges(folder: Path, pid: int) -> None:
    """Leave out what a dead process was in the middle of; what it counted stays."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
