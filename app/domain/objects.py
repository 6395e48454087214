"""Where objects are in S3: what one URL says."""

import re
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlsplit

_EXPECTED = (
    "expected s3://bucket or s3://bucket/prefix, or for an emulator s3+http://host[:port]/bucket[/prefix]"
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY = re.compile(r"(?:[A-Za-z0-9!_.*'()-]+/)*[A-Za-z0-9!_.*'()-]+")
"""What AWS calls safe in a key, which means the same in URLs."""


@dataclass(frozen=True, slots=True)
class S3Place:
    """An object of Amazon S3 or of an emulator, or what the keys of several begin with."""

    bucket: str
    key: str
    endpoint: str | None = None
    """Where an emulator listens; None means AWS itself."""

    def below(self, *names: str) -> Self:
        """The place of that name below this one."""
        return replace(self, key="/".join((self.key, *names) if self.key else names))

    def __str__(self) -> str:
        path = f"{self.bucket}/{self.key}".rstrip("/")
        return f"s3://{path}" if self.endpoint is None else f"s3+{self.endpoint}/{path}"


def parse_s3_url(url: str) -> S3Place:
    """Read a URL, or raise ``ValueError`` that says what was expected and never repeats a password."""
    scheme, _, rest = url.strip().partition("://")
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # it is read, and may be found wrong, only when asked for
    except ValueError:
        raise ValueError(_EXPECTED) from None
    if parts.username or parts.password:
        raise ValueError("AWS credentials do not belong in the URL: see AWS_ACCESS_KEY_ID, or use a role")
    match scheme.lower():
        case "s3":
            endpoint = None
        case "s3+http" | "s3+https" if parts.hostname:
            endpoint = f"{scheme.lower().removeprefix('s3+')}://{parts.netloc}"
            rest = parts.path.removeprefix("/")
        case _:
            raise ValueError(_EXPECTED)
    if "?" in url or "#" in url:
        raise ValueError(_EXPECTED)
    bucket, _, key = rest.rstrip("/").partition("/")
    if not _BUCKET.fullmatch(bucket) or (key and not _KEY.fullmatch(key)):
        raise ValueError(_EXPECTED)
    return S3Place(bucket, key, endpoint)
