"""Statements that go to the driver itself."""

from dataclasses import dataclass
from typing import Self

import asyncpg
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.asyncpg import dialect


@dataclass(frozen=True, slots=True)
class DirectStatement:
    """A statement's text, in which parameters have numbers, and their names in the order of these."""

    text: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, statement: ClauseElement) -> Self:
        """As SQLAlchemy writes it; parameters are given as asyncpg takes them, JSON as text."""
        compiled = statement.compile(dialect=dialect())  # type: ignore[no-untyped-call]
        return cls(str(compiled), tuple(compiled.positiontup or ()))  # type: ignore[attr-defined]

    async def fetch(self, connection: asyncpg.Connection, **values: object) -> list[asyncpg.Record]:
        """Its rows; each connection prepares it once."""
        rows: list[asyncpg.Record] = await connection.fetch(self.text, *map(values.__getitem__, self.names))
        return rows
