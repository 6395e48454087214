from datetime import timedelta

import pytest

from app.domain.calendars import CalendarOptions, Component
from app.domain.jobs import backoff


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 2), (2, 4), (3, 8), (8, 256), (9, 300), (10_000, 300)])
def test_each_wait_is_twice_the_last_up_to_five_minutes(attempt: int, seconds: int) -> None:
    assert backoff(timedelta(seconds=2), attempt) == timedelta(seconds=seconds)


def test_options_survive_being_stored() -> None:
    options = CalendarOptions(
        component=Component.BOTH, completed=False, window=7, timezone="Europe/Oslo", alarm=0, name="Home"
    )
    assert CalendarOptions.from_json(options.to_json()) == options


def test_options_of_a_newer_release_are_read_by_an_older_one() -> None:
    assert CalendarOptions.from_json({"name": "Home", "colour": "red"}) == CalendarOptions(name="Home")
