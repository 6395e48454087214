"""Which characters a user's text may have."""

import unicodedata

_ALLOWED_CONTROLS = "\t\n"


def printable(text: str) -> str:
    """Return the text, or raise ``ValueError`` if it holds what can be neither stored nor shown.

    Control characters can't be written in a calendar (RFC 5545 section 3.1, ``CONTROL``), and Postgres
    stores neither NUL nor lone surrogates.
    """
    for position, character in enumerate(text):
        if character not in _ALLOWED_CONTROLS and unicodedata.category(character) in {"Cc", "Cs"}:
            raise ValueError(
                f"expected no control characters but tab and newline; U+{ord(character):04X} at {position}"
            )
    return text
