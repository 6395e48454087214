"""Messages that come often, in any order, for no job, or that no worker understands."""

import random
from uuid import uuid4

from app.domain.jobs import JobState
from tests.faults.battery import on
from tests.faults.trial import Lab
from tests.support.messages import STRANGERS, a_message, a_ring

NEWER = 99


@on()
async def test_ten_copies_of_each_message_in_any_order(lab: Lab) -> None:
    async with lab.trial("ten copies, shuffled") as trial:
        jobs = await trial.add(10)
        messages = [a_ring(job) for job in jobs * 10]
        random.Random(7).shuffle(messages)
        for message in messages:
            lab.stack.broker.put(message)
        await trial.over()
        for job in jobs:
            await trial.eye.until_state(job, JobState.SUCCESS)
        again = await trial.eye.fetch("SELECT id FROM jobs WHERE id = ANY($1) AND attempt <> 1", jobs)
        trial.expect(not again, f"made more than once: {again}")


@on()
async def test_messages_that_no_worker_understands(lab: Lab) -> None:
    async with lab.trial("undecodable, unknown actor") as trial:
        for stranger in (*STRANGERS.values(), a_message(actor_name="paint_calendar")):
            lab.stack.broker.put(stranger)
            trial.ask()


@on()
async def test_messages_of_older_and_newer_releases(lab: Lab) -> None:
    async with lab.trial("older and newer schema") as trial:
        older, newer = await trial.add(2)
        lab.stack.broker.put(a_ring(newer, NEWER))
        lab.stack.broker.put(a_ring(older, version=0))
        await trial.eye.until_state(older, JobState.SUCCESS)
        left = await trial.eye.fetch("SELECT 1 FROM jobs WHERE id = $1 AND attempt = 0", newer)
        trial.expect(left, "an older worker took a newer one's job")
        lab.stack.broker.put(a_ring(newer))


@on()
async def test_messages_for_jobs_that_are_gone(lab: Lab) -> None:
    async with lab.trial("job gone") as trial:
        lab.stack.broker.put(a_ring(uuid4()))
        async with trial.held() as (job, _):
            await trial.eye.fetch("DELETE FROM jobs WHERE id = $1", job)
            trial.load.accepted.discard(job)
        await trial.over()
