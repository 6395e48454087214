"""Brokers that die, forget, stall, or are gone behind a connection that looks open."""

from app.domain.jobs import JobState
from tests.faults import holding
from tests.faults.battery import on
from tests.faults.trial import Lab
from tests.support.waiting import wait_until

DEAF_SECONDS = 30.0
"""How long a worker may take to find out that a connection of its own is dead, beyond what others need."""


@on()
async def test_a_broker_that_is_down_at_the_start(lab: Lab) -> None:
    async with lab.trial("broker down at the start", breaks=True) as trial:
        lab.stack.broker.go_away()
        for member in lab.stack.members:
            member.kill()
        wait_until(lambda: "broker_down" in lab.stack.api.log, "an API that starts without a broker")
        lab.stack.api.wait_until_ready()
        trial.ask()
        await trial.over()


@on()
async def test_a_broker_that_goes_away_in_mid_job(lab: Lab) -> None:
    async with lab.trial("broker down in mid-job") as trial:
        async with trial.held() as (job, _):
            lab.stack.broker.go_away()
        await trial.eye.until_state(job, JobState.SUCCESS)
        trial.ask()
        await trial.over()


@on()
async def test_a_broker_that_is_down_when_a_job_is_to_be_tried_again(lab: Lab) -> None:
    async with lab.trial("broker down at the time of a retry") as trial:
        async with trial.held() as (job, _):
            await holding.failing(trial.eye, job)
            lab.stack.broker.go_away()
        await trial.eye.until_state(job, JobState.RETRY)
        await trial.eye.until("SELECT 1 FROM jobs WHERE id = $1 AND ring_at > run_at + interval '0.1 s'", job)
        await trial.over()


@on()
async def test_a_broker_that_is_killed_and_comes_back(lab: Lab) -> None:
    async with lab.trial("broker killed and restarted") as trial:
        lab.stack.broker.go_away()
        trial.load.more(1)
        await trial.over()


@on()
async def test_a_broker_that_forgets_all_messages(lab: Lab) -> None:
    async with lab.trial("broker forgets everything") as trial:
        async with trial.held():
            # More than the workers hold, so that there is something to forget.
            wait_until(lambda: trial.ask() and lab.stack.broker.waiting() > 0, "messages that wait")
            lab.stack.broker.forget()
        await trial.over()


@on()
async def test_a_broker_that_stalls(lab: Lab) -> None:
    async with lab.trial("broker stalls") as trial:
        for member in lab.stack.members:
            member.broker.stall()
        trial.ask()
        trial.load.more(6)  # each without its message, after the time that POST gives a broker
        await trial.over()


@on()
async def test_one_worker_that_is_cut_off_from_the_broker(lab: Lab) -> None:
    async with lab.trial("one worker cut off from the broker") as trial:
        lab.stack.workers[0].broker.stall()
        await trial.eye.until_state(trial.ask(), JobState.SUCCESS)
        trial.load.more(20)
        await trial.over()


@on(short=())
async def test_connections_to_the_broker_that_are_half_open(lab: Lab) -> None:
    async with lab.trial("half-open connections to the broker", patience=DEAF_SECONDS) as trial:
        for member in lab.stack.members:
            member.broker.half_open()
        trial.ask()
        trial.load.more(6)
        await trial.over()
