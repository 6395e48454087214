"""What is measured, a module for each."""

from benchmarks.cells import (
    accepted,
    arrivals,
    deep,
    downloads,
    made,
    memory,
    queues,
    reads,
    rendered,
    seen,
)

CELLS = tuple(
    module.CELL
    for module in (accepted, made, seen, arrivals, rendered, memory, downloads, reads, deep, queues)
)

QUICK = ("accepted", "made", "seen", "rendered", "reads")
"""Those that a guard against regressions looks at."""
