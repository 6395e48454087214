"""A calendar that is subscribed to: its file is made anew when its todos have changed."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Self
from uuid import UUID

from app.domain.calendars import CalendarOptions
from app.domain.owners import OwnerId

_TOKEN_BYTES = 32
"""256 bits, which nobody can guess."""

REFRESH = timedelta(hours=1)
"""What the file says of itself: how often apps may look. So soon a file with a window is stale by the clock
alone; and for so long a render that failed is left alone while no todo changes."""

MAX_TOMBSTONES = 10_000
"""Of how many deleted todos a file tells, those deleted last: a script may delete any number."""

_SECRET = re.compile(r"(/calendars/+)[\w-]{40,}|(?:(?<=%2F)|(?<=%2f)|(?<![\w-]))[\w-]{43}(?![\w-])")
"""A token in its path, whatever follows it, and what is as long as one anywhere else: URLs are mistyped."""

_LONG_RUN = b"-" * 40
_ASCII = 128
_RUNS = bytes(
    ord("-") if byte >= _ASCII or re.match(r"[\w-]", chr(byte)) else ord(" ") for byte in range(256)
)
"""Makes the bytes alike that may be part of a secret, so that a long run of them is found at once."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it is stored."""

    id: UUID
    owner: OwnerId
    options: CalendarOptions
    created_at: datetime
    rotated_at: datetime | None
    fetched_at: datetime | None
    """When its file was last asked for, to the minute."""
    rendered_at: datetime | None
    """When its file was last made, whether it came out as before or not."""
    error: str | None = None
    """Why its latest render failed, if it did."""

    @property
    def place(self) -> "FeedPlace":
        """What a list goes on behind."""
        return FeedPlace(self.created_at, self.id)


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """Where a feed stands among its owner's, for good."""

    created_at: datetime
    feed_id: UUID


@dataclass(frozen=True, slots=True)
class FeedFile:
    """The latest file of a feed."""

    id: UUID
    bytes: int
    packed_bytes: int | None
    """How large it is compressed; None if an earlier release has stored it as it is."""
    digest: str
    """SHA-256 of the file in hexadecimal."""
    changed_at: datetime
    """When it last came out otherwise than before; each such moment is a second after the last, or more."""


@dataclass(frozen=True, slots=True)
class FeedPacing:
    """How often feeds are made anew."""

    distance: timedelta
    """The least time between two renders of one feed."""
    idle_after: timedelta
    """For how long a feed that nobody fetches is still made anew when todos change."""


@dataclass(frozen=True, slots=True)
class FeedToken:
    """The secret in a feed's URL: whoever has it can read the file."""

    text: str

    @classmethod
    def new(cls) -> Self:
        """Make one that nobody can guess."""
        return cls(token_urlsafe(_TOKEN_BYTES))

    @property
    def hash(self) -> bytes:
        """What is stored: a search for it takes no longer the more of a guess is right."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).digest()

    def __repr__(self) -> str:
        return "FeedToken(…)"


def without_secrets(text: str) -> str:
    """The text with no feed's token in it: for logs, and for problems that are passed on."""
    if _LONG_RUN not in text.encode("utf-8", "surrogatepass").translate(_RUNS):
        return text  # as nearly all are, and this is found out in a fraction of the time
    return _SECRET.sub(lambda secret: f"{secret[1] or ''}…", text)
