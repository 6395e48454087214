"""What the model is fed with."""

import tomllib
from pathlib import Path

import pytest

from benchmarks.scaling.figures import COSTS, Costs, costs, read
from benchmarks.scaling.measure import updated


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[api_per_post]", "[api_per_put]", "missing or unknown: api_per_post, api_per_put"),
        ('value = 3\nfrom = "counted', 'value = "3"\nfrom = "counted', "commits_per_job: expected a value"),
        ('from = "counted: one', 'source = "counted: one', "commits_per_job: expected a value"),
    ],
)
def test_a_figure_that_is_not_as_it_must_be_is_named(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    file = tmp_path / "costs.toml"
    text = COSTS.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))

    with pytest.raises(ValueError, match=message):
        read(Costs, file)


def test_what_is_measured_takes_the_place_of_what_stood_there_and_all_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "costs.toml"

    file.write_text(updated(COSTS.read_text(), {"api_per_post": 0.000123456}))

    assert read(Costs, file).api_per_post == 0.000123
    was, now = tomllib.loads(COSTS.read_text()), tomllib.loads(file.read_text())
    assert now["api_per_post"]["from"].startswith("measured")
    assert {name: now[name] for name in now if name != "api_per_post"} == {
        name: was[name] for name in was if name != "api_per_post"
    }
    assert file.read_text().startswith(COSTS.read_text().split("[")[0])


def test_a_cost_below_nothing_is_not_written_down() -> None:
    with pytest.raises(ValueError, match="too busy with other work to measure: database_per_job"):
        updated(COSTS.read_text(), {"api_per_post": 0.1, "database_per_job": -0.1})


def test_costs_grow_with_the_todos() -> None:
    known = costs()

    assert known.worker(0) == known.worker_per_job
    assert known.worker(2000) == pytest.approx(known.worker_per_job + 2 * known.worker_per_thousand_todos)
    assert known.database(2000) == pytest.approx(
        known.database_per_job + 2 * known.database_per_thousand_todos
    )
