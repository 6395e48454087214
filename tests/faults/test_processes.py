"""Processes that are killed, stopped, told to stop, or killed by what they work on."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

from app.domain.jobs import JobState
from tests.faults import holding
from tests.faults.battery import on
from tests.faults.load import open_client
from tests.faults.stack import DRAIN, MAX_ATTEMPTS
from tests.faults.trial import Lab, Trial
from tests.support.waiting import until


@on()
async def test_a_worker_killed_after_its_claim(lab: Lab) -> None:
    async with lab.trial("SIGKILL after the claim") as trial:
        async with holding.before_rendering(trial.eye.url):
            worker = await trial.holder(trial.ask())
            worker.kill()
        await trial.over()


@on()
async def test_a_worker_killed_after_rendering(lab: Lab) -> None:
    async with lab.trial("SIGKILL after rendering") as trial:
        async with holding.before_storing(trial.eye, trial.ask()) as process:
            lab.stack.worker_of(process).kill()
        await trial.over()


@on()
async def test_a_worker_killed_after_storing_its_result(lab: Lab) -> None:
    async with lab.trial("SIGKILL after the result") as trial:
        await killed_before_success(trial)


async def killed_before_success(trial: Trial) -> None:
    async with AsyncExitStack() as hold:
        await hold.enter_async_context(holding.before_rendering(trial.eye.url))
        job = trial.ask()
        async with holding.before_success(trial.eye, job) as process:
            await hold.aclose()
            await trial.eye.until_blocked("digest")
            trial.stack.worker_of(process).kill()
        await trial.over()


@on()
async def test_a_worker_killed_before_its_acknowledgement(lab: Lab) -> None:
    async with lab.trial("SIGKILL before the ack") as trial:
        async with holding.before_rendering(trial.eye.url):
            job = trial.ask()
            worker = await trial.holder(job)
            worker.broker.stall()
        await trial.eye.until_state(job, JobState.SUCCESS)
        worker.kill()
        await trial.over()


@on()
async def test_a_worker_stopped_past_its_lease_that_goes_on(lab: Lab) -> None:
    async with lab.trial("SIGSTOP past the lease") as trial:
        async with holding.before_rendering(trial.eye.url):
            job = trial.ask()
            worker = await trial.holder(job)
            worker.process.send_signal(signal.SIGSTOP)
        await trial.eye.until_state(job, JobState.SUCCESS, attempt=2)
        await trial.over()  # which wakes it

        async def refused() -> bool:
            return "fenced" in worker.log

        await until(refused, "a zombie whose write is refused")


@on()
async def test_a_worker_stopped_in_a_heartbeat(lab: Lab) -> None:
    async with lab.trial("SIGSTOP in a heartbeat") as trial:
        async with holding.before_rendering(trial.eye.url):
            job = trial.ask()
            worker = await trial.holder(job)
            beats = "OLD.state = 'STARTED' AND NEW.state = 'STARTED'"
            await holding.slow(trial.eye, "UPDATE ON jobs", f"NEW.id = '{job}' AND {beats}")
            await trial.eye.until_slow()
            worker.process.send_signal(signal.SIGSTOP)
        await trial.eye.until_state(job, JobState.SUCCESS, attempt=2)


@on()
async def test_a_worker_stopped_before_its_commit(lab: Lab) -> None:
    async with lab.trial("SIGSTOP before the commit") as trial:
        async with holding.before_rendering(trial.eye.url):
            job = trial.ask()
            worker = await trial.holder(job)
            ends = "NEW.state = 'SUCCESS' AND NEW.attempt = 1"
            await holding.slow(trial.eye, "UPDATE ON jobs", f"NEW.id = '{job}' AND {ends}")
        await trial.eye.until_slow()
        worker.process.send_signal(signal.SIGSTOP)
        await trial.eye.until_state(job, JobState.SUCCESS, attempt=2)


@on()
async def test_a_worker_told_to_stop_in_a_long_job(lab: Lab) -> None:
    async with lab.trial("SIGTERM in a long job") as trial:
        async with holding.before_rendering(trial.eye.url):
            job = trial.ask()
            worker = await trial.holder(job)
            process = worker.process
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            await trial.eye.until_state(job, JobState.RETRY, JobState.STARTED, attempt=1)
            await asyncio.to_thread(process.wait)
            took = time.monotonic() - began
        await trial.over()
        trial.expect(process.returncode == 0, f"the drain ended with {process.returncode}")
        trial.expect(took < DRAIN + 4, f"the drain took {took:.1f} s")
        given_back = await trial.eye.fetch(
            "SELECT 1 FROM job_events WHERE job_id = $1 AND kind = 'given_back'", job
        )
        trial.expect(given_back, "the job was not given back")


@on()
async def test_an_api_killed_between_commit_and_send(lab: Lab) -> None:
    async with lab.trial("API killed between commit and send", breaks=True) as trial:
        lab.stack.api.broker.stall()
        with open_client(lab.stack.url) as client:
            asking = asyncio.create_task(asyncio.to_thread(trial.load.ask, client, name="unsent"))
            row = await trial.eye.until("SELECT id FROM jobs WHERE options->>'name' = 'unsent'")
            lab.stack.api.kill()
            await asking
        trial.victims.append(row["id"])
        await trial.over()


@on()
async def test_a_job_that_kills_its_worker_each_time(lab: Lab) -> None:
    async with lab.trial("poison: kills its worker each time") as trial:
        async with holding.before_rendering(trial.eye.url):
            poison = trial.ask()
            never = 600.0
            await holding.slow(
                trial.eye, "INSERT ON result_chunks", f"NEW.job_id = '{poison}'", seconds=never
            )
        for attempt in range(1, MAX_ATTEMPTS + 1):
            worker = await trial.holder(poison, attempt)
            neighbour = trial.ask()
            await trial.eye.until_state(neighbour, JobState.SUCCESS)
            worker.kill()
        await trial.eye.until_state(poison, JobState.FAILURE)
        await trial.over()
