"""Waiting for a condition, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_GIVE_UP_SECONDS = 60.0
_LOOK_SECONDS = 0.02


async def until(ask: Callable[[], Awaitable[T | None]], what: str) -> T:
    """The first true answer; fails when there was none for so long that there will be none."""
    give_up = time.monotonic() + _GIVE_UP_SECONDS
    while time.monotonic() < give_up:
        if answer := await ask():
            return answer
        await asyncio.sleep(_LOOK_SECONDS)
    raise AssertionError(f"never came: {what}")


def wait_until(ask: Callable[[], T | None], what: str) -> T:
    """The same outside an event loop."""
    give_up = time.monotonic() + _GIVE_UP_SECONDS
    while time.monotonic() < give_up:
        if answer := ask():
            return answer
        time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"never came: {what}")
