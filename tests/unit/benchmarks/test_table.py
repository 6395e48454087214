from benchmarks.figures import Figures, Place
from benchmarks.goals import Goal
from benchmarks.table import figures_table, goals_table

_FIGURES = Figures(
    {
        Place("accepted/s", "ours", 1000): [4000.0, 5000.0, 4500.0],
        Place("accepted/s", "ours", 10): [4600.0],
        Place("accepted/s", "reference", 10): [500.0],
        Place("304/s", "ours", 10): [300.0],
        Place("of another cell", "nobody", 10): [1.0],
    }
)


def test_figures_stand_in_order_of_kind_and_size_with_a_column_for_each_side() -> None:
    assert list(figures_table(_FIGURES, ["accepted/s", "304/s"], "todos")) == [
        "|            | todos |                   ours | reference |",
        "| ---------- | ----: | ---------------------: | --------: |",
        "| accepted/s |    10 |                  4,600 |       500 |",
        "| accepted/s | 1,000 | 4,500 (4,000 to 5,000) |           |",
        "| 304/s      |    10 |                    300 |           |",
    ]


def test_a_table_of_no_sizes_has_no_column_for_them() -> None:
    figures = Figures({Place("done/s", "arq"): [700.0]})
    assert list(figures_table(figures, ["done/s"], "")) == [
        "|        | arq |",
        "| ------ | --: |",
        "| done/s | 700 |",
    ]


def test_goals_that_were_measured_have_a_verdict() -> None:
    ours, reference = Place("accepted/s", "ours", 10), Place("accepted/s", "reference", 10)
    goals = [
        Goal("nine times", ours, reference, at_least=9),
        Goal("ten times", ours, reference, at_least=10),
        Goal("not measured", Place("nothing", "ours"), reference, at_least=10),
    ]
    assert list(goals_table(_FIGURES, goals)) == [
        "| goal       |   is to be |   is |         |",
        "| ---------- | ---------: | ---: | ------: |",
        "| nine times |  ≥ 9 times | 9.20 | reached |",
        "| ten times  | ≥ 10 times | 9.20 |  missed |",
    ]
