"""What waits in the broker."""

from typing import Any

from dramatiq import Message
from redis import Redis

from app.queue.messages import RenderCalendar


def waiting_messages(broker_url: str) -> list[dict[str, Any]]:
    """What each message tells its actor, in the order of the queue."""
    queue = f"dramatiq:{RenderCalendar.queue}"
    with Redis.from_url(broker_url) as redis:
        waiting = redis.lrange(queue, 0, -1)
        messages = redis.hmget(f"{queue}.msgs", waiting) if waiting else []
    return [Message.decode(message).kwargs for message in messages if message]
