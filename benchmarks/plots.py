"""Draw docs/images/performance-*.svg: ``python -m benchmarks.plots benchmarks/results.json``."""

import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.figures import Figures, Place
from benchmarks.names import (
    ACCEPTED,
    MADE,
    MADE_OF_CHANGED,
    MEDIAN,
    NEAREST,
    OURS,
    P95,
    P99,
    P999,
    REFERENCE,
    SEEN,
    WORKER_MEMORY,
)
from benchmarks.results import Results
from benchmarks.spread import Spread

_FOLDER = Path("docs/images")
_COLOURS = {OURS: "#0b6e4f", REFERENCE: "#c8553d", NEAREST: "#4a6fa5"}
_PERCENTILES = {MEDIAN: "median", P95: "95 %", P99: "99 %", P999: "99.9 %"}


def main() -> None:
    """Draw all of them."""
    # The same numbers give the same file.
    mpl.rcParams["svg.hashsalt"] = "performance"
    mpl.rcParams.update({"svg.fonttype": "none", "axes.grid": True, "grid.alpha": 0.3})
    figures = Results.read(Path(sys.argv[1])).figures
    _against_size(figures, "throughput", (ACCEPTED, MADE_OF_CHANGED, MADE))
    _against_size(figures, "latency", (SEEN,))
    _against_size(figures, "memory", (WORKER_MEMORY,))
    _percentiles(figures)


def _against_size(figures: Figures, name: str, whats: Sequence[str]) -> None:
    drawn = [what for what in whats if any(figures.named(what))]
    if not drawn:
        return
    _, plots = plt.subplots(1, len(drawn), figsize=(4.6 * len(drawn), 3.6), squeeze=False)
    for axes, what in zip(plots[0], drawn, strict=True):
        for side, colour in _COLOURS.items():
            _line(axes, figures, what, side, colour)
        axes.set(xscale="log", yscale="log", xlabel="todos", title=what)
    plots[0][0].legend()
    _save(name)


def _line(axes: Axes, figures: Figures, what: str, side: str, colour: str) -> None:
    """The medians, and from the least to the most of the rounds."""
    found = sorted((place.size, values) for place, values in figures.named(what) if place.side == side)
    if not found:
        return
    sizes = [size for size, _ in found]
    spreads = [Spread.of(values) for _, values in found]
    axes.plot(sizes, [spread.middle for spread in spreads], "o-", color=colour, label=side)
    ends = [spread.least for spread in spreads], [spread.most for spread in spreads]
    axes.fill_between(sizes, *ends, color=colour, alpha=0.2)


def _percentiles(figures: Figures) -> None:
    """What those saw that came a thousand a second."""
    if not any(figures.named(MEDIAN)):
        return
    _, axes = plt.subplots(figsize=(6, 3.6))
    for place, _ in figures.named(MEDIAN):
        places = [Place(what, place.side, place.size) for what in _PERCENTILES]
        spreads = [Spread.of(figures.of(each)) for each in places]
        heights, colour = [spread.middle for spread in spreads], _COLOURS[place.side]
        axes.plot(list(_PERCENTILES.values()), heights, "o-", color=colour, label=place.side)
    axes.set(yscale="log", xlabel="percentile of requests", title="ms until accepted, 1,000 POST/s")
    axes.legend()
    _save("percentiles")


def _save(name: str) -> None:
    plt.tight_layout()
    plt.savefig(_FOLDER / f"performance-{name}.svg", metadata={"Date": None})
    plt.close()


if __name__ == "__main__":
    main()
