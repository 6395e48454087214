"""Processes that are killed, stopped, told to stop, or killed by what they work on."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

from app.domain.events import EventKind
from app.domain.jobs import JobState
from tests.faults import holding
from tests.faults.battery import on
from tests.faults.stack import DRAIN, MAX_ATTEMPTS
from tests.faults.trial import Lab
from tests.support.waiting import until

NEVER = 600.0


@on()
async def test_a_worker_killed_after_its_claim(lab: Lab) -> None:
    async with lab.trial("SIGKILL after the claim") as trial:
        async with trial.held() as (_, worker):
            worker.kill()
        await trial.over()


@on()
async def test_a_worker_killed_after_rendering(lab: Lab) -> None:
    async with lab.trial("SIGKILL after rendering") as trial:
        async with AsyncExitStack() as lock:
            async with trial.held(alone=True) as (_, worker):
                files = "LOCK TABLE result_chunks IN SHARE MODE"
                await lock.enter_async_context(holding.held_by(trial.eye.url, files))
            await trial.eye.until_blocked("INSERT INTO result_chunks")
            worker.kill()
        await trial.over()


@on()
async def test_a_worker_killed_after_storing_its_result(lab: Lab) -> None:
    async with lab.trial("SIGKILL after the result") as trial:
        async with AsyncExitStack() as lock:
            async with trial.held() as (job, worker):
                row = "SELECT 1 FROM jobs WHERE id = $1 FOR NO KEY UPDATE"
                await lock.enter_async_context(holding.held_by(trial.eye.url, row, job))
            await trial.eye.until_blocked("digest")
            worker.kill()
        await trial.over()


@on()
async def test_a_worker_killed_before_its_acknowledgement(lab: Lab) -> None:
    async with lab.trial("SIGKILL before the ack") as trial:
        async with trial.held() as (job, worker):
            worker.broker.stall()
        await trial.eye.until_state(job, JobState.SUCCESS)
        worker.kill()
        await trial.over()


@on()
async def test_a_worker_stopped_past_its_lease_that_goes_on(lab: Lab) -> None:
    async with lab.trial("SIGSTOP past the lease") as trial:
        async with trial.held() as (job, worker):
            worker.process.send_signal(signal.SIGSTOP)
        await trial.eye.until_state(job, JobState.SUCCESS, attempt=2)
        await trial.over()  # which wakes it

        async def refused() -> bool:
            return "fenced" in worker.log

        await until(refused, "a zombie whose write is refused")


@on("redis")
async def test_a_worker_stopped_in_a_heartbeat(lab: Lab) -> None:
    async with lab.trial("SIGSTOP in a heartbeat") as trial:
        async with trial.held() as (job, worker):
            beats = "OLD.state = 'STARTED' AND NEW.state = 'STARTED'"
            await holding.slow(trial.eye, "BEFORE UPDATE ON jobs", f"NEW.id = '{job}' AND {beats}")
            await trial.eye.until_slow()
            worker.process.send_signal(signal.SIGSTOP)
        await trial.eye.until_state(job, JobState.SUCCESS, attempt=2)


@on("redis")
async def test_a_worker_stopped_after_storing_its_result(lab: Lab) -> None:
    async with lab.trial("SIGSTOP after the result") as trial:
        async with trial.held() as (job, worker):
            first = f"NEW.job_id = '{job}' AND NEW.attempt = 1"
            await holding.slow(trial.eye, "AFTER INSERT ON result_chunks", first)
        await trial.eye.until_slow()
        worker.process.send_signal(signal.SIGSTOP)
        await trial.eye.until_state(job, JobState.SUCCESS, attempt=2)


@on("redis", short=())
async def test_a_worker_stopped_before_its_commit(lab: Lab) -> None:
    async with lab.trial("SIGSTOP before the commit") as trial:
        async with trial.held() as (job, worker):
            ends = f"NEW.id = '{job}' AND NEW.state = 'SUCCESS' AND NEW.attempt = 1"
            await holding.slow(trial.eye, "BEFORE UPDATE ON jobs", ends)
        await trial.eye.until_slow()
        worker.process.send_signal(signal.SIGSTOP)
        await trial.eye.until_state(job, JobState.SUCCESS, attempt=2)


@on()
async def test_a_worker_told_to_stop_in_a_long_job(lab: Lab) -> None:
    async with lab.trial("SIGTERM in a long job") as trial:
        async with trial.held() as (job, worker):
            process, began = worker.process, time.monotonic()
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait)
            took = time.monotonic() - began
        await trial.over()
        trial.expect(process.returncode == 0, f"the drain ended with {process.returncode}")
        trial.expect(took < DRAIN + 4, f"the drain took {took:.1f} s")
        kinds = [event.kind for event in await trial.eye.events(job)]
        trial.expect(EventKind.GIVEN_BACK in kinds, "the job was not given back")


@on()
async def test_an_api_killed_between_commit_and_send(lab: Lab) -> None:
    async with lab.trial("API killed between commit and send", breaks=True) as trial:
        lab.stack.api.broker.stall()
        before = await trial.eye.now()
        row = await trial.eye.until("SELECT id FROM jobs WHERE created_at >= $1 AND attempt = 0", before)
        lab.stack.api.kill()
        trial.victims.append(row["id"])
        await trial.over()


@on()
async def test_a_job_that_kills_its_worker_each_time(lab: Lab) -> None:
    async with lab.trial("poison: kills its worker each time") as trial:
        async with trial.held() as (poison, _):
            await holding.slow(
                trial.eye, "BEFORE INSERT ON result_chunks", f"NEW.job_id = '{poison}'", seconds=NEVER
            )
        for attempt in range(1, MAX_ATTEMPTS + 1):
            worker = await trial.holder(poison, attempt)
            await trial.eye.until_state(trial.ask(), JobState.SUCCESS)  # it holds up no other
            worker.kill()
        await trial.eye.until_state(poison, JobState.FAILURE)
        await trial.over()
