"""What the environment may set."""

import sys
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    PlainValidator,
    PostgresDsn,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain.brokers import BrokerAddress, parse_broker_url
from app.domain.feeds import REFRESH, FeedPacing
from app.domain.jobs import KEY_KEPT
from app.domain.timezones import known_timezone


def _seconds(value: object) -> object:
    """Read a bare number as seconds, as operators write it; pydantic alone would want PT30S."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        raise ValueError("expected a number of seconds") from None


def _comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _broker(value: Any) -> BrokerAddress:  # noqa: ANN401 - anything may be given
    return parse_broker_url(value) if isinstance(value, str) else value


BrokerUrl = Annotated[BrokerAddress, NoDecode, PlainValidator(_broker)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_comma_separated)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0), le=timedelta(days=36500))]
"""No more than a century: Postgres must be able to add it to the clock, or take it off."""
JobTtl = Annotated[Seconds, Field(ge=KEY_KEPT)]
"""Idempotency keys are kept with their jobs."""
FeedInterval = Annotated[Seconds, Field(lt=REFRESH)]
"""Shorter than the time after which a file is made anew in any case."""
SqsVisibility = Annotated[Seconds, Field(ge=timedelta(seconds=1), le=timedelta(hours=12))]
TimezoneName = Annotated[str, AfterValidator(known_timezone)]

_FROM_ENVIRONMENT = SettingsConfigDict(env_prefix="TASKOVERFLOW_", frozen=True, env_ignore_empty=True)


class DatabaseSettings(BaseSettings):
    """What is needed to reach Postgres, and all that a migration reads."""

    model_config = _FROM_ENVIRONMENT

    database_url: PostgresDsn
    """``postgresql://user:password@host:port/name``, with libpq's parameters such as ``sslmode``."""


class Settings(DatabaseSettings):
    """What one process of the service reads; built once and passed by hand."""

    broker_url: BrokerUrl
    """``redis://``, ``rediss://``, ``unix://``, ``sqs://``, ``sqs+http://``, ``amqp://`` or ``amqps://``."""

    create_queues: bool = False
    """Make an SQS queue that is missing, with one for its dead letters; else that is an error."""

    sqs_visibility: SqsVisibility = timedelta(seconds=60)
    """How long SQS hides a message from other workers; extended for as long as its job runs."""

    host: str = "127.0.0.1"
    """The address that the API listens on."""

    port: Port = 6400
    """The port that the API listens on."""

    public_url: HttpUrl | None = None
    """What URLs in answers start with; by default the request's own scheme and Host."""

    trusted_proxies: Networks = ()
    """Networks, comma-separated, whose ``X-Forwarded-Proto`` and ``X-Forwarded-Host`` are believed."""

    timezone: TimezoneName = "UTC"
    """Where a deadline without an offset is compared with the clock."""

    worker_threads: Annotated[int, Field(ge=1, le=64)] = 4
    """How many jobs one worker process runs at once."""

    lease: Seconds = timedelta(seconds=10)
    """How long an attempt may go on without a heartbeat before another worker takes the job."""

    max_attempts: Annotated[int, Field(ge=1, le=100)] = 5
    """After how many attempts a job ends as FAILURE."""

    retry_backoff: Seconds = timedelta(seconds=2)
    """The wait after the first failed attempt; it doubles with each further one, up to five minutes."""

    sweep_interval: Seconds = timedelta(seconds=1)
    """How often the sweeper looks for jobs to send again, to rescue or to expire."""

    resend_after: Seconds = timedelta(seconds=10)
    """How long a job may wait unclaimed before its message is sent again."""

    result_ttl: Seconds = timedelta(days=7)
    """How long a finished calendar can be downloaded."""

    job_ttl: JobTtl = timedelta(days=30)
    """How long a job that has ended is remembered; no less than ``result_ttl``."""

    drain_seconds: Seconds = timedelta(seconds=25)
    """How long a worker that is told to stop may go on with the jobs it has."""

    request_timeout: Seconds = timedelta(seconds=10)
    """After how long a request whose answer has not begun is told that the service is unavailable."""

    receive_timeout: Seconds = timedelta(seconds=10)
    """How long a client may take to send a request's headers, and again its body."""

    send_timeout: Seconds = timedelta(seconds=30)
    """How long a client may read nothing of an answer that waits for it."""

    max_header_bytes: Annotated[int, Field(ge=1024)] = 16 * 1024
    """How large the headers of a request may be, its first line included."""

    max_body_bytes: Annotated[int, Field(ge=1024)] = 64 * 1024
    """How large the body of a request may be."""

    max_todos: Annotated[int, Field(ge=1)] = 1_000_000
    """How many todos one owner may have."""

    max_open_jobs: Annotated[int, Field(ge=1)] = 100_000
    """How many jobs of one owner may be unfinished at once."""

    max_feeds: Annotated[int, Field(ge=1)] = 100
    """How many calendars to subscribe to one owner may have."""

    feed_interval: FeedInterval = timedelta(seconds=10)
    """The least time between two renders of one feed."""

    feed_idle_after: Seconds = timedelta(days=7)
    """For how long a feed that nobody fetches is still rendered when todos change."""

    tombstone_ttl: Seconds = timedelta(days=30)
    """For how long feeds tell of a todo that was deleted."""

    max_downloads: Annotated[int, Field(ge=1)] = 100
    """How many calendars one API process sends at once."""

    max_watchers: Annotated[int, Field(ge=1)] = 10_000
    """How many clients may wait at once for tasks to change, in one API process."""

    max_result_bytes: Annotated[int, Field(ge=1024)] = 1024**3
    """How large a calendar may be; a job whose calendar is larger fails."""

    render_timeout: Seconds = timedelta(minutes=15)
    """How long one attempt may take; a job that takes longer fails."""

    metrics_host: str = "127.0.0.1"
    """The address that a worker serves its metrics on."""

    metrics_port: Port | None = None
    """The port that a worker serves its metrics on; none by default. The API's are at ``/metrics``."""

    log_format: Literal["console", "json"] = "console"
    """``json`` writes one object a line, for log collectors."""

    @property
    def feed_pacing(self) -> FeedPacing:
        """How often feeds are made anew."""
        return FeedPacing(self.feed_interval, self.feed_idle_after)

    @model_validator(mode="after")
    def _jobs_outlive_their_results(self) -> Self:
        if self.job_ttl < self.result_ttl:
            raise ValueError("TASKOVERFLOW_JOB_TTL: expected no less than TASKOVERFLOW_RESULT_TTL")
        return self


class LocalSettings(BaseSettings):
    """What ``taskoverflow up`` reads: where to keep data, and which parts not to bring up itself."""

    model_config = _FROM_ENVIRONMENT

    data_dir: Path = Path(".data")
    """Where the embedded servers keep their data."""

    host: str = "127.0.0.1"
    port: Port = 6400

    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """How many worker processes to run."""

    metrics_host: str = "127.0.0.1"

    metrics_port: Port | None = None
    """Where the first worker serves its metrics, the others beside it; by default next to the API's port."""

    database_url: PostgresDsn | None = None
    """A real Postgres in place of the embedded one."""

    broker_url: BrokerUrl | None = None
    """A real broker in place of the embedded Valkey."""


T = TypeVar("T", bound=BaseSettings)


def read_settings(kind: type[T]) -> T:
    """Read the environment, or end the process with a line for each variable that is wrong."""
    try:
        return kind()
    except ValidationError as error:
        for flaw in error.errors():
            reason = "is not set" if flaw["type"] == "missing" else flaw["msg"].removeprefix("Value error, ")
            # What is wrong between two variables has no place of its own, and names them itself.
            variable = f"TASKOVERFLOW_{str(flaw['loc'][0]).upper()}: " if flaw["loc"] else ""
            sys.stderr.write(f"{variable}{reason}\n")
        raise SystemExit(2) from None
