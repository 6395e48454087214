"""Where a page of todos begins, in a form that clients have no reason to read."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from app.domain.errors import Flaw, InvalidRequest

_ID_BYTES = 8

CURSOR_PATTERN = "^[A-Za-f][A-Za-z0-9_-]{9}[AEIMQUYcgkosw048]$"
"""Eight bytes in Base64 of which the first bit is 0, as the last two of the eleven characters' are."""


def encode_cursor(last_id: int) -> str:
    """The cursor behind the todo of that id."""
    return urlsafe_b64encode(last_id.to_bytes(_ID_BYTES, "big")).rstrip(b"=").decode("ascii")


def decode_cursor(cursor: str) -> int:
    """The id behind which the page begins; ``InvalidRequest`` for what ``encode_cursor`` did not make."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=")
        last_id = int.from_bytes(raw, "big", signed=True)
    except ValueError:
        raw, last_id = b"", -1
    if len(raw) != _ID_BYTES or last_id < 0:
        raise InvalidRequest([Flaw("/cursor", "expected a cursor from a Link header")])
    return last_id
