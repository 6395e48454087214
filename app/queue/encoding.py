"""How messages are written, and what is refused when they are read."""

from typing import Any

from dramatiq import JSONEncoder
from dramatiq.common import q_name
from dramatiq.errors import DecodeError
from dramatiq.message import Message

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
    if q_name(message.queue_name) != q_name(queue_name):
        # Dramatiq finds the consumer to answer to by this name: a wrong one would end the worker's thread.
        raise DecodeError(f"the message is of the queue {message.queue_name!r}", data, None)
    return message
