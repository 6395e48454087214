"""The broker, for an operator: the one place that knows how to ring for many jobs and for dead letters."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self
from uuid import UUID

from redis import Redis, RedisError

from app.queue.messages import RenderCalendar
from app.queue.publisher import PATIENCE, Publisher, SendFailed
from app.settings import BrokerUrl

_QUEUE = f"dramatiq:{RenderCalendar.queue}"


class PublisherBell:
    """Rings one job after the other, and moves dead letters as Dramatiq keeps them in Redis."""

    def __init__(self, url: BrokerUrl) -> None:
        self._publisher = Publisher.open(url)
        self._redis: Redis = Redis.from_url(
            str(url), socket_timeout=PATIENCE.total_seconds(), socket_connect_timeout=PATIENCE.total_seconds()
        )

    @classmethod
    @contextmanager
    def open(cls, url: BrokerUrl) -> Iterator[Self]:
        """A bell for the block; nothing is connected before it rings."""
        bell = cls(url)
        try:
            yield bell
        finally:
            bell._publisher.close()
            bell._redis.close()

    async def send_all(self, job_ids: Sequence[tuple[UUID, int]]) -> None:
        """Ring for each job."""
        for job_id, _ in job_ids:
            await self._publisher.send(RenderCalendar(job_id))

    async def redrive_dead_letters(self) -> int:
        """Put dead letters back in their queue."""
        try:
            return await asyncio.to_thread(self._move_dead_letters)
        except RedisError as error:
            raise SendFailed(str(error)) from error

    def _move_dead_letters(self) -> int:
        moved = 0
        for message_id, message in self._redis.hgetall(f"{_QUEUE}.XQ.msgs").items():
            with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(f"{_QUEUE}.msgs", message_id, message)
                pipe.rpush(_QUEUE, message_id)
                pipe.zrem(f"{_QUEUE}.XQ", message_id)
                pipe.hdel(f"{_QUEUE}.XQ.msgs", message_id)
                pipe.execute()
            moved += 1
        return moved
