"""Downloads: validators, conditional requests and byte ranges (RFC 9110 sections 8.8, 13 and 14)."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from fastapi import Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from app.api.compression import accepts_gzip
from app.api.downloads import REPLACED, Download, Downloads
from app.api.problems import problem
from app.domain.errors import Problem
from app.storage.chunks import Readable

MEDIA_TYPE = "text/calendar; charset=utf-8"

# No file is so large that eighteen digits would not do, and what has more is ignored.
_RANGE = re.compile(r"bytes=[ \t]*(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})[ \t]*")


@dataclass(frozen=True, slots=True)
class Document:
    """A file to be downloaded, and what is said of it."""

    file: Readable
    digest: str
    changed_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Callable[[], Awaitable[str]] | None = None
    """Makes a URL where clients that take gzip may read it themselves."""
    removed: Callable[[], Problem] = REPLACED
    """What to say where it is gone before any of it was sent."""

    @property
    def changed(self) -> datetime:
        """As exactly as HTTP can say it."""
        return self.changed_at.replace(microsecond=0)

    @property
    def etag(self) -> str:
        """Strong: the bytes are those whose digest it is."""
        return f'"{self.digest}"'


async def file_response(request: Request, document: Document, downloads: Downloads) -> Response:
    """Answer with a file, or the part of it that was asked for."""
    packed = document.file.packed_size
    takes_gzip = packed is not None and accepts_gzip(_accepted(request))
    # A range is of what is sent, and to HEAD nothing is (section 14.2).
    part = None if request.scope.get("head") else _part(request, document, two_forms=takes_gzip)
    gzip = takes_gzip and part is None
    headers = {
        # Weak where it is compressed, since equal files may be so in other ways. To If-None-Match both are
        # the same; to If-Range, which compares strongly, they are not: nothing compressed is resumed.
        "etag": f"W/{document.etag}" if gzip else document.etag,
        "last-modified": format_datetime(document.changed, usegmt=True),
        "cache-control": "private, no-cache",
        "vary": "Accept-Encoding",
        **document.headers,
    }
    if _is_current(request, document):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if gzip and document.elsewhere is not None and _is_plain(request):
        moved = {"cache-control": "no-store", "vary": "Accept-Encoding"}
        return RedirectResponse(await document.elsewhere(), HTTPStatus.TEMPORARY_REDIRECT, moved)
    headers["content-disposition"] = 'attachment; filename="taskoverflow.ics"'
    if gzip:
        headers |= {"content-encoding": "gzip", "content-length": str(packed)}
        return _stream(request, document, downloads, HTTPStatus.OK, headers, document.file.packed)
    headers["accept-ranges"] = "bytes"
    if part is None:
        headers["content-length"] = str(document.file.size)
        return _stream(request, document, downloads, HTTPStatus.OK, headers, lambda: _all(document))
    first, last = part
    if first > last:
        return problem(
            request,
            "range-not-satisfiable",
            "Range not satisfiable",
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"The file has {document.file.size} bytes.",
            headers={"content-range": f"bytes */{document.file.size}"},
        )
    headers |= {
        "content-range": f"bytes {first}-{last}/{document.file.size}",
        "content-length": str(last - first + 1),
    }
    status = HTTPStatus.PARTIAL_CONTENT
    return _stream(request, document, downloads, status, headers, lambda: document.file.part(first, last))


def _is_plain(request: Request) -> bool:
    """Whether the whole file is asked for: elsewhere a range would be one of what is compressed."""
    return not request.scope.get("head") and "range" not in request.headers


def _all(document: Document) -> AsyncIterator[bytes]:
    return document.file.part(0, document.file.size - 1)


def _accepted(request: Request) -> str:
    return ",".join(request.headers.getlist("accept-encoding"))


def _stream(
    request: Request,
    document: Document,
    downloads: Downloads,
    status: HTTPStatus,
    headers: dict[str, str],
    read: Callable[[], AsyncIterator[bytes]],
) -> Response:
    if request.scope.get("head"):
        # Not a plain one, which would say that what has no length yet has a length of zero.
        return StreamingResponse(iter(()), status, headers, MEDIA_TYPE)
    return Download(downloads, read(), status, headers, MEDIA_TYPE, document.removed)


def _is_current(request: Request, document: Document) -> bool:
    """Whether the client has the file already: section 13.1.2, and 13.1.3 only in its absence."""
    if (wanted := request.headers.get("if-none-match")) is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return document.etag in tags or "*" in tags
    since = _date(request.headers.get("if-modified-since"))
    return since is not None and document.changed <= since


def _part(request: Request, document: Document, *, two_forms: bool) -> tuple[int, int] | None:
    """First and last byte that were asked for; None for all of them, first > last for none of them.

    What is not understood is ignored (section 14.2), and so are several ranges at once. A date does not say
    which of two forms of the file a client has the beginning of.
    """
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or not (match["first"] or match["last"]):
        return None
    condition = request.headers.get("if-range")
    same = condition in {None, document.etag} or (not two_forms and _date(condition) == document.changed)
    if not same:
        return None
    size = document.file.size
    if not match["first"]:
        suffix = int(match["last"])
        return (max(size - suffix, 0), size - 1) if suffix else (size, size - 1)
    first = int(match["first"])
    last = int(match["last"]) if match["last"] else size - 1
    return None if last < first and match["last"] else (first, min(last, size - 1))


def _date(header: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    # "-0000" is UTC as well, though from nowhere in particular (RFC 5322 section 3.3).
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
