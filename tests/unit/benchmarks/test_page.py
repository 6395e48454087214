from pathlib import Path

from benchmarks.cells import CELLS, QUICK
from benchmarks.figures import Figures
from benchmarks.goals import GOALS
from benchmarks.page import rewritten, tables
from benchmarks.results import Results

_PAGE = Path(__file__).parents[3] / "docs" / "performance.md"


def test_a_measured_part_is_replaced_and_all_else_stays() -> None:
    text = "before\n<!-- measured: goals -->\nold\nlines\n<!-- end -->\nafter\n"
    once = rewritten(text, {"goals": ["| new |"]})
    assert once == "before\n<!-- measured: goals -->\n| new |\n<!-- end -->\nafter\n"
    assert rewritten(once, {"goals": ["| new |"]}) == once


def test_the_page_has_a_place_for_all_that_is_measured() -> None:
    text = _PAGE.read_text(encoding="utf-8")
    for name, _ in tables(Results({}, Figures()), CELLS, GOALS):
        assert text.count(f"<!-- measured: {name} -->\n") == 1, name


def test_all_that_a_quick_run_looks_at_has_a_goal() -> None:
    cells = {cell.name: cell for cell in CELLS}
    for name in QUICK:
        assert any(goal.first.what in cells[name].whats for goal in GOALS), name


def test_every_goal_is_measured_by_one_of_the_cells() -> None:
    measured = {what for cell in CELLS for what in cell.whats}
    assert {place.what for goal in GOALS for place in (goal.first, goal.second)} <= measured
