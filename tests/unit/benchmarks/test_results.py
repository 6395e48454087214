from pathlib import Path

from benchmarks.figures import Figures, Place
from benchmarks.results import Results

_ACCEPTED, _DONE = Place("accepted/s", "ours", 10), Place("done/s", "arq")


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    results = Results({"processor": "2 cores"}, Figures({_ACCEPTED: [1.5, 2.0], _DONE: [3.0]}))
    results.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == results


def test_a_run_of_some_cells_leaves_the_numbers_of_others() -> None:
    earlier = Results({"measured": "before"}, Figures({_ACCEPTED: [1.0], _DONE: [3.0]}))
    later = Results({"measured": "now"}, Figures({_ACCEPTED: [2.0]}))
    assert later.completed_by(earlier) == Results(
        {"measured": "now"}, Figures({_ACCEPTED: [2.0], _DONE: [3.0]})
    )
