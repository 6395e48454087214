import pytest

from benchmarks.figures import Figures, Place
from benchmarks.goals import GOALS, Goal, missed
from benchmarks.names import ACCEPTED, OURS, REFERENCE
from benchmarks.spread import Spread, differences

_OURS, _REFERENCE = Place(ACCEPTED, OURS, 10), Place(ACCEPTED, REFERENCE, 10)
_EIGHT_TIMES = Goal("accepted", _OURS, _REFERENCE, at_least=8)
_FORTY_MORE = Goal("memory", _OURS, _REFERENCE, differences, at_most=40)


def test_a_goal_is_seen_as_the_median_of_the_rounds_ratios() -> None:
    figures = Figures({_OURS: [80, 90, 70], _REFERENCE: [10, 10, 10]})
    assert _EIGHT_TIMES.seen(figures) == Spread(8, 7, 9)


def test_nothing_is_seen_of_a_goal_that_one_side_was_not_measured_for() -> None:
    assert _EIGHT_TIMES.seen(Figures({_OURS: [80]})) is None


def test_a_lower_bound_is_reached_from_there_on() -> None:
    assert _EIGHT_TIMES.is_reached(Spread.of([8.0]))
    assert not _EIGHT_TIMES.is_reached(Spread.of([7.9]))


def test_an_upper_bound_is_reached_up_to_there() -> None:
    assert _FORTY_MORE.is_reached(Spread.of([40.0]))
    assert not _FORTY_MORE.is_reached(Spread.of([40.1]))


@pytest.mark.parametrize(
    ("goal", "enough", "too_bad"), [(_EIGHT_TIMES, 2.0, 1.9), (_FORTY_MORE, 160.0, 161.0)]
)
def test_a_margin_widens_the_bound_in_either_direction(goal: Goal, enough: float, too_bad: float) -> None:
    assert goal.is_reached(Spread.of([enough]), margin=4)
    assert not goal.is_reached(Spread.of([too_bad]), margin=4)


def test_only_what_was_measured_can_be_missed() -> None:
    figures = Figures({_OURS: [70.0], _REFERENCE: [10.0]})
    unmeasured = Goal("nothing", Place("nothing", OURS), _REFERENCE, at_least=8)
    assert missed(figures, [_EIGHT_TIMES, unmeasured]) == [_EIGHT_TIMES]
    assert missed(figures, [_EIGHT_TIMES, unmeasured], margin=4) == []


def test_a_bound_says_what_it_is_a_bound_of() -> None:
    assert _EIGHT_TIMES.bound() == "≥ 8 times"
    assert _EIGHT_TIMES.bound(margin=4) == "≥ 2 times"
    assert _FORTY_MORE.bound() == "≤ 40"
    assert _FORTY_MORE.bound(margin=4) == "≤ 160"


def test_each_goal_has_one_bound() -> None:
    assert all((goal.at_least is None) != (goal.at_most is None) for goal in GOALS)


def test_no_two_goals_have_the_same_text() -> None:
    assert len({goal.text for goal in GOALS}) == len(GOALS)
