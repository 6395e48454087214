"""The header that makes a POST safe to repeat."""

import re
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import AfterValidator

from app.domain.errors import Flaw, InvalidRequest

REPLAYED = "Idempotency-Replayed"

_HEADER = "Idempotency-Key"
_LENGTH = 255
# Spaces around a header's value are no part of it (RFC 9110 section 5.5).
_PATTERN = f"^[!-~]([ -~]{{0,{_LENGTH - 2}}}[!-~])?$"
_DESCRIPTION = (
    "Makes the request safe to repeat: for 24 hours, another one with the same key and body is answered with "
    "the same task. Visible ASCII characters and spaces; a fresh UUID is best."
)


def _key(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(_PATTERN, value):
        raise ValueError(f"expected 1 to {_LENGTH} visible ASCII characters or spaces")
    return value


async def _the_one_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias=_HEADER,
            description=_DESCRIPTION,
            json_schema_extra={"minLength": 1, "maxLength": _LENGTH, "pattern": _PATTERN},
        ),
        AfterValidator(_key),
    ] = None,
) -> str | None:
    if key is not None and len(request.headers.getlist(_HEADER)) > 1:
        raise InvalidRequest([Flaw(f"/{_HEADER}", "expected one key, got several")])
    return key


IdempotencyKey = Annotated[str | None, Depends(_the_one_key)]
