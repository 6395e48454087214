"""How many events a second are rendered where all todos are at hand, without any storage."""

from benchmarks.bench import Bench
from benchmarks.cells.cell import Cell
from benchmarks.names import ICALENDAR, OURS, RENDERED
from benchmarks.processes import OURS as OUR_PYTHON
from benchmarks.processes import PEERS, Command

_TODOS = 100_000
_PROGRAMS = (
    (OURS, OUR_PYTHON, "benchmarks.rendering.ours"),
    (ICALENDAR, PEERS, "benchmarks.rendering.peers"),
)


async def _measure(bench: Bench) -> None:
    for _ in range(1 if bench.quick else bench.rounds):
        for name, python, module in _PROGRAMS:
            rate = float(Command(python, ("-m", module, str(_TODOS)), {}).run())
            bench.note(name, _TODOS, {RENDERED: rate})


CELL = Cell("rendered", "Events rendered by one process, without storage", (RENDERED,), _measure)
