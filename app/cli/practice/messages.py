"""What travels: a numbered text, and who sent it."""

from dataclasses import dataclass
from datetime import datetime

CLIENT_ATTRIBUTE = "client"
"""The message attribute that holds the sender's name."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that SQS has taken."""

    body: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message that SQS has handed out; it comes again unless it is deleted in time."""

    at: datetime
    client: str | None
    """Its sender, where it says so."""
    body: str
    message_id: str
    receipt: str
    """What deletes it; each time that it is handed out it has another one."""


@dataclass(frozen=True, slots=True)
class NotDeleted:
    """Messages that stay in the queue for one reason, and so will come again."""

    messages: list[Received]
    reason: str
