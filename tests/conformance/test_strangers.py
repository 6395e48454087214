"""What no worker can handle becomes a dead letter, and keeps nobody from the rest."""

import httpx
import pytest

from tests.support.asking import ask, state
from tests.support.brokers import BrokerUnderTest
from tests.support.messages import STRANGERS, a_message
from tests.support.processes import Service
from tests.support.waiting import wait_until


async def dead_and_unharmed(
    running: Service, client: httpx.Client, broker: BrokerUnderTest, *strangers: bytes
) -> None:
    """Put strangers between two jobs, and see them buried and the jobs made by the one worker there is."""
    before = ask(client, name="Before")
    for stranger in strangers:
        broker.put(stranger)
    after = ask(client, name="After")
    worker = running.start("worker")
    for url in (before, after):
        assert (await state(client, url, "SUCCESS"))["attempt"] == 1
    wait_until(lambda: broker.dead_letters() == len(strangers), f"{len(strangers)} dead letters")
    assert (await state(client, ask(client), "SUCCESS"))["attempt"] == 1
    assert worker.poll() is None
    wait_until(lambda: broker.waiting() == broker.unacknowledged() == 0, "an empty queue")


async def test_what_is_no_message_becomes_a_dead_letter(
    running: Service, client: httpx.Client, broker: BrokerUnderTest
) -> None:
    await dead_and_unharmed(running, client, broker, *STRANGERS.values())


@pytest.mark.parametrize("actor", ["paint_calendar"])
async def test_a_message_for_an_unknown_actor_becomes_a_dead_letter(
    running: Service, client: httpx.Client, broker: BrokerUnderTest, actor: str
) -> None:
    await dead_and_unharmed(running, client, broker, a_message(actor_name=actor))
