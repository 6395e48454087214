"""Measure the service beside its peers: ``python -m benchmarks``; docs/performance.md says how it is done."""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from app.cli.local.servers import local_servers
from benchmarks import machine, page, results
from benchmarks.bench import Bench
from benchmarks.cells import CELLS, QUICK
from benchmarks.cells.cell import Cell
from benchmarks.goals import GOALS, MARGIN, missed
from benchmarks.processes import PEERS
from benchmarks.results import Results
from benchmarks.table import figures_table, goals_table

_ROUNDS, _QUICK_ROUNDS = 5, 2
_LONGEST_SECONDS = 3600.0
"""For one cell: what has died does no job, however long it is waited for."""
_QUICK_PATH = Path("reports/benchmarks-quick.json")


def main() -> int:
    """Measure, show, and keep; 1 if a quick run finds that a ratio has collapsed."""
    arguments = _arguments()
    # Being told to end in another way than by Ctrl-C must leave nothing behind either.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = arguments.cells or (QUICK if arguments.quick else [cell.name for cell in CELLS])
    cells = [cell for cell in CELLS if cell.name in names]
    rounds = arguments.rounds or (_QUICK_ROUNDS if arguments.quick else _ROUNDS)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        bench = _run(cells, Path(folder), rounds, quick=arguments.quick)
    found = Results(machine.describe(), bench.figures)
    margin = MARGIN if arguments.quick else 1.0
    _show(found, cells, margin)
    if arguments.quick:
        found.write(_QUICK_PATH)
        return int(bool(missed(found.figures, GOALS, margin)))
    _keep(found)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds and sizes, and wide margins")
    parser.add_argument("--rounds", type=int, help=f"how often each side has its turn; {_ROUNDS} by default")
    parser.add_argument(
        "cells", nargs="*", help="what to measure", choices=[[], *(cell.name for cell in CELLS)]
    )
    return parser.parse_args()


def _run(cells: Sequence[Cell], folder: Path, rounds: int, *, quick: bool) -> Bench:
    with local_servers(folder / "servers") as servers:
        bench = Bench(servers, folder, rounds, quick)
        uvloop.run(_measure(bench, cells))
    return bench


async def _measure(bench: Bench, cells: Sequence[Cell]) -> None:
    for cell in cells:
        began = time.monotonic()
        sys.stderr.write(f"{cell.name}\n")
        async with asyncio.timeout(_LONGEST_SECONDS):
            await cell.measure(bench)
        sys.stderr.write(f"  {time.monotonic() - began:.0f} s\n")


def _show(found: Results, cells: Sequence[Cell], margin: float) -> None:
    for cell in cells:
        shown = [cell.title, "", *figures_table(found.figures, cell.whats, cell.of), ""]
        sys.stdout.write("\n".join([*shown, ""]))
    sys.stdout.write("\n".join([*goals_table(found.figures, GOALS, margin), ""]))


def _keep(found: Results) -> None:
    """Leave the numbers where the page, its plots and later runs of single cells find them."""
    if results.PATH.exists():
        found = found.completed_by(Results.read(results.PATH))
    found.write(results.PATH)
    page.write(found, CELLS, GOALS)
    subprocess.run([PEERS, "-m", "benchmarks.plots", results.PATH], check=True)


if __name__ == "__main__":
    sys.exit(main())
