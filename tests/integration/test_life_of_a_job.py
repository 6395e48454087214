"""Whatever happens to jobs, in whatever order: they are as the model says, and so is what is told of them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from pydantic import PostgresDsn
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.calendars import CalendarOptions
from app.domain.jobs import Claim
from app.domain.owners import BUILT_IN_OWNER
from app.storage import jobs, operations, results, sweeps
from app.storage.database import Sessions, open_engine, open_sessions
from app.storage.schema import job_events, result_chunks
from app.storage.schema import jobs as table
from tests.support.job_model import FINAL, MAX_ATTEMPTS, ModelJob
from tests.support.jobs import COUNTS

T = TypeVar("T")

HOUR = timedelta(hours=1)
HANGS = timedelta(seconds=5)
"""No step waits for another, unless something is wrong."""

LIKELY = {
    "PENDING": ["message_arrives"],
    "STARTED": ["result_is_written", "lease_ends", "sweeper_rescues", "attempt_fails", "worker_drains"],
    "RETRY": ["wait_is_over", "message_arrives"],
    "SUCCESS": ["submit", "message_arrives", "result_is_written"],
    "FAILURE": ["submit", "message_arrives", "attempt_fails"],
    "REVOKED": ["submit", "message_arrives", "result_is_written"],
}
ALWAYS = ["heart_beats", "sweeper_rings", "operator_hurries_it", "job_is_cancelled", "files_expire"]
"""What may happen to a job in any state."""


class LifeOfJobs(RuleBasedStateMachine):
    """Workers, sweepers, clients and operators, whose every step is one transaction."""

    def __init__(self, run: Callable[[Coroutine[Any, Any, Any]], Any], sessions: Sessions) -> None:
        super().__init__()
        self._run, self._sessions = run, sessions
        self._numbers = count()
        self.model: dict[UUID, ModelJob] = {}
        self.claims: dict[UUID, list[Claim]] = {}
        """Of each job, newest last; those that were taken over must be refused."""
        self.committing: dict[UUID, AsyncConnection] = {}
        """Jobs whose result is written and not yet committed: their rows are locked."""

    @initialize()
    def submit(self) -> None:
        job_id, options = uuid4(), CalendarOptions()
        self._do(lambda s: jobs.add(s, BUILT_IN_OWNER, job_id, options, resend_after=HOUR))
        self.model[job_id], self.claims[job_id] = ModelJob(job_id), []

    @rule(which=st.integers(0, 2), roll=st.integers(0, 99))
    def something_happens(self, which: int, roll: int) -> None:
        job = list(self.model.values())[-1 - which % len(self.model)]
        if job.id in self.committing:
            self._end_of_transaction(job, commit=roll % 2 == 0)
            return
        steps = 5 * LIKELY[job.state] + ALWAYS
        step = steps[roll % len(steps)]
        if step in {"submit", "sweeper_rescues", "sweeper_rings", "files_expire"}:
            getattr(self, step)()
        elif step in {
            "message_arrives",
            "lease_ends",
            "wait_is_over",
            "job_is_cancelled",
            "operator_hurries_it",
        }:
            getattr(self, step)(job)
        else:
            for claim in self.claims[job.id][-2:]:
                if job.id not in self.committing:
                    getattr(self, step)(job, claim)

    def message_arrives(self, job: ModelJob) -> None:
        claim = self._do(lambda s: jobs.claim(s, job.id, lease=HOUR))
        assert (claim is not None) == job.claim()
        self.claims[job.id] += [claim] if claim else []

    def heart_beats(self, job: ModelJob, claim: Claim) -> None:
        assert self._do(lambda s: jobs.heartbeat(s, claim, lease=HOUR)) == job.beat(claim.attempt)

    def attempt_fails(self, job: ModelJob, claim: Claim) -> None:
        last = claim.attempt >= MAX_ATTEMPTS
        kept = self._do(lambda s: jobs.fail(s, claim, "x") if last else jobs.retry(s, claim, "x", after=HOUR))
        assert kept == job.fail(claim.attempt)

    def worker_drains(self, job: ModelJob, claim: Claim) -> None:
        last = claim.attempt >= MAX_ATTEMPTS
        kept = self._do(lambda s: jobs.fail(s, claim, "x") if last else jobs.give_back(s, claim, "x"))
        assert kept == job.give_back(claim.attempt)

    def result_is_written(self, job: ModelJob, claim: Claim) -> None:
        """The file and the end of the job, in a transaction that another step ends."""
        session = self._run(self._sessions().start())

        async def write() -> bool:
            # A stale attempt writes as well: only its end is refused, and with it all that it wrote.
            await results.add_chunk(session, claim, next(self._numbers), b"file")
            return await jobs.succeed(session, claim, COUNTS, "0" * 64)

        kept = self._run(write())
        assert kept == job.holds(claim.attempt)
        if kept:
            self.committing[job.id] = session
        else:
            self._run(session.close())

    def _end_of_transaction(self, job: ModelJob, *, commit: bool) -> None:
        session = self.committing.pop(job.id)
        if commit:
            self._run(session.commit())
            assert job.succeed(job.attempt)
        # Without the commit its worker has died, and Postgres rolls back.
        self._run(session.close())

    def lease_ends(self, job: ModelJob) -> None:
        if job.state == "STARTED":
            self._move(job, lease_until=-HOUR)
            job.lease_ended = True

    def wait_is_over(self, job: ModelJob) -> None:
        self._move(job, run_at=-HOUR, ring_at=-HOUR)
        job.due, job.rung = True, False

    def sweeper_rescues(self) -> None:
        rescued = self._do(lambda s: sweeps.rescue(s, max_attempts=MAX_ATTEMPTS, retry_backoff=HOUR))
        expected = [job for job in self._unlocked() if job.rescue()]
        assert {each.job_id: each.state for each in rescued} == {job.id: job.state for job in expected}

    def sweeper_rings(self) -> None:
        rung = self._do(lambda s: sweeps.ring(s, resend_after=HOUR))
        assert {due.job_id for due in rung} == {job.id for job in self._unlocked() if job.ring()}

    def files_expire(self) -> None:
        self._do(lambda s: sweeps.remove_results(s, older_than=timedelta()))
        for job in self.model.values():
            job.file_of = None

    def job_is_cancelled(self, job: ModelJob) -> None:
        assert self._do(lambda s: operations.cancel(s, job.id)) == job.cancel()

    def operator_hurries_it(self, job: ModelJob) -> None:
        assert self._do(lambda s: operations.run_now(s, job.id)) == job.run_now()

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        rows, files, told = self._do(_all_there_is)
        assert rows == {job.id: (job.state, job.attempt) for job in self.model.values()}
        assert files == {job.id: job.file_of for job in self.model.values() if job.file_of}
        assert told == {job.id: job.story for job in self.model.values() if job.story}

    @invariant()
    def no_job_is_beyond_its_limits(self) -> None:
        for job in self.model.values():
            kinds = [kind for _, kind in job.story]
            assert job.attempt == kinds.count("claimed") <= MAX_ATTEMPTS
            ends = [kind for kind in kinds if kind in {"succeeded", "failed", "cancelled"}]
            assert ends == kinds[-1:] if job.state in FINAL else not ends

    def teardown(self) -> None:
        for session in self.committing.values():
            self._run(session.close())
        self._do(lambda s: s.execute(delete(table)))

    def _unlocked(self) -> list[ModelJob]:
        return [job for job in self.model.values() if job.id not in self.committing]

    def _do(self, step: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async def in_transaction() -> T:
            async with self._sessions.begin() as session:
                return await step(session)

        done: T = self._run(in_transaction())
        return done

    def _move(self, job: ModelJob, **moments: timedelta) -> None:
        """Move a job's moments, since nobody can move the database's clock."""
        values = {name: func.now() + by for name, by in moments.items()}
        self._do(lambda s: s.execute(update(table).where(table.c.id == job.id).values(values)))


async def _all_there_is(
    session: AsyncConnection,
) -> tuple[dict[UUID, tuple[str, int]], dict[UUID, int], dict[UUID, list[tuple[int, str]]]]:
    rows = await session.execute(select(table.c.id, table.c.state, table.c.attempt))
    files = await session.execute(select(result_chunks.c.job_id, result_chunks.c.attempt))
    told: dict[UUID, list[tuple[int, str]]] = {}
    for event in await session.execute(select(job_events).order_by(job_events.c.id)):
        told.setdefault(event.job_id, []).append((event.attempt, event.kind))
    return {row[0]: (row[1], row[2]) for row in rows}, {row[0]: row[1] for row in files}, told


def test_the_life_of_every_job_is_as_the_model_says(database_url: str) -> None:
    with asyncio.Runner() as runner:
        engine = open_engine(PostgresDsn(database_url), pool_size=20, name="tests", patience=HANGS)
        try:
            run_state_machine_as_test(
                partial(LifeOfJobs, runner.run, open_sessions(engine)),  # type: ignore[arg-type]  # a factory will do
                settings=settings(
                    max_examples=30, stateful_step_count=50, deadline=None, derandomize=True, database=None
                ),
            )
        finally:
            runner.run(engine.dispose())
