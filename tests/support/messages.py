"""Messages: what waits in the broker, and what strangers would send."""

import json
from typing import Any
from uuid import UUID, uuid4

from dramatiq import Message
from redis import Redis

from app.domain.jobs import CALENDAR_VERSION
from app.queue.messages import RenderCalendar


def waiting_messages(broker_url: str) -> list[dict[str, Any]]:
    """What each message tells its actor, in the order of the queue."""
    queue = f"dramatiq:{RenderCalendar.queue}"
    with Redis.from_url(broker_url) as redis:
        waiting = redis.lrange(queue, 0, -1)
        messages = redis.hmget(f"{queue}.msgs", waiting) if waiting else []
    return [Message.decode(message).kwargs for message in messages if message]


def a_message(**changes: Any) -> bytes:
    members = {
        "queue_name": RenderCalendar.queue,
        "actor_name": RenderCalendar.actor,
        "args": [],
        "kwargs": {},
        "options": {"redis_message_id": str(uuid4())},
        "message_id": str(uuid4()),
        "message_timestamp": 0,
    }
    return json.dumps({**members, **changes}).encode()


def a_ring(job: UUID, version: int = CALENDAR_VERSION) -> bytes:
    """The message for a job, each time another copy."""
    return a_message(kwargs={"job_id": str(job), "version": version})


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
"""What no worker can read, or must not."""
