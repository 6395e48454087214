"""What travels arrives: once, ten times, out of order, or in numbers that no worker can hold."""

import random
from uuid import UUID, uuid4

import httpx

from app.queue.broker import JobBroker
from app.queue.messages import RenderCalendar
from tests.support.asking import add_rows, ask, held_up, state, tally
from tests.support.brokers import BrokerUnderTest
from tests.support.processes import Service
from tests.support.waiting import until, wait_until


def ring(sender: JobBroker, job_ids: list[UUID]) -> None:
    sender.enqueue_all([RenderCalendar(job_id).encode() for job_id in job_ids])


async def all_done(running: Service, count: int) -> None:
    async def done() -> bool:
        return await tally(running.database_url) == {("SUCCESS", 1): count}

    await until(done, f"{count} jobs, each done at the first attempt")


async def emptied(broker: BrokerUnderTest) -> None:
    async def nothing_left() -> bool:
        return broker.waiting() == broker.unacknowledged() == 0

    await until(nothing_left, "an empty queue")


async def test_a_job_is_sent_received_and_made(
    running: Service, client: httpx.Client, broker: BrokerUnderTest
) -> None:
    running.start("worker")
    status = await state(client, ask(client), "SUCCESS", "FAILURE")
    assert (status["task_status"], status["attempt"]) == ("SUCCESS", 1)
    await emptied(broker)
    assert broker.dead_letters() == 0


def test_what_waits_in_the_queue_is_counted(sender: JobBroker) -> None:
    sender.check()
    ring(sender, [uuid4() for _ in range(3)])
    wait_until(lambda: sender.waiting() == 3, "three messages that wait")


async def test_ten_copies_of_one_message_run_the_job_once(
    running: Service, sender: JobBroker, broker: BrokerUnderTest
) -> None:
    sender.check()
    (job_id,) = await add_rows(running.database_url, 1)
    ring(sender, [job_id] * 10)
    running.start("worker")
    running.start("worker")
    await emptied(broker)
    assert await tally(running.database_url) == {("SUCCESS", 1): 1}


async def test_messages_in_any_order_make_every_job(
    running: Service, sender: JobBroker, broker: BrokerUnderTest
) -> None:
    sender.check()
    job_ids = await add_rows(running.database_url, 20)
    random.Random(7).shuffle(job_ids)
    ring(sender, job_ids)
    running.start("worker")
    await all_done(running, 20)
    await emptied(broker)


async def test_a_message_before_its_row_harms_nothing(
    running: Service, sender: JobBroker, broker: BrokerUnderTest
) -> None:
    sender.check()
    ring(sender, [UUID(int=1)])
    running.start("worker")
    await emptied(broker)
    ring(sender, await add_rows(running.database_url, 1))
    await all_done(running, 1)
    assert broker.dead_letters() == 0


async def test_a_queue_deeper_than_the_prefetch_is_worked_off(
    running: Service, client: httpx.Client, broker: BrokerUnderTest
) -> None:
    async with held_up(running.database_url):
        running.start("worker")
        for number in range(40):
            ask(client, name=f"calendar {number}")

        async def worker_is_full() -> bool:
            # Two threads, and as many messages again fetched ahead.
            return broker.waiting() == 36

        await until(worker_is_full, "a worker with all it may hold, and the rest in the queue")
    await all_done(running, 40)
    await emptied(broker)


async def test_hundreds_of_jobs_by_three_workers_are_each_done_once(
    running: Service, sender: JobBroker, broker: BrokerUnderTest
) -> None:
    sender.check()
    job_ids = await add_rows(running.database_url, 300)
    for _ in range(3):
        running.start("worker")
    ring(sender, job_ids)
    await all_done(running, 300)
    await emptied(broker)


def test_a_broker_that_drains_hands_out_nothing_more(
    running: Service, sender: JobBroker, broker: BrokerUnderTest
) -> None:
    del running
    sender.check()
    sender.enqueue(RenderCalendar(UUID(int=1)).encode())
    consumer = sender.consume(RenderCalendar.queue, prefetch=4, timeout=100)
    sender.draining.set()
    assert next(consumer) is None
    wait_until(lambda: broker.waiting() == 1, "the message, for others")
    consumer.close()
