"""The middle of a few rounds, and how far they are apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the numbers of some rounds."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """The median, and both ends."""
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        ends = f"{number(self.least)} to {number(self.most)}"
        return number(self.middle) if self.least == self.most else f"{number(self.middle)} ({ends})"


def ratios(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """How many times the second the first is, round by round."""
    return [one / other for one, other in zip(first, second, strict=True)]


def differences(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """By how much the first is more than the second, round by round."""
    return [one - other for one, other in zip(first, second, strict=True)]


_WHOLE_FROM, _TENTHS_FROM = 100, 10


def number(value: float) -> str:
    """Three digits of it, and all those before the point."""
    if abs(value) >= _WHOLE_FROM or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= _TENTHS_FROM else f"{value:.2f}"
