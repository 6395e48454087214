"""``taskoverflow jobs redrive``, on each broker."""

import httpx

from tests.support.asking import ask
from tests.support.brokers import BrokerUnderTest
from tests.support.messages import a_message
from tests.support.processes import Service, run_in
from tests.support.waiting import wait_until


def redrive(running: Service) -> str:
    done = run_in(running.environment, "jobs", "redrive", "--older-than", "0")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


async def test_redrive_rings_for_what_waits_and_moves_dead_letters_back(
    running: Service, client: httpx.Client, broker: BrokerUnderTest
) -> None:
    broker.put(a_message(actor_name="paint_calendar"))
    broker.put(b"no message")
    worker = running.start("worker")
    wait_until(lambda: broker.dead_letters() == 2, "two dead letters")
    worker.terminate()
    assert worker.wait(timeout=60) == 0
    ask(client)
    wait_until(lambda: broker.waiting() == 1, "the task's message")

    assert redrive(running) == "jobs rung for: 1, dead letters put back: 1\n"

    assert broker.waiting() == 3
    assert redrive(running) == "jobs rung for: 1, dead letters put back: 0\n"
