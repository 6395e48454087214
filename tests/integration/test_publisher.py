"""Sending from an event loop, to Redis."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from uuid import uuid4

import pytest
from redis import Redis, TimeoutError  # noqa: A004 - what the client raises
from redis import asyncio as aio

from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher, SendFailed
from app.settings import Settings
from tests.support.messages import waiting_messages


@pytest.fixture
async def publisher(settings: Settings) -> AsyncIterator[Publisher]:
    async with aclosing(Publisher.open(settings)) as publisher:
        yield publisher


@pytest.fixture
def server(broker_url: str) -> Iterator[Redis]:
    with Redis.from_url(broker_url) as client:
        yield client


async def test_a_message_takes_no_thread(publisher: Publisher, broker_url: str) -> None:
    message = RenderCalendar(uuid4())
    await publisher.send(message)
    assert [each["job_id"] for each in waiting_messages(broker_url)] == [str(message.job_id)]
    assert not [each.name for each in threading.enumerate() if each.name.startswith("publisher")]


async def test_a_connection_that_the_server_closed_is_made_anew(
    publisher: Publisher, broker_url: str, server: Redis
) -> None:
    await publisher.send(RenderCalendar(uuid4()))
    for client in server.client_list():
        if client["id"] != str(server.client_id()):
            server.client_kill_filter(_id=client["id"])
    await publisher.send(RenderCalendar(uuid4()))
    assert len(waiting_messages(broker_url)) == 2


async def test_what_redis_refuses_is_told(publisher: Publisher, server: Redis) -> None:
    server.set(f"dramatiq:{RenderCalendar.queue}", "no list")
    with pytest.raises(SendFailed, match="WRONGTYPE"):
        await publisher.send(RenderCalendar(uuid4()))


async def test_those_sent_at_once_keep_their_order(publisher: Publisher, broker_url: str) -> None:
    messages = [RenderCalendar(uuid4()) for _ in range(300)]
    await publisher.send_all(messages)
    assert [each["job_id"] for each in waiting_messages(broker_url)] == [
        str(each.job_id) for each in messages
    ]


async def test_a_server_that_does_not_say_goodbye_keeps_nothing_open(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stalls(client: aio.Redis) -> None:
        del client
        raise TimeoutError("Timed out closing connection after 1")

    publisher = Publisher.open(settings)
    monkeypatch.setattr(aio.Redis, "aclose", stalls)
    await publisher.aclose()
