"""One fault, with jobs in flight, and the verdict on them."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from app.domain.jobs import JobState
from tests.faults import stack as settings
from tests.faults.eye import Eye, open_eye
from tests.faults.holding import before_rendering
from tests.faults.load import Load, load_on, open_client
from tests.faults.servers import Queues
from tests.faults.stack import Member, Stack
from tests.faults.table import Line, timeline_lines
from tests.faults.verdict import Evidence, Verdict, judge
from tests.support.asking import add_rows
from tests.support.waiting import until

ALLOWANCE_SECONDS = 15.0
"""For a machine that is loaded, beyond what is promised before a job counts as stuck."""

_DOWNLOADS = 500
"""So many files, and no more, are looked at."""

_LOOK_SECONDS = 0.05


@dataclass
class Trial:
    """A fault while it is injected."""

    stack: Stack
    eye: Eye
    load: Load
    began: datetime
    patience: float
    """Seconds beyond the promise before an open job counts as stuck."""
    ended: datetime | None = None
    victims: list[UUID] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def ask(self, **options: object) -> UUID:
        """A job that this fault is about; it must be accepted."""
        with open_client(self.stack.url) as client:
            job = self.load.ask(client, **options)
        assert job is not None, f"not accepted: {self.load}"
        self.victims.append(job)
        return job

    async def add(self, count: int) -> list[UUID]:
        """Jobs whose messages only the fault sends."""
        jobs = await add_rows(self.eye.url, count)
        self.load.accepted.update(jobs)
        self.victims.extend(jobs)
        return jobs

    @asynccontextmanager
    async def held(self, *, alone: bool = False) -> AsyncIterator[tuple[UUID, Member]]:
        """A job that a worker has claimed and can't begin to render before the block ends, and the worker.

        Others queue up behind it, as all todos are locked; if it is to be alone, none is asked for.
        """
        async with AsyncExitStack() as hold:
            with self.load.paused():
                # Else those who wait for the lock might be all that the workers can hold.
                await until(self.is_idle, "workers with nothing to do")
                await hold.enter_async_context(before_rendering(self.eye.url))
                job = self.ask()
                worker = await self.holder(job)
                if alone:
                    yield job, worker
            if not alone:
                yield job, worker

    async def is_idle(self) -> bool:
        return await self.eye.open_jobs(self.began) == 0

    async def holder(self, job: UUID, attempt: int = 1) -> Member:
        """The worker that runs an attempt at a job, once one does."""
        return self.stack.worker_of(await self.eye.until_claimed(job, attempt))

    async def over(self) -> None:
        """The fault ends here: whatever is open is to be final soon."""
        self.stack.heal()
        self.ended = await self.eye.now()

    def expect(self, holds: object, what: str) -> None:
        """Ask for something beyond the invariants."""
        if not holds:
            self.other.append(what)

    async def settled(self) -> None:
        """Wait until every job is final, or none has become so for as long as it may take.

        Those that stand in a queue take their time, and how long depends on the machine.
        """
        promise = settings.LEASE + settings.SWEEP + settings.RESEND + settings.BACKOFF
        left, give_up = 0, 0.0
        while remaining := await self.eye.open_jobs(self.began):
            if remaining != left:
                left, give_up = remaining, time.monotonic() + promise + self.patience
            elif time.monotonic() > give_up:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def judge(self, *, max_attempts: int = settings.MAX_ATTEMPTS) -> Verdict:
        """What is to be said of the jobs once they are settled."""
        assert self.ended is not None
        evidence = await self.eye.evidence(self.began, self.load.accepted)
        verdict = judge(evidence, max_attempts=max_attempts, ended_at=self.ended)
        verdict.other = [*self.other, *_flawed_files(self.stack.url, evidence)]
        verdict.other += [f"{count} times {what}" for what, count in self.load.wrong.items()]
        return verdict


def _flawed_files(url: str, evidence: Evidence) -> list[str]:
    """Download what is there, and compare it with what it says of itself."""
    flawed = []
    with open_client(url) as client:
        made = [row for row in evidence.outcomes if row.state == JobState.SUCCESS]
        for row in Random(0).sample(made, min(len(made), _DOWNLOADS)):
            answer = client.get(f"/todos/ical/{row.id}/result")
            # Weak, since this client takes gzip; the digest is that of what it unpacks.
            if answer.headers.get("etag") != f'W/"{hashlib.sha256(answer.content).hexdigest()}"':
                flawed.append(f"the file of {row.id}: {answer.status_code}")
    return flawed


@dataclass
class Lab:
    """A stack for one fault after the other, and what came of them."""

    stack: Stack
    queues: Queues
    """For a test that needs another queue on the same server."""
    lines: list[Line]

    @asynccontextmanager
    async def trial(
        self,
        fault: str,
        *,
        refuses: bool = False,
        breaks: bool = False,
        patience: float = ALLOWANCE_SECONDS,
    ) -> AsyncIterator[Trial]:
        """Inject a fault in the block; what is open when it ends is healed, and then the jobs are judged.

        ``refuses``: POST may answer 503 meanwhile. ``breaks``: connections to the API may break.
        """
        self.stack.heal()
        self.stack.wait_until_ready()
        began = time.monotonic()
        async with open_eye(self.stack.database_url) as eye:
            began_at = await eye.now()
            with load_on(self.stack.url) as load:
                trial = Trial(self.stack, eye, load, began_at, patience)
                load.more()
                try:
                    yield trial
                finally:
                    self.stack.heal()
                if trial.ended is None:
                    await trial.over()
                load.more()
            await trial.settled()
            verdict = await trial.judge()
            if not refuses and load.refused:
                verdict.other.append(f"{load.refused} times 503 although Postgres was there")
            if not breaks and load.unanswered:
                verdict.other.append(f"{load.unanswered} times a connection that broke")
            seconds = time.monotonic() - began
            timeline = await eye.events(*trial.victims[:1])
            self.lines.append(Line.of(fault, self.stack.kind, verdict, seconds, timeline))
            assert not list(verdict.violations()), await report(eye, verdict)


async def report(eye: Eye, verdict: Verdict) -> str:
    """What is wrong, and the timelines of the jobs that tell of it."""
    lines = list(verdict.violations())
    for job in sorted(verdict.blamed)[:3]:
        lines += [f"job {job}:", *timeline_lines(await eye.events(job))]
    return "\n".join(lines)
