"""Doing at once what many ask for at the same time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Asking(NamedTuple, Generic[Asked, Answer]):
    """One that asks, and where it is told the answer."""

    asked: Asked
    answer: "asyncio.Future[Answer]"
    context: Context


@dataclass(slots=True)
class Grouping(Generic[Asked, Answer]):
    """Has those that ask in one turn of the event loop, or while a call is under way, share a call.

    Who asks while none is under way is served at once. An error is everybody's in the group. Who goes away
    before the call takes no part in it, and who does so later leaves it to the others.
    """

    serve: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]]
    """Gives an answer for each that is asked, in the same order."""
    largest: int
    """How many may share a call."""
    calls: int
    """How many calls may be under way."""
    patience: float = 0.02
    """For how many seconds a call is waited for before another is made beside it; most take a tenth."""
    _waiting: "deque[_Asking[Asked, Answer]]" = field(default_factory=deque)
    _running: "set[asyncio.Task[None]]" = field(default_factory=set)
    _due: asyncio.Handle | None = None
    _patient: asyncio.Handle | None = None
    """While the last call is waited for."""

    async def ask(self, asked: Asked) -> Answer:
        """Be served together with those that ask as well."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append(_Asking(asked, answer, copy_context()))
        if self._due is None and self._may_begin():
            # After all that are about to ask in this turn, as those are whom one call has just answered.
            self._due = loop.call_soon(self._begin)
        return await answer

    def _may_begin(self) -> bool:
        return self._patient is None and len(self._running) < self.calls

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = None
        while self._may_begin() and (group := self._next()):
            # In the name of the first: whatever goes on must be somebody's.
            task = loop.create_task(self._call(group), context=group[0].context)
            self._running.add(task)
            task.add_done_callback(self._ended)
            if len(group) < self.largest:
                # The fewer calls, the more share each; but one that hangs must not keep everybody waiting.
                self._patient = loop.call_later(self.patience, self._wait_no_longer)

    def _wait_no_longer(self) -> None:
        self._patient = None
        self._begin()

    def _next(self) -> "list[_Asking[Asked, Answer]]":
        group: list[_Asking[Asked, Answer]] = []
        while self._waiting and len(group) < self.largest:
            each = self._waiting.popleft()
            if not each.answer.cancelled():
                group.append(each)
        return group

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        if self._patient is not None:
            self._patient.cancel()
        self._wait_no_longer()

    async def _call(self, group: "list[_Asking[Asked, Answer]]") -> None:
        try:
            answers = await self.serve([each.asked for each in group])
            for each, answer in zip(group, answers, strict=True):
                if not each.answer.done():
                    each.answer.set_result(answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is theirs who asked
            for each in group:
                if not each.answer.done():
                    each.answer.set_exception(error)
                    each.answer.exception()  # nobody need be there any more to hear it
        finally:
            for each in group:
                each.answer.cancel()  # does nothing to those that were told
