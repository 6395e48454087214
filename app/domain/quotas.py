"""How much of something an owner may have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit, and how far away it is."""

    limit: int
    remaining: int
