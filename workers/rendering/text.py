"""The last look at text before it goes into a file."""

_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"}


def without_controls(text: str) -> str:
    """The text without what RFC 5545 section 3.1 calls CONTROL, a lone CR included.

    The API refuses such text, but rows may be older than its rules; and one such character makes some
    parsers refuse the whole file.
    """
    return text.translate(_CONTROLS)
