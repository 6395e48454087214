"""Where a page begins, in a form that clients have no reason to read."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import Request
from fastapi.params import Query

from app.api.urls import Links
from app.domain.errors import Flaw, InvalidRequest
from app.domain.feeds import FeedPlace
from app.domain.jobs import JobPlace

_ID_BYTES = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

TODO_CURSOR = "^[A-Za-f][A-Za-z0-9_-]{9}[AEIMQUYcgkosw048]$"
"""Eight bytes in Base64 of which the first bit is 0, as the last two of the eleven characters' are."""

PLACE_CURSOR = "^A[A-Za-f][A-Za-z0-9_-]{30}$"
"""Eight bytes whose first seven bits are 0, so that no year is beyond 6536, and an id's sixteen."""


def todo_cursor(last_id: int) -> str:
    """The cursor behind the todo of that id."""
    return _encode(last_id.to_bytes(_ID_BYTES, "big"))


def after_todo(cursor: str) -> int:
    """The id behind which the page begins; ``InvalidRequest`` for what ``todo_cursor`` did not make."""
    return int.from_bytes(_decode(cursor, TODO_CURSOR), "big")


def job_cursor(last: JobPlace) -> str:
    """The cursor behind the job at that place."""
    return _encode_place(last.created_at, last.job_id)


def after_job(cursor: str) -> JobPlace:
    """The place behind which the page begins; ``InvalidRequest`` for what ``job_cursor`` did not make."""
    return JobPlace(*_decode_place(cursor))


def feed_cursor(last: FeedPlace) -> str:
    """The cursor behind the feed at that place."""
    return _encode_place(last.created_at, last.feed_id)


def after_feed(cursor: str) -> FeedPlace:
    """The place behind which the page begins; ``InvalidRequest`` for what ``feed_cursor`` did not make."""
    return FeedPlace(*_decode_place(cursor))


def cursor_parameter(pattern: str) -> Query:
    """The query parameter that a cursor of that pattern is sent in."""
    return Query(
        description="Where a page begins: taken from a `Link` header, never made by hand.",
        json_schema_extra={"pattern": pattern},
    )


def next_page(request: Request, links: Links, cursor: str) -> str:
    """The ``Link`` header that leads to the page behind the cursor, with the same filters (RFC 8288)."""
    query = request.url.include_query_params(cursor=cursor).query
    return f'<{links.base}{request.url.path}?{query}>; rel="next"'


def _encode_place(created_at: datetime, id_: UUID) -> str:
    microseconds = (created_at - _EPOCH) // _MICROSECOND
    return _encode(microseconds.to_bytes(_ID_BYTES, "big") + id_.bytes)


def _decode_place(cursor: str) -> tuple[datetime, UUID]:
    raw = _decode(cursor, PLACE_CURSOR)
    microseconds = int.from_bytes(raw[:_ID_BYTES], "big")
    return _EPOCH + microseconds * _MICROSECOND, UUID(bytes=raw[_ID_BYTES:])


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(cursor: str, pattern: str) -> bytes:
    if not re.fullmatch(pattern, cursor):
        raise InvalidRequest([Flaw("/cursor", "expected a cursor from a Link header")])
    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
