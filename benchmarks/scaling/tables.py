"""Tables for a page of Markdown, and putting them there."""

import re
from collections.abc import Iterable, Mapping, Sequence

_PLACE = re.compile(
    r"(?P<begin><!-- table: (?P<name>\S+) -->\n)(?:(?!<!-- table).)*?(?P<end><!-- end -->)", re.DOTALL
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column is text, the others are numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Three digits that count: 0.0123, 4.56, 1,230."""
    rounded, magnitude = float(f"{value:.2e}"), int(f"{value:.2e}".split("e")[1])
    return f"{rounded:,.{max(0, 2 - magnitude)}f}" if value else "0"


def put(page: str, tables: Mapping[str, str]) -> str:
    """The page with each table in the place that is marked for it: one for each, and none besides."""
    places = [match["name"] for match in _PLACE.finditer(page)]
    if sorted(places) != sorted(tables):
        raise ValueError(f"places for tables: {places}; tables: {list(tables)}")
    return _PLACE.sub(lambda match: f"{match['begin']}{tables[match['name']]}\n{match['end']}", page)
