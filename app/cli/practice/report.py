"""What is told of the work, whoever reads it."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from app.cli.practice.messages import NotDeleted, Received, Sent
from app.cli.practice.tally import Counts


class Report(Protocol):
    """Tells a reader what happens."""

    def connected(self, name: str) -> None:
        """The queue was found."""

    def sending(self, messages: Iterable[Sent], total: int) -> None:
        """Go through the messages as they are sent, and show how far it is."""

    def waiting(self) -> AbstractContextManager[object]:
        """Show that messages are waited for, for the block."""

    def received(self, message: Received) -> None:
        """A message came."""

    def not_deleted(self, failure: NotDeleted) -> None:
        """Messages that came could not be deleted."""

    def summary(self, counts: Sequence[Counts]) -> None:
        """Everything that came, counted."""

    def error(self, message: str) -> None:
        """It ends here, and why."""
