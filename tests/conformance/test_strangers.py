"""What no worker can handle becomes a dead letter, and keeps nobody from the rest."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.asking import ask, state
from tests.support.brokers import BrokerUnderTest
from tests.support.processes import Service
from tests.support.waiting import wait_until


def a_message(**changes: Any) -> bytes:
    members = {
        "queue_name": "ical",
        "actor_name": "render_calendar",
        "args": [],
        "kwargs": {},
        "options": {"redis_message_id": str(uuid4())},
        "message_id": str(uuid4()),
        "message_timestamp": 0,
    }
    return json.dumps({**members, **changes}).encode()


STRANGERS = {
    "no JSON": b"\x00garbage",
    "no object": b"[1, 2]",
    "no message": b'{"colour": "red"}',
    "wrong types": a_message(options=None),
    "another queue": a_message(queue_name="elsewhere"),
    "a queue of Dramatiq's own": a_message(queue_name="ical.XQ"),
    "an exception that is none": a_message(options={"redis_message_id": str(uuid4()), "throws": "x"}),
    "not before the sun is cold": a_message(options={"redis_message_id": str(uuid4()), "eta": 1e300}),
}


async def dead_and_unharmed(
    running: Service, client: httpx.Client, broker: BrokerUnderTest, *strangers: bytes
) -> None:
    """Put strangers between two jobs, and see them buried and the jobs made by the one worker there is."""
    before = ask(client)
    for stranger in strangers:
        broker.put(stranger)
    after = ask(client)
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
