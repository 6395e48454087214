"""The report for people."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.cli.practice.messages import NotDeleted, Received, Sent
from app.cli.practice.tally import Counts
from app.cli.printable import printable

_WAITING = "Waiting for messages..."
_UNKNOWN = "unknown"


class Screen:
    """Lines, a bar and a spinner on a terminal; lines alone where there is none.

    What is shown goes through ``Text``, which rich takes as it is: markup in a message is only text.
    """

    def __init__(self) -> None:
        self._out = Console()
        self._errors = Console(stderr=True)
        # One for all waits, so that it goes on turning where it stopped.
        self._spinner = self._out.status(_WAITING)
        self._said_waiting = False

    def connected(self, name: str) -> None:
        """The queue was found."""
        _say(self._out, Text(f"Connected to {printable(name)}"))

    def sending(self, messages: Iterable[Sent], total: int) -> None:
        """Draw a bar that follows the messages."""
        _say(self._out, Text("Sending Messages:"))
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("time left"), TimeRemainingColumn())
        moving = self._out.is_interactive
        with Progress(*columns, console=self._out, disable=not moving) as progress:
            for _ in progress.track(messages, total=total):
                pass
        if not moving:
            _say(self._out, Text(f"Sent {total} of {total}"))

    def waiting(self) -> AbstractContextManager[object]:
        """Turn a spinner during the block; where nothing can turn, say so once."""
        if self._out.is_interactive:
            return self._spinner
        if not self._said_waiting:
            self._said_waiting = True
            _say(self._out, Text(_WAITING))
        return nullcontext()

    def received(self, message: Received) -> None:
        """When it came, who sent it, and what it says."""
        time = f"{message.at.astimezone():%H:%M:%S}"
        client, body = printable(message.client or _UNKNOWN), printable(message.body)
        _say(self._out, Text.assemble((time, "dim"), " ", (client, "bold"), f": {body}"))

    def not_deleted(self, failure: NotDeleted) -> None:
        """Messages that came could not be deleted."""
        bodies = ", ".join(message.body for message in failure.messages)
        self.error(f"Not deleted, so it will come again: {bodies}: {failure.reason}")

    def summary(self, counts: Sequence[Counts]) -> None:
        """A table with a row for each client."""
        if counts:
            self._out.print(_table(counts))
        else:
            _say(self._out, Text("No messages came"))

    def error(self, message: str) -> None:
        """Apart from the rest, which may go to a file."""
        _say(self._errors, Text(printable(message)))


def _say(console: Console, text: Text) -> None:
    # One line stays one line, however long: the terminal wraps it, and a file keeps it.
    console.print(text, soft_wrap=True)


def _table(counts: Sequence[Counts]) -> Table:
    unnumbered = any(each.not_numbered for each in counts)
    table = Table("Client")
    for heading in ("Received", "Out of order", "Duplicate", "Missing", *["Not judged"] * unnumbered):
        table.add_column(heading, justify="right")
    if unnumbered:
        table.caption = "Not judged: received, but not of the form Message N"
    for each in counts:
        numbers = (each.received, each.out_of_order, each.duplicate, each.missing, each.not_numbered)
        name = Text(printable(each.client or _UNKNOWN))
        # Without such messages there is no column for their number: rich would add one without a heading.
        table.add_row(name, *map(str, numbers[: len(table.columns) - 1]))
    return table
