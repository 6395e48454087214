"""How messages are written, and what is refused when they are read."""

from typing import Any

from dramatiq import JSONEncoder, MessageProxy
from dramatiq.errors import DecodeError
from dramatiq.message import Message

_OPTIONS = {"redis_message_id", "message_group_id", "message_deduplication_id"}

_SHAPE: dict[str, type | tuple[type, ...]] = {
    "queue_name": str,
    "actor_name": str,
    "args": list,
    "kwargs": dict,
    "options": dict,
    "message_id": str,
    "message_timestamp": (int, float),
}


class StrictEncoder(JSONEncoder):
    """Refuses members of a wrong type, which Dramatiq lets through to where they end a thread."""

    def decode(self, data: bytes) -> dict[str, Any]:
        """Read a message's members, or raise ``DecodeError``."""
        members = super().decode(data)
        if not isinstance(members, dict):
            raise DecodeError("expected a JSON object", data, None)
        for name, kind in _SHAPE.items():
            if not isinstance(members.get(name), kind):
                raise DecodeError(f"{name} is missing, or of the wrong type", data, None)
        return members


def read_message(data: bytes, queue_name: str) -> Message[Any]:
    """Read a message that came from a queue, or raise ``DecodeError``."""
    message: Message[Any] = Message.decode(data)
    if flaw := flaw_of(message, queue_name):
        raise DecodeError(flaw, data, None)
    return message


def flaw_of(message: Message[Any] | MessageProxy, queue_name: str) -> str | None:
    """What makes a message one that Dramatiq can't handle, although it can be read."""
    if message.queue_name != queue_name:
        # Dramatiq finds the consumer to answer to by this name: a wrong one would end the worker's thread.
        return f"the message is of the queue {message.queue_name!r}"
    if not (message.options.keys() <= _OPTIONS and all(isinstance(v, str) for v in message.options.values())):
        # Others steer Dramatiq itself: hold the message for years, or name exceptions that are none.
        return f"the message has options that are not ours: {', '.join(message.options)}"
    return None
