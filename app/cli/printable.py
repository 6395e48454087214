"""Text from strangers, made safe to show on a terminal."""

import io
import sys


def printable(text: str) -> str:
    r"""Write out what a terminal would obey or a reader could not see, as Python does: ``\x1b``, ``\n``."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def show_any_character() -> None:
    """Escape what the terminal's encoding lacks, rather than end with an error half way."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
