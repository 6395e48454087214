"""What was measured: numbers with a place each, one number a round."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number stands."""

    what: str
    """With its unit: ``accepted/s``."""
    side: str
    size: int = 0
    """Of how many todos, or behind how many jobs; 0 where it is of neither, or of none."""


@dataclass(slots=True)
class Figures:
    """All numbers of a run."""

    places: dict[Place, list[float]] = field(default_factory=dict)

    def add(self, place: Place, value: float) -> None:
        """Take down the number of one round."""
        self.places.setdefault(place, []).append(value)

    def of(self, place: Place) -> list[float]:
        """The numbers of all rounds; none where nothing was measured."""
        return self.places.get(place, [])

    def named(self, what: str) -> Iterator[tuple[Place, list[float]]]:
        """All sides and sizes of one kind."""
        return ((place, values) for place, values in self.places.items() if place.what == what)

    def to_json(self) -> list[dict[str, Any]]:
        """For a file."""
        return [{**asdict(place), "rounds": values} for place, values in self.places.items()]

    @classmethod
    def from_json(cls, stored: list[dict[str, Any]]) -> Self:
        """Read what ``to_json`` wrote."""
        return cls({Place(each["what"], each["side"], each["size"]): each["rounds"] for each in stored})
