"""Where results are stored, as one URL says it."""

import pytest

from app.domain.objects import S3Place, parse_s3_url
from app.settings import Settings


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("s3://calendars", S3Place("calendars", "")),
        ("s3://calendars/", S3Place("calendars", "")),
        ("s3://my.calendars/todo/made", S3Place("my.calendars", "todo/made")),
        ("s3+http://127.0.0.1:4566/calendars/x", S3Place("calendars", "x", "http://127.0.0.1:4566")),
        ("s3+https://minio.example.org/calendars", S3Place("calendars", "", "https://minio.example.org")),
    ],
)
def test_a_url_says_where(url: str, place: S3Place) -> None:
    assert parse_s3_url(url) == place
    assert parse_s3_url(str(place)) == place
    inside = place.below("2e80aefd-9d8c-4b0c-8a8e-3b3f6a0e5c11", "1.ics.gz")
    assert parse_s3_url(str(inside)) == inside
    assert str(inside).startswith(str(place))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3://",
        "s3:///prefix",
        "s3://UPPER/x",
        "s3://a",
        "s3://calendars/x//y",
        "s3://calendars/what?",
        "s3+http:///calendars",
        "s3+http://127.0.0.1/calendars?region=eu",
        "s3+http://127.0.0.1/calendars#made",
        "s3+http://127.0.0.1:port/calendars",
        "s3+http://127.0.0.1",
        "https://calendars.s3.amazonaws.com",
        "calendars",
    ],
)
def test_another_url_is_refused_with_what_was_expected(url: str) -> None:
    with pytest.raises(ValueError, match="expected s3://bucket"):
        parse_s3_url(url)


def test_credentials_are_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="do not belong in the URL") as refused:
        parse_s3_url("s3+http://key:marked@127.0.0.1/calendars")
    assert "marked" not in str(refused.value)


def test_the_setting_is_named_where_it_is_wrong() -> None:
    urls = {"database_url": "postgresql://localhost/x", "broker_url": "redis://localhost"}
    with pytest.raises(ValueError, match=r"(?s)result_url.*expected s3://bucket"):
        Settings.model_validate({**urls, "result_url": "https://calendars"})
    assert Settings.model_validate({**urls, "result_url": "s3://calendars"}).result_url == S3Place(
        "calendars", ""
    )
