"""Passwords that are given apart from their URLs."""

from inspect import signature

import pika
import pytest
from asyncpg.connect_utils import _parse_connect_dsn_and_args as read_dsn
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from redis.connection import parse_url

from app.domain.passwords import has_password, with_password
from app.settings import LocalSettings, Settings

PASSWORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1)
AWKWARD = "a:b/c?d#e@f%20 +&=['\"]é\n"


def settings(**values: str) -> Settings:
    return Settings.model_validate(
        {"database_url": "postgresql://localhost/x", "broker_url": "redis://localhost", **values}
    )


def read_redis(url: str) -> dict[str, object]:
    read: dict[str, object] = parse_url(url)  # type: ignore[no-untyped-call]
    return read


def password_of_dsn(url: str) -> str:
    nothing = dict.fromkeys(set(signature(read_dsn).parameters) - {"dsn"})
    _, parameters = read_dsn(dsn=url, **nothing)
    password: str = parameters.password
    return password


@given(PASSWORDS)
def test_each_client_reads_back_the_password(password: str) -> None:
    given = settings(
        database_url="postgresql://user@[::1]:5433/name?sslmode=disable",
        database_password=password,
        broker_url="redis://host:7000/2",
        broker_password=password,
    )
    assert password_of_dsn(str(given.database_url)) == password
    assert read_redis(given.broker_url.url) == {"host": "host", "port": 7000, "db": 2, "password": password}


@pytest.mark.parametrize("url", ["unix:///run/valkey.sock?db=2", "rediss://me@host", "redis://me:@[::1]"])
def test_redis_in_all_its_forms(url: str) -> None:
    read = read_redis(settings(broker_url=url, broker_password=AWKWARD).broker_url.url)
    assert read.pop("password") == AWKWARD
    assert read == read_redis(url)


def test_rabbitmq() -> None:
    url = settings(broker_url="amqps://me@host/vhost", broker_password=AWKWARD).broker_url.url
    read = pika.URLParameters(url)
    assert (read.credentials.username, read.credentials.password) == ("me", AWKWARD)
    assert (read.host, read.virtual_host) == ("host", "vhost")


def test_a_password_for_several_servers_stands_once() -> None:
    url = settings(database_url="postgresql://me@one:1,two:2/x", database_password="p@").database_url
    assert str(url) == "postgresql://me:p%40@one:1,two:2/x"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"database_url": "postgresql://me:other@host/x", "database_password": "secret"}, "TASKOVERFLOW_DATABASE_PASSWORD"),
        ({"database_url": "postgresql://host/x?password=other", "database_password": "secret"}, "TASKOVERFLOW_DATABASE_PASSWORD"),
        ({"broker_url": "redis://:other@host", "broker_password": "secret"}, "TASKOVERFLOW_BROKER_PASSWORD"),
        ({"broker_url": "unix:///run/x?password=other", "broker_password": "secret"}, "TASKOVERFLOW_BROKER_PASSWORD"),
        ({"broker_url": "sqs://eu-west-1", "broker_password": "secret"}, "SQS takes no password"),
        ({"broker_url": "sqs+http://host", "broker_password": "secret"}, "SQS takes no password"),
        ({"broker_url": "amqp://host", "broker_password": "secret"}, "a user with a password"),
        ({"broker_url": "amqp://me@host"}, "a user with a password"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(values: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        settings(**values)
    assert "secret" not in str(caught.value)
    assert "other" not in str(caught.value)


@pytest.mark.parametrize("part", ["database", "broker"])
def test_up_has_no_use_for_a_password_without_its_url(part: str) -> None:
    with pytest.raises(ValidationError, match=f"TASKOVERFLOW_{part.upper()}_URL, whose it is, is not set"):
        LocalSettings.model_validate({f"{part}_password": "secret"})


def test_no_password_shows_in_what_is_logged() -> None:
    urls = {"database_url": "postgresql://me@host/x", "broker_url": "redis://host"}
    for kind in (Settings, LocalSettings):
        given = kind.model_validate({**urls, "database_password": "secret", "broker_password": "secret"})
        assert isinstance(given.database_password, SecretStr)
        assert "secret" not in repr(given)
        assert "secret" not in str(given)


@given(st.text(), PASSWORDS)
def test_any_text_is_taken_for_a_url(text: str, password: str) -> None:
    has_password(text)
    with_password(text, password)
