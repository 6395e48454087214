"""Picks the reader of a file by its ending."""

from pathlib import Path

from app.cli.importing.csv_file import read_csv
from app.cli.importing.ics_file import read_ics
from app.cli.importing.json_file import read_json, read_json_lines
from app.cli.importing.rows import Row, UnreadableFileError

_READERS = {".json": read_json, ".jsonl": read_json_lines, ".csv": read_csv, ".ics": read_ics}


def read_rows(file: Path) -> list[Row]:
    """All that a file holds, before anything is sent; ``UnreadableFileError`` for the file as a whole."""
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise UnreadableFileError(f"expected a file that ends in {', '.join(_READERS)}")
    try:
        # utf-8-sig: spreadsheets put a byte order mark before their CSV. The line ends stay as they are.
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return list(reader(stream.read()))
    except OSError as error:
        raise UnreadableFileError(error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        ) from None
