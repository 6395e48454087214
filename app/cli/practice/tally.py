"""Counts what came: in which order, how often, and with which gaps."""

import re
from dataclasses import dataclass, field

# Nine digits are more messages than anybody sends, and no number that is slow to read.
_NUMBERED = re.compile(r"(?P<prepended>.*)Message (?P<number>0|[1-9][0-9]{0,8})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Counts:
    """What came from one client.

    A client's messages are judged series by series: those with the same text before ``Message``.
    Two senders that share a name and that text look like one that sends everything twice.
    """

    client: str | None
    received: int = 0
    """All messages, deliveries of the same one included."""
    out_of_order: int = 0
    """Those with a lower number than one that came before in the series; duplicates are not judged."""
    duplicate: int = 0
    """Those whose number came before in the series, be it sent again or only delivered again.

    That is what a FIFO queue takes for a duplicate: the same text.
    """
    missing: int = 0
    """Numbers from 0 to the highest one of the series that never came, to this receiver."""
    not_numbered: int = 0
    """Those that end in no ``Message N``, of which nothing can be said but that they came."""


@dataclass(slots=True)
class _Series:
    numbers: set[int] = field(default_factory=set)
    highest: int = -1
    out_of_order: int = 0
    duplicate: int = 0

    def add(self, number: int) -> None:
        if number in self.numbers:
            self.duplicate += 1
        elif number < self.highest:
            self.out_of_order += 1
        self.numbers.add(number)
        self.highest = max(self.highest, number)

    @property
    def missing(self) -> int:
        return self.highest + 1 - len(self.numbers)


@dataclass(slots=True)
class _Client:
    received: int = 0
    not_numbered: int = 0
    series: dict[str, _Series] = field(default_factory=dict)

    def add(self, body: str) -> None:
        self.received += 1
        if match := _NUMBERED.fullmatch(body):
            self.series.setdefault(match["prepended"], _Series()).add(int(match["number"]))
        else:
            self.not_numbered += 1


class Tally:
    """What one receiver saw since it was started."""

    def __init__(self) -> None:
        self._clients: dict[str | None, _Client] = {}

    def add(self, client: str | None, body: str) -> None:
        """Count one delivery."""
        self._clients.setdefault(client, _Client()).add(body)

    def counts(self) -> list[Counts]:
        """The counts of each client, by name; of those without one last."""
        return [
            _count(name, self._clients[name])
            for name in sorted(self._clients, key=lambda name: (name is None, name or ""))
        ]


def _count(name: str | None, client: _Client) -> Counts:
    series = client.series.values()
    return Counts(
        client=name,
        received=client.received,
        out_of_order=sum(each.out_of_order for each in series),
        duplicate=sum(each.duplicate for each in series),
        missing=sum(each.missing for each in series),
        not_numbered=client.not_numbered,
    )
