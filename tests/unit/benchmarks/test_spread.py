import pytest

from benchmarks.spread import Spread, differences, number, ratios


def test_a_spread_is_the_median_and_both_ends() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(middle=2.0, least=1.0, most=3.0)


def test_ratios_are_taken_round_by_round() -> None:
    # The medians are 10 and 2: their ratio is none that any round has shown.
    assert ratios([10, 100, 4], [2, 10, 1]) == [5, 10, 4]


def test_differences_are_taken_round_by_round() -> None:
    assert differences([10, 100, 4], [2, 10, 1]) == [8, 90, 3]


def test_rounds_that_one_side_lacks_are_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([1, 2], [1])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567.8, "1,234,568"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.234, "1.23"),
        (5.0, "5"),
        (0.0, "0"),
        (-12.34, "-12.3"),
    ],
)
def test_a_number_has_three_digits_and_all_before_the_point(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_spread_of_one_number_shows_that_alone() -> None:
    assert str(Spread.of([7.0])) == "7"
    assert str(Spread.of([7.0, 9.0, 8.5])) == "8.50 (7 to 9)"
