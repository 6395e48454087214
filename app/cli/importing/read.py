"""Which format a file has, and its text."""

from collections.abc import Callable
from pathlib import Path

from app.cli.importing.csv_file import read_csv
from app.cli.importing.json_file import read_json
from app.cli.importing.json_lines_file import read_json_lines
from app.cli.importing.rows import Row, UnreadableFileError


def _read_ics(content: str) -> list[Row]:
    # What reads calendars is not everywhere: the API's image has no use for it.
    try:
        from app.cli.importing.ics_file import read_ics  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "icalendar":
            raise
        raise UnreadableFileError(
            "reading .ics files needs the extra `worker`: pip install 'taskoverflow[worker]', "
            "or use the image `worker`"
        ) from None
    return read_ics(content)


_READERS: dict[str, Callable[[str], list[Row]]] = {
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".csv": read_csv,
    ".ics": _read_ics,
}


def read_file(path: Path) -> list[Row]:
    """Read every item of a file, or raise ``UnreadableFileError``."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UnreadableFileError(f"expected a name that ends in {', '.join(_READERS)}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(error.strerror or str(error)) from None
    return reader(_decode(content))


def _decode(content: bytes) -> str:
    try:
        # Spreadsheets begin UTF-8 with a byte order mark.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(
            f"line {line}: expected UTF-8, found byte 0x{content[error.start]:02X}"
        ) from None
