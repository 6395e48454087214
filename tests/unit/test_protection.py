"""When a worker asks ECS not to stop it; the clock here is a number."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from app.metrics.protection import ProtectionMetrics
from app.metrics.registry import open_registry
from tests.support.metrics import counted
from workers.protection import AgentError, Protection
from workers.running import RunningAttempts

DRAIN = 110
QUIET, RENEWED, EXPIRES = 60, 300, 600


@dataclass
class Agent:
    asked: list[str] = field(default_factory=list)
    down: bool = False

    async def protect(self, *, expires: timedelta) -> None:
        assert expires.total_seconds() == EXPIRES
        self._ask("protect")

    async def release(self) -> None:
        self._ask("release")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.down:
            raise AgentError("it is down")

    def take(self) -> list[str]:
        taken, self.asked = self.asked, []
        return taken


class Worker:
    """A protection, and jobs that start and end at will."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.agent = Agent()
        self.registry = open_registry()
        self.attempts = RunningAttempts(clock=lambda: self.now)
        self.protection = Protection(
            self.agent, self.attempts, ProtectionMetrics.on(self.registry), timedelta(seconds=DRAIN)
        )

    async def after(self, seconds: float) -> list[str]:
        """What was asked until then; it looks as often as it said it would, and no more."""
        end = self.now + seconds
        while (wait := await self.protection.catch_up()) is not None and self.now + wait <= end:
            assert wait > 0
            self.now += wait
        self.now = end
        return self.agent.take()

    @asynccontextmanager
    async def job(self) -> AsyncIterator[None]:
        job: asyncio.Task[object] = asyncio.create_task(asyncio.sleep(0))
        self.attempts.add(job)
        try:
            yield
        finally:
            await job
            self.attempts.discard(job)


@pytest.fixture
def worker() -> Worker:
    return Worker()


async def test_an_idle_worker_asks_for_nothing(worker: Worker) -> None:
    assert await worker.after(3600) == []


async def test_it_is_protected_from_the_start_of_a_job_until_it_was_idle_for_a_while(worker: Worker) -> None:
    async with worker.job():
        assert await worker.after(0) == ["protect"]
        assert await worker.after(30) == []
    assert await worker.after(QUIET - 1) == []
    assert await worker.after(1) == ["release"]
    assert await worker.after(3600) == []


async def test_jobs_that_follow_each_other_are_one_to_ask_for(worker: Worker) -> None:
    for _ in range(20):
        async with worker.job():
            await worker.protection.catch_up()
        await worker.protection.catch_up()
        worker.now += 10
    assert worker.agent.take() == ["protect"]


async def test_a_long_job_is_asked_for_again_in_time(worker: Worker) -> None:
    async with worker.job():
        assert await worker.after(0) == ["protect"]
        assert await worker.after(RENEWED) == ["protect"]
        assert await worker.after(3600) == ["protect"] * (3600 // RENEWED)


async def test_a_worker_that_is_never_idle_lets_ecs_have_its_way_between(worker: Worker) -> None:
    said: list[tuple[str, float]] = []
    began = worker.now
    for _ in range(80):  # jobs of 10 s, and always one that runs
        async with worker.job():
            worker.now += 5
            async with worker.job():
                said += [(what, worker.now - began) for what in await worker.after(0)]
                worker.now += 5
    assert said == [("protect", 5), ("release", 305), ("protect", 365), ("release", 665), ("protect", 725)]


async def test_a_job_that_outlives_a_drain_ends_the_time_without(worker: Worker) -> None:
    async with worker.job():
        await worker.after(RENEWED - DRAIN + QUIET // 2)
        async with worker.job():
            pass
    async with worker.job():  # when it is to be asked for again, this is not old enough
        assert await worker.after(DRAIN - 1) == ["release"]
        assert await worker.after(1) == ["protect"]


async def test_a_drain_ends_it_at_once_and_for_good(worker: Worker) -> None:
    async with worker.job():
        assert await worker.after(5) == ["protect"]
        worker.protection.let_go()
        assert await worker.after(0) == ["release"]
        assert await worker.after(3600) == []
    async with worker.job():
        assert await worker.after(10) == []


async def test_an_agent_that_is_down_is_asked_less_and_less(worker: Worker) -> None:
    worker.agent.down = True
    with capture_logs() as logs:
        async with worker.job():
            assert await worker.after(14) == ["protect"]
            assert await worker.after(1) == ["protect"]
            for wait in (30, 60, 120, 240, RENEWED, RENEWED):
                assert await worker.after(wait - 1) == []
                assert await worker.after(1) == ["protect"]
            worker.agent.down = False
            assert await worker.after(RENEWED) == ["protect"]
    assert [log["event"] for log in logs] == ["task_not_protected", "task_protection_answers_again"]
    assert logs[0]["reason"] == "it is down"


async def test_what_may_have_been_heard_is_taken_back(worker: Worker) -> None:
    worker.agent.down = True
    async with worker.job():
        assert await worker.after(1) == ["protect"]
    worker.agent.down = False
    assert await worker.after(QUIET) == ["release"]


async def test_protection_that_ran_out_is_not_taken_back(worker: Worker) -> None:
    async with worker.job():
        await worker.after(1)
    worker.agent.down = True
    assert set(await worker.after(EXPIRES)) == {"release"}
    assert await worker.after(3600) == []


async def test_a_drain_does_not_wait_for_the_next_try(worker: Worker) -> None:
    worker.agent.down = True
    async with worker.job():
        await worker.after(1)
        worker.agent.down = False
        worker.protection.let_go()
        assert await worker.after(0) == ["release"]


async def test_what_was_asked_is_counted(worker: Worker) -> None:
    async with worker.job():
        await worker.after(0)
        assert counted(worker.registry) == {
            'task_protection_requests_total{outcome="protected"}': 1,
            "task_protected": 1,
        }
        worker.agent.down = True
        await worker.after(RENEWED)
    worker.agent.down = False
    await worker.after(QUIET)
    assert counted(worker.registry) == {
        'task_protection_requests_total{outcome="protected"}': 1,
        'task_protection_requests_total{outcome="failed"}': 1,
        'task_protection_requests_total{outcome="released"}': 1,
    }
