"""Errors as a log may show them: where they were raised and what they say, without the data in it."""

import re
import traceback
from collections.abc import Iterator

_QUOTED = re.compile(r"(?:\n|\\n)DETAIL:.*|(?<=invalid input for query argument )(\$\d+): .*", re.DOTALL)
"""Postgres quotes the row that it refuses, and asyncpg the value: either may be somebody's todo."""

_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


def without_data(text: str) -> str:
    """What an error says, up to where it begins to quote the data that it was about."""
    return _QUOTED.sub(r"\1", text) if "DETAIL:" in text or "query argument" in text else text


def shown(error: BaseException) -> str:
    """The traceback of an error and of those before it; no local variables, and no data."""
    return "".join(_parts(error, set())).rstrip("\n")


def _parts(error: BaseException, seen: set[int]) -> Iterator[str]:
    # Not the standard library's, since an error's own words can't be changed there.
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _parts(before, seen)
        yield _CAUSE if before is error.__cause__ else _CONTEXT
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    yield f"{_name(type(error))}: {without_data(str(error))}\n"
    if isinstance(error, BaseExceptionGroup):
        for number, each in enumerate(error.exceptions, start=1):
            yield f"---- {number} of {len(error.exceptions)} ----\n"
            yield from _parts(each, seen)


def _name(kind: type[BaseException]) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
