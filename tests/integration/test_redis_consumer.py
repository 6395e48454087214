"""A consumer of Redis waits for messages at the server, and not by asking for them again and again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest
from dramatiq import MessageProxy
from redis import Redis
from structlog.testing import capture_logs

from app.domain.brokers import RedisAddress
from app.queue.messages import RenderCalendar
from app.queue.redis import TolerantRedisBroker, open_redis
from app.queue.redis_consumer import WaitingConsumer
from tests.support.waiting import wait_until

QUEUE = RenderCalendar.queue
HOUR_MS = 3_600_000
"""Whoever is not woken before it is over has hung."""


def opened(url: str) -> TolerantRedisBroker:
    return open_redis(RedisAddress(url), patience=timedelta(hours=2), middleware=[])


@pytest.fixture
def broker(broker_url: str) -> Iterator[TolerantRedisBroker]:
    with closing(opened(broker_url)) as broker:
        yield broker


@pytest.fixture
def server(broker_url: str) -> Iterator[Redis]:
    with Redis.from_url(broker_url) as client:
        yield client


def consume(broker: TolerantRedisBroker, *, prefetch: int = 8, timeout: int = HOUR_MS) -> WaitingConsumer:
    return WaitingConsumer(broker, QUEUE, prefetch, timeout)


def heard(consumer: WaitingConsumer) -> MessageProxy:
    """The next message, however long it takes."""
    while (message := next(consumer)) is None:
        pass
    return message


def send(broker: TolerantRedisBroker) -> None:
    broker.enqueue(RenderCalendar(uuid4()).encode())


def wait_for_waiting(server: Redis, count: int) -> None:
    wait_until(lambda: server.info("clients")["blocked_clients"] == count, "consumers that wait")


def test_a_message_wakes_whoever_waits_for_one(broker: TolerantRedisBroker, server: Redis) -> None:
    with ThreadPoolExecutor(2) as threads:
        hearing = [threads.submit(heard, consume(broker)) for _ in range(2)]
        wait_for_waiting(server, 2)
        send(broker)
        # One has it, the other one waits again.
        wait_for_waiting(server, 1)
        send(broker)
        assert len({future.result().message_id for future in hearing}) == 2


def test_a_full_consumer_is_woken_by_answers_and_fetches_several_at_once(
    broker: TolerantRedisBroker, server: Redis
) -> None:
    consumer = consume(broker, timeout=1)
    for _ in range(12):
        send(broker)
    held = [heard(consumer) for _ in range(8)]
    consumer.ack(held.pop())
    assert next(consumer) is None
    assert server.llen(f"dramatiq:{QUEUE}") == 4
    consumer.timeout = HOUR_MS
    with ThreadPoolExecutor() as threads:
        hearing = threads.submit(heard, consumer)
        consumer.nack(held.pop())
        assert hearing.result()
    assert server.llen(f"dramatiq:{QUEUE}") == 2


def test_a_draining_consumer_fetches_nothing(broker: TolerantRedisBroker, server: Redis) -> None:
    send(broker)
    broker.draining.set()
    assert next(consume(broker, timeout=1)) is None
    assert server.llen(f"dramatiq:{QUEUE}") == 1


def test_what_a_dead_worker_had_fetched_comes_back_with_a_fetch_and_is_no_matter_of_sends(
    broker: TolerantRedisBroker, broker_url: str, server: Redis
) -> None:
    broker.maintenance_chance = 1_000_000
    send(broker)
    with closing(opened(broker_url)) as dead:
        heard(consume(dead))
        server.zadd("dramatiq:__heartbeats__", {dead.broker_id: 0})
    send(broker)
    assert server.llen(f"dramatiq:{QUEUE}") == 1
    consumer = consume(broker)
    assert heard(consumer).message_id != heard(consumer).message_id


@pytest.fixture
def without_waiting(server: Redis, broker_url: str) -> Iterator[TolerantRedisBroker]:
    """The broker as a user of the server who may not wait, as with one that is too old to know how."""
    server.acl_setuser("poller", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-blmove"])
    with closing(opened(f"redis://poller:any@{broker_url.rpartition('@')[2]}")) as broker:
        yield broker
    server.acl_deluser("poller")


def test_where_a_consumer_cannot_wait_it_polls_and_says_so_once(without_waiting: TolerantRedisBroker) -> None:
    consumer = consume(without_waiting)
    with capture_logs() as logs:
        assert next(consumer) is next(consumer) is None
        send(without_waiting)
        assert heard(consumer)
    assert [line["event"] for line in logs] == ["polling_redis"]
