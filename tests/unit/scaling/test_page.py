"""docs/scaling.md tells what the model says."""

import pytest

from benchmarks.scaling.__main__ import PAGE
from benchmarks.scaling.figures import aws, costs
from benchmarks.scaling.page import tables
from benchmarks.scaling.tables import number, put, table


def test_the_page_has_the_tables_that_the_model_makes_now() -> None:
    page = PAGE.read_text()

    assert put(page, tables(costs(), aws())) == page, "make scaling writes them anew"


def test_a_table_goes_where_its_name_stands() -> None:
    page = "# A\n<!-- table: a -->\nold\n<!-- end -->\nbetween\n<!-- table: b -->\n<!-- end -->\n"

    written = put(page, {"b": "| 2 |", "a": "| 1 |"})

    assert written == (
        "# A\n<!-- table: a -->\n| 1 |\n<!-- end -->\nbetween\n<!-- table: b -->\n| 2 |\n<!-- end -->\n"
    )
    assert put(written, {"b": "| 2 |", "a": "| 1 |"}) == written


@pytest.mark.parametrize("made", [{}, {"a": "", "b": ""}])
def test_a_table_without_a_place_is_an_error_and_so_is_a_place_without_a_table(made: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="places for tables"):
        put("<!-- table: a -->\n<!-- end -->\n", made)


def test_numbers_stand_to_the_right() -> None:
    assert table(["", "n"], [["a", "1"]]) == "|  | n |\n| --- | --: |\n| a | 1 |"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.012345, "0.0123"),
        (0.9999, "1.00"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (12345, "12,300"),
    ],
)
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    assert number(value) == text
