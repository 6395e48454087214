"""The report for scripts: one JSON object a line."""

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict

from app.cli.practice.messages import NotDeleted, Received, Sent
from app.cli.practice.tally import Counts


class JsonLines:
    """Writes each event as soon as it happens, in ASCII, so that no text can harm a terminal."""

    def connected(self, name: str) -> None:
        """The queue was found."""
        _write("connected", queue=name)

    def sending(self, messages: Iterable[Sent], total: int) -> None:
        """One line for each message, and how many there are to be."""
        for number, message in enumerate(messages, start=1):
            _write("sent", message=message.body, id=message.message_id, number=number, total=total)

    def waiting(self) -> AbstractContextManager[object]:
        """Nothing: a script sees that nothing comes."""
        return nullcontext()

    def received(self, message: Received) -> None:
        """A message came; the client is null where the sender did not name itself."""
        time = message.at.isoformat(timespec="milliseconds")
        _write("received", time=time, client=message.client, message=message.body, id=message.message_id)

    def not_deleted(self, failure: NotDeleted) -> None:
        """Messages that came could not be deleted."""
        _write("not_deleted", ids=[each.message_id for each in failure.messages], reason=failure.reason)

    def summary(self, counts: Sequence[Counts]) -> None:
        """Everything that came, counted."""
        _write("summary", clients=[asdict(each) for each in counts])

    def error(self, message: str) -> None:
        """It ends here, and why."""
        _write("error", message=message)


def _write(event: str, **values: object) -> None:
    print(json.dumps({"event": event, **values}), flush=True)  # noqa: T201 - this is the output
