"""Absolute URLs in answers."""

import re
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from pydantic import HttpUrl

from app.domain.errors import Flaw, InvalidRequest
from app.domain.feeds import FeedToken

PREFIX = "/api/v1"

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class PublicUrls:
    """Knows under which address clients see the service."""

    public_url: HttpUrl | None

    def base(self, request: Request) -> str:
        """Scheme and host, without a slash at the end."""
        if self.public_url is not None:
            return str(self.public_url).rstrip("/")
        # As the client asked for it, where a trusted proxy told so: see ``Forwarding``.
        scheme, host = request.scope.get("scheme", "http"), request.headers.get("host") or request.url.netloc
        if scheme not in {"http", "https"} or not _HOST.fullmatch(host):
            raise InvalidRequest([Flaw("/host", "expected a host name with an optional port")])
        return f"{scheme}://{host}"


@dataclass(frozen=True, slots=True)
class Links:
    """Links for the answer to one request."""

    base: str

    def todo(self, todo_id: int) -> str:
        """Where a todo is."""
        return f"{self.base}{PREFIX}/todos/{todo_id}"

    def feed(self, calendar_id: UUID) -> str:
        """Where a feed is looked after."""
        return f"{self.base}{PREFIX}/calendars/{calendar_id}"

    def feed_file(self, token: FeedToken) -> str:
        """Where a feed's file is, for whoever is given this URL."""
        return f"{self.base}{PREFIX}/calendars/{token.text}.ics"

    def webcal(self, token: FeedToken) -> str:
        """The same, as calendar apps open it by themselves."""
        return "webcal:" + self.feed_file(token).partition(":")[2]

    def status(self, task_id: UUID) -> str:
        """Where to watch a job."""
        return f"{self.base}{PREFIX}/todos/ical/{task_id}/status"

    def result(self, task_id: UUID) -> str:
        """Where a job's file is."""
        return f"{self.base}{PREFIX}/todos/ical/{task_id}/result"
