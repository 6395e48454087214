"""Run the model, print its tables, and put them on the page that tells of them: ``make scaling``."""

from pathlib import Path

from benchmarks.scaling.figures import aws, costs
from benchmarks.scaling.page import tables
from benchmarks.scaling.tables import put

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"


def main() -> None:
    """Do all three."""
    made = tables(costs(), aws())
    for name, text in made.items():
        print(f"## {name}\n\n{text}\n")  # noqa: T201 - this is what it is for
    PAGE.write_text(put(PAGE.read_text(), made))


if __name__ == "__main__":
    main()
