from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.deadlines import Floating, Instant, parse_deadline


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2023-02-27", "2023-02-27T00:00:00"),
        ("2023-02-27T00:00:00", "2023-02-27T00:00:00"),
        ("2023-02-27 14:05", "2023-02-27T14:05:00"),
        ("2023-02-27T14:05:06.5", "2023-02-27T14:05:06.5"),
        ("2023-02-27T14:05:06.000", "2023-02-27T14:05:06"),
        ("2023-02-27T14:05:06.1234569", "2023-02-27T14:05:06.123456"),
        ("2023-02-27T14:05:06Z", "2023-02-27T14:05:06+00:00"),
        ("2023-02-27t14:05:06z", "2023-02-27T14:05:06+00:00"),
        ("2023-02-27T14:05:06+05:30", "2023-02-27T08:35:06+00:00"),
        ("2023-02-27T14:05:06-0330", "2023-02-27T17:35:06+00:00"),
        ("2023-12-31T23:30:00-01", "2024-01-01T00:30:00+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00"),
    ],
)
def test_a_deadline_is_shown_as_it_was_meant(text: str, shown: str) -> None:
    assert str(parse_deadline(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2023-02-30",
        "2023-13-01",
        "2023-02-27T24:00:00",
        "2023-02-27T14",
        "2023-02-27T14:60:00",
        "2023-02-27T14:05:60",
        "2023-02-27T14:05:06+25:00",
        "2023-02-27T14:05:06+05:60",
        "0000-01-01",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "20230227",
        "2023-02-27T14:05:06 Europe/Oslo",
        "1677456000",
        "٢٠٢٣-٠٢-٢٧",
    ],
)
def test_what_is_no_date_time_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected an ISO 8601 date"):
        parse_deadline(text)


@given(st.datetimes())
def test_a_floating_deadline_survives_being_shown(local: datetime) -> None:
    assert parse_deadline(str(Floating(local))) == Floating(local)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_being_shown(moment: datetime) -> None:
    assert parse_deadline(str(Instant(moment))) == Instant(moment)
