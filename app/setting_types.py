"""The kinds of values that settings have, and how they are written in the environment."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    PostgresDsn,
    SecretStr,
    ValidationInfo,
)
from pydantic_settings import NoDecode

from app.domain.brokers import BrokerAddress, parse_broker_url
from app.domain.feeds import REFRESH
from app.domain.jobs import KEY_KEPT
from app.domain.objects import S3Place, parse_s3_url
from app.domain.passwords import has_password, with_password
from app.domain.timezones import known_timezone
from app.setting_files import given_variable


def _seconds(value: object) -> object:
    """Read a bare number as seconds, as operators write it; pydantic alone would want PT30S."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        raise ValueError("expected a number of seconds") from None


def _networks(value: object) -> object:
    """Read what stands between commas; pydantic alone would say of each what it is not, and not why."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"expected networks such as 10.0.0.0/16,fd00:1::/64: {error}") from None


def _broker(value: Any, info: ValidationInfo) -> BrokerAddress:  # noqa: ANN401 - anything may be given
    if not isinstance(value, str):
        address: BrokerAddress = value
        return address
    if value.strip().lower().startswith("sqs") and info.data.get("broker_password") is not None:
        raise ValueError(f"SQS takes no password, and {given_variable('broker_password')} is set")
    return parse_broker_url(_completed(value, info, "broker_password"))


def _database(value: PostgresDsn, info: ValidationInfo) -> PostgresDsn:
    return PostgresDsn(_completed(str(value), info, "database_password"))


def _completed(url: str, info: ValidationInfo, field: str) -> str:
    """Put in the password that was given by itself; its field stands before the URL's, and so is known."""
    password: SecretStr | None = info.data.get(field)
    if password is None:
        return url
    if has_password(url):
        raise ValueError(f"has a password, and {given_variable(field)} is set as well; give one of them")
    return with_password(url, password.get_secret_value())


def _results(value: object) -> object:
    return parse_s3_url(value) if isinstance(value, str) else value


BrokerUrl = Annotated[BrokerAddress, NoDecode, PlainValidator(_broker)]
DatabaseUrl = Annotated[PostgresDsn, AfterValidator(_database)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
Port = Annotated[int, Field(ge=1, le=65535)]
ResultUrl = Annotated[S3Place, NoDecode, PlainValidator(_results)]
Seconds = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0), le=timedelta(days=36500))]
"""No more than a century: Postgres must be able to add it to the clock, or take it off."""
JobTtl = Annotated[Seconds, Field(ge=KEY_KEPT)]
"""Idempotency keys are kept with their jobs."""
FeedInterval = Annotated[Seconds, Field(lt=REFRESH)]
"""Shorter than the time after which a file is made anew in any case."""
SqsVisibility = Annotated[Seconds, Field(ge=timedelta(seconds=1), le=timedelta(hours=12))]
TimezoneName = Annotated[str, AfterValidator(known_timezone)]
