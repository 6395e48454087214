"""Downloads: validators, conditional requests and byte ranges (RFC 9110 sections 8.8, 13 and 14)."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from fastapi import Request, Response

from app.api.downloads import Download, Downloads
from app.api.problems import problem
from app.domain.jobs import Job

MEDIA_TYPE = "text/calendar; charset=utf-8"

# No file is so large that eighteen digits would not do, and what has more is ignored.
_RANGE = re.compile(r"bytes=[ \t]*(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})[ \t]*")

Read = Callable[[int, int], AsyncIterator[bytes]]


def file_response(request: Request, job: Job, read: Read, downloads: Downloads) -> Response:
    """Answer with the file of a finished job, or the part of it that was asked for."""
    assert job.counts is not None  # noqa: S101 - the table's constraints go with SUCCESS
    assert job.finished_at is not None  # noqa: S101
    size, changed = job.counts.bytes, job.finished_at.replace(microsecond=0)
    headers = {
        "etag": f'"{job.digest}"',
        "last-modified": format_datetime(changed, usegmt=True),
        "cache-control": "private, no-cache",
        "accept-ranges": "bytes",
    }
    if _is_current(request, headers["etag"], changed):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["content-disposition"] = 'attachment; filename="taskoverflow.ics"'
    part = _part(request, headers["etag"], changed, size)
    if part is None:
        headers["content-length"] = str(size)
        return _stream(request, downloads, HTTPStatus.OK, headers, lambda: read(0, size - 1))
    first, last = part
    if first > last:
        return problem(
            request,
            "range-not-satisfiable",
            "Range not satisfiable",
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            f"The file has {size} bytes.",
            headers={"content-range": f"bytes */{size}"},
        )
    headers |= {"content-range": f"bytes {first}-{last}/{size}", "content-length": str(last - first + 1)}
    return _stream(request, downloads, HTTPStatus.PARTIAL_CONTENT, headers, lambda: read(first, last))


def _stream(
    request: Request,
    downloads: Downloads,
    status: HTTPStatus,
    headers: dict[str, str],
    read: Callable[[], AsyncIterator[bytes]],
) -> Response:
    if request.scope.get("head"):
        return Response(status_code=status, headers=headers, media_type=MEDIA_TYPE)
    return Download(downloads, read(), status, headers, MEDIA_TYPE)


def _is_current(request: Request, etag: str, changed: datetime) -> bool:
    """Whether the client has the file already: section 13.1.2, and 13.1.3 only in its absence."""
    if (wanted := request.headers.get("if-none-match")) is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return etag in tags or "*" in tags
    since = _date(request.headers.get("if-modified-since"))
    return since is not None and changed <= since


def _part(request: Request, etag: str, changed: datetime, size: int) -> tuple[int, int] | None:
    """First and last byte that were asked for; None for all of them, first > last for none of them.

    What is not understood is ignored (section 14.2), and so are several ranges at once.
    """
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    if match is None or not (match["first"] or match["last"]):
        return None
    condition = request.headers.get("if-range")
    if condition is not None and condition != etag and _date(condition) != changed:
        return None
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
