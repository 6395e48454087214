"""The file that a run leaves: its figures, and on what machine they were measured."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from benchmarks.figures import Figures

PATH = Path("benchmarks/results.json")
"""Of the last whole run; what docs/performance.md shows."""


@dataclass(frozen=True, slots=True)
class Results:
    """A run."""

    machine: dict[str, str]
    figures: Figures

    def write(self, path: Path) -> None:
        """Leave them for plots and pages."""
        path.parent.mkdir(exist_ok=True)
        text = json.dumps({"machine": self.machine, "figures": self.figures.to_json()}, indent=1)
        path.write_text(f"{text}\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Those of a run that is over."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        return cls(stored["machine"], Figures.from_json(stored["figures"]))

    def completed_by(self, other: "Results") -> "Results":
        """These, and what only the others have: a run of some cells leaves the others as they were."""
        return Results(self.machine, Figures(other.figures.places | self.figures.places))
