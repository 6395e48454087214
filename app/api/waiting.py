"""Answers that wait until there is more to say (RFC 7240 section 4.3)."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Query, Request

from app.api.time_limit import allow_more

MAX_WAIT_SECONDS = 60

_PREFERENCE = re.compile(r'\s*wait\s*=\s*"?(?P<seconds>[0-9]{1,9})"?\s*(?:;.*)?', re.IGNORECASE)
_PREFER = (
    f"`wait=N` has the answer wait up to N seconds, at most {MAX_WAIT_SECONDS}, for the task to be further; "
    "other preferences are ignored (RFC 7240)."
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a client would have its answer wait."""

    seconds: int
    preferred: bool
    """It said so in a header, which an answer may follow, and then says that it did."""

    @property
    def applied(self) -> dict[str, str]:
        """The header that tells that the preference was followed (section 3)."""
        return {"preference-applied": f"wait={self.seconds}"} if self.preferred else {}


async def _preferred(
    request: Request,
    prefer: Annotated[
        str | None,
        Header(alias="Prefer", description=_PREFER, examples=["wait=5"]),
    ] = None,
) -> Wait | None:
    if prefer is None:
        return None
    # Which has one of several such headers alone.
    for preference in ",".join(request.headers.getlist("prefer")).split(","):
        # The first one counts, and one that can't be read is as if it were not there (section 2).
        if match := _PREFERENCE.fullmatch(preference):
            return Wait(min(int(match["seconds"]), MAX_WAIT_SECONDS), preferred=True)
    return None


async def _asked_for(
    preferred: Annotated[Wait | None, Depends(_preferred)],
    wait: Annotated[
        int | None,
        Query(
            ge=0,
            le=MAX_WAIT_SECONDS,
            description="Wait up to so many seconds for `task_status` to change, unless it is final.",
        ),
    ] = None,
) -> Wait | None:
    return preferred if wait is None else Wait(wait, preferred=False)


PreferredWait = Annotated[Wait | None, Depends(_preferred)]
AskedWait = Annotated[Wait | None, Depends(_asked_for)]


async def while_there(request: Request, wait: Wait, waiting: Awaitable[T]) -> T | None:
    """What comes of the waiting; None if the client goes away before."""
    allow_more(request, wait.seconds)
    answer, gone = asyncio.ensure_future(waiting), asyncio.ensure_future(_gone(request))
    # Where the client goes first, nobody is there to hear of an error.
    answer.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None
    finally:
        answer.cancel()
        gone.cancel()
        await asyncio.wait({answer, gone})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
