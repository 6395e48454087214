"""Keeping ECS from stopping this task while jobs run.

Scaling in and deployments choose tasks without knowing what these are at. A job that needs longer than the
drain time would be given back, and lose what was done.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import structlog

from app.metrics.protection import Asked, ProtectionMetrics
from workers.running import RunningAttempts

_DOUBLINGS = 10

log = structlog.get_logger(__name__)


class AgentError(Exception):
    """ECS did not do it, or did not say in time that it did."""


class Agent(Protocol):
    """What is asked of ECS; either raises ``AgentError``."""

    async def protect(self, *, expires: timedelta) -> None: ...

    async def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How long each part of it lasts."""

    expires: timedelta = timedelta(minutes=10)
    """What is asked for at once; no more, for it outlives a process that hangs."""
    renewed: timedelta = timedelta(minutes=5)
    """After how long it is asked for anew, with time left for an agent that is down."""
    quiet: timedelta = timedelta(minutes=1)
    """How long a worker is idle before it lets go, since the next job may come at once; and how long a busy
    one stays without, when it must let ECS have its way."""
    retried: timedelta = timedelta(seconds=15)
    """After how long a failure is tried again; twice as long after each further one, up to ``renewed``."""


@dataclass(frozen=True, slots=True)
class _Step:
    """Ask for protection (True) or for its end (False), or wait so many seconds."""

    ask: bool | None = None
    wait: float | None = None


@dataclass(slots=True)
class Protection:
    """Asks for protection when a job starts, anew while jobs run, and for its end when none does.

    A worker that is never idle must not be protected for ever, for a deployment would never end: unless an
    attempt runs for longer than ``drain``, it goes without for a while. Shorter ones end within a drain.
    """

    agent: Agent
    attempts: RunningAttempts
    metrics: ProtectionMetrics
    drain: timedelta
    pace: Pace = field(default_factory=Pace)
    _held: bool = False
    """ECS said that it protects the task."""
    _unsure: bool = False
    """It was asked to, and did not say that it does not."""
    _renew_at: float = 0
    _ends_at: float = 0
    _idle_since: float | None = None
    _closed_until: float = 0
    _retry_at: float = 0
    _failures: int = 0
    _draining: bool = False

    async def run(self) -> None:
        """Do what is to be done, until cancelled."""
        while True:
            self.attempts.first_or_last.clear()
            wait = await self.catch_up()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.attempts.first_or_last.wait()

    async def catch_up(self) -> float | None:
        """Do what is to be done now; the answer is in how many seconds to look again.

        None is to look at the first job, or at the end of the last one.
        """
        while (step := self._next_step()).ask is not None:
            await self._ask(protect=step.ask)
        return step.wait

    def let_go(self) -> None:
        """Ask for the end of it now, and for no more: the worker drains."""
        self._draining, self._retry_at = True, 0
        self.attempts.first_or_last.set()

    def _next_step(self) -> _Step:
        now, oldest = self.attempts.clock(), self.attempts.oldest
        if now >= self._ends_at:
            self._now_is(protected=False)
        if oldest is not None:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        if now < self._retry_at:
            return _Step(wait=self._retry_at - now)
        if oldest is None or self._draining:
            return self._without_jobs(now)
        return self._with_jobs(now, now - oldest)

    def _without_jobs(self, now: float) -> _Step:
        if not (self._held or self._unsure):
            return _Step()
        quiet = 0 if self._draining else self.pace.quiet.total_seconds()
        over = (now if self._idle_since is None else self._idle_since) + quiet
        return _Step(wait=over - now) if now < over else _Step(ask=False)

    def _with_jobs(self, now: float, age: float) -> _Step:
        is_long = age >= self.drain.total_seconds()
        if self._held and now < self._renew_at:
            return _Step(wait=self._renew_at - now)
        if self._held and not is_long:
            return _Step(ask=False)
        if is_long or now >= self._closed_until:
            return _Step(ask=True)
        return _Step(wait=min(self._closed_until - now, self.drain.total_seconds() - age))

    async def _ask(self, *, protect: bool) -> None:
        now, pace = self.attempts.clock(), self.pace
        try:
            if protect:
                self._unsure, self._ends_at = True, now + pace.expires.total_seconds()
                await self.agent.protect(expires=pace.expires)
            else:
                await self.agent.release()
        except AgentError as error:
            self._failed(str(error))
            return
        if self._failures:
            log.info("task_protection_answers_again")
        self._failures = 0
        self._renew_at = now + pace.renewed.total_seconds()
        self._now_is(protected=protect)
        self.metrics.asked.inc(Asked.PROTECTED if protect else Asked.RELEASED)
        if not protect and self.attempts.oldest is not None:
            self._closed_until = self.attempts.clock() + pace.quiet.total_seconds()

    def _failed(self, reason: str) -> None:
        self._failures += 1
        self.metrics.asked.inc(Asked.FAILED)
        if self._failures == 1:
            # Once for as long as it lasts; jobs go on, and are given back if ECS stops the task.
            log.warning("task_not_protected", reason=reason)
        wait = min(self.pace.retried * 2 ** min(self._failures - 1, _DOUBLINGS), self.pace.renewed)
        self._retry_at = self.attempts.clock() + wait.total_seconds()

    def _now_is(self, *, protected: bool) -> None:
        self._held, self._unsure = protected, False
        self.metrics.protected.set(protected)
