from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.brokers import RabbitmqAddress, RedisAddress, SqsAddress, parse_broker_url


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://localhost/1",
        "redis://user:p%40ss@[::1]:7000/15",
        "rediss://host:6380?ssl_cert_reqs=none",
        "unix:///run/valkey.sock?db=2",
        "UNIX:///run/valkey.sock",
    ],
)
def test_what_redis_py_reads_is_left_to_it(url: str) -> None:
    assert parse_broker_url(url) == RedisAddress(url)


@pytest.mark.parametrize("url", ["amqp://host", "amqps://user:secret@broker.mq.eu-west-1.on.aws:5671/vhost"])
def test_what_pika_reads_is_left_to_it(url: str) -> None:
    assert parse_broker_url(url) == RabbitmqAddress(url)


@pytest.mark.parametrize(
    ("url", "members", "is_fifo", "dead_letter_queue"),
    [
        ("sqs://", (None, "ical", None), False, "ical_dlq"),
        ("sqs://eu-west-1", ("eu-west-1", "ical", None), False, "ical_dlq"),
        ("sqs://us-gov-east-1/jobs.fifo", ("us-gov-east-1", "jobs.fifo", None), True, "jobs_dlq.fifo"),
        ("sqs:///jobs", (None, "jobs", None), False, "jobs_dlq"),
        ("sqs+http://127.0.0.1:4566", ("us-east-1", "ical", "http://127.0.0.1:4566"), False, "ical_dlq"),
        (
            "sqs+https://[::1]:4566/a_b-c.fifo?region=eu-north-1",
            ("eu-north-1", "a_b-c.fifo", "https://[::1]:4566"),
            True,
            "a_b-c_dlq.fifo",
        ),
    ],
)
def test_an_sqs_url_names_region_queue_and_endpoint(
    url: str, members: tuple[Any, ...], *, is_fifo: bool, dead_letter_queue: str
) -> None:
    address = parse_broker_url(url)
    assert isinstance(address, SqsAddress)
    assert (address.region, address.queue, address.endpoint) == members
    assert (address.is_fifo, address.dead_letter_queue) == (is_fifo, dead_letter_queue)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", "a URL that begins with"),
        ("localhost:6379", "a URL that begins with"),
        ("http://localhost", "a URL that begins with"),
        ("redis://", "redis://"),
        ("redis://host/first", "redis://"),
        ("redis://host:port", "redis://"),
        ("unix://", "unix:///path/to/socket"),
        ("unix://run/valkey.sock", "unix:///path/to/socket"),
        ("sqs://ical", "sqs://eu-west-1/ical"),
        ("sqs://eu-west-1:80/ical", "sqs://eu-west-1/ical"),
        ("sqs://eu-west-1/a.b", "the name of an SQS queue"),
        (f"sqs://eu-west-1/{'a' * 81}", "the name of an SQS queue"),
        ("sqs://eu-west-1/.fifo", "the name of an SQS queue"),
        ("sqs+http:///ical", "sqs+http://host"),
        ("sqs+http://key:secret@host", "do not belong in the URL"),
        ("amqp:///vhost", "amqp://"),
        ("amqp://host:0x50", "amqp://"),
    ],
)
def test_a_bad_url_is_told_what_was_expected(url: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected.replace("+", r"\+").replace("?", r"\?")) as caught:
        parse_broker_url(url)
    assert "secret" not in str(caught.value)


@given(st.text())
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    for url in (text, f"sqs://{text}", f"redis://{text}", f"sqs+http://{text}", f"amqp://{text}"):
        try:
            address = parse_broker_url(url)
        except ValueError:
            continue
        assert address.url == url.strip()


def test_a_password_does_not_show_in_what_is_logged() -> None:
    for url in ("redis://:secret@host", "amqp://user:secret@host"):
        assert "secret" not in repr(parse_broker_url(url))
