"""What the environment may set."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.domain.feeds import FeedPacing
from app.setting_files import (
    PREFIX,
    EnvironmentAndFiles,
    SettingFilesError,
    given_variable,
    is_from_file,
    variable,
)
from app.setting_types import (
    BrokerUrl,
    DatabaseUrl,
    FeedInterval,
    JobTtl,
    Networks,
    Port,
    ResultUrl,
    Seconds,
    SqsVisibility,
    TimezoneName,
)

SERVER_SETTINGS = ("database_url", "database_password", "broker_url", "broker_password")
"""What says together where Postgres and the broker are; a password counts only with its URL."""


class _FromEnvironment(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del env_settings, dotenv_settings, file_secret_settings
        return init_settings, EnvironmentAndFiles(settings_cls)


class DatabaseSettings(_FromEnvironment):
    """What is needed to reach Postgres, and all that a migration reads."""

    database_password: SecretStr | None = None
    """The password for a URL that has none, of any characters as they are."""

    database_url: DatabaseUrl = Field(repr=False)
    """``postgresql://user:password@host:port/name``, with libpq's parameters such as ``sslmode``."""


class Settings(DatabaseSettings):
    """What one process of the service reads; built once and passed by hand."""

    broker_password: SecretStr | None = None
    """The password for a URL that has none, of any characters as they are."""

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

    api_processes: Annotated[int, Field(ge=1, le=64)] = 1
    """How many processes ``taskoverflow api`` serves in; one keeps one processor busy."""

    public_url: HttpUrl | None = None
    """What URLs in answers start with; by default the request's own scheme and Host."""

    trusted_proxies: Networks = ()
    """Networks, comma-separated, whose ``X-Forwarded-Proto``, ``-Host`` and ``-For`` are believed."""

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

    task_protection: bool = True
    """Whether a worker in a service of ECS asks not to be stopped while jobs run."""

    request_timeout: Seconds = timedelta(seconds=10)
    """After how long a request whose answer has not begun is told that the service is unavailable."""

    receive_timeout: Seconds = timedelta(seconds=10)
    """How long a client may take to send a request's headers, and again its body."""

    keep_alive: Seconds = timedelta(seconds=5)
    """How long a connection stays open for a client's next request; longer than a proxy's own such time."""

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
    """How many calendars one process of an API sends at once."""

    max_watchers: Annotated[int, Field(ge=1)] = 10_000
    """How many clients may wait at once for tasks to change, in one process of an API."""

    max_result_bytes: Annotated[int, Field(ge=1024)] = 1024**3
    """How large a calendar may be; a job whose calendar is larger fails."""

    result_url: ResultUrl | None = None
    """``s3://bucket/prefix``, where calendars are stored; by default they are stored in Postgres."""

    result_downloads: Literal["stream", "redirect"] = "stream"
    """``redirect`` has clients that take gzip download calendars in S3 from there."""

    render_timeout: Seconds = timedelta(minutes=15)
    """How long one attempt may take; a job that takes longer fails."""

    metrics_host: str = "127.0.0.1"
    """The address that a worker serves its metrics on."""

    metrics_port: Port | None = None
    """The port that a worker serves its metrics on; none by default. The API's are at ``/metrics``."""

    log_format: Literal["auto", "console", "json"] = "auto"
    """``json`` writes one object a line, for log collectors; ``auto`` does so but on a terminal."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged; ``debug`` tells of probes and scrapes as well."""

    @property
    def feed_pacing(self) -> FeedPacing:
        """How often feeds are made anew."""
        return FeedPacing(self.feed_interval, self.feed_idle_after)

    @model_validator(mode="after")
    def _jobs_outlive_their_results(self) -> Self:
        if self.job_ttl < self.result_ttl:
            raise ValueError("TASKOVERFLOW_JOB_TTL: expected no less than TASKOVERFLOW_RESULT_TTL")
        return self


class LocalSettings(_FromEnvironment):
    """What ``taskoverflow up`` reads: where to keep data, and which parts not to bring up itself."""

    data_dir: Path = Path(".data")
    """Where the embedded servers keep their data."""

    host: str = "127.0.0.1"
    port: Port = 6400

    workers: Annotated[int, Field(ge=1, le=64)] = 2
    """How many worker processes to run."""

    metrics_host: str = "127.0.0.1"

    metrics_port: Port | None = None
    """Where the first worker serves its metrics, the others beside it; by default next to the API's port."""

    database_password: SecretStr | None = None

    database_url: DatabaseUrl | None = Field(default=None, repr=False)
    """A real Postgres in place of the embedded one."""

    broker_password: SecretStr | None = None

    broker_url: BrokerUrl | None = None
    """A real broker in place of the embedded Valkey."""

    @model_validator(mode="after")
    def _passwords_belong_to_urls(self) -> Self:
        for password, url in (("database_password", "database_url"), ("broker_password", "broker_url")):
            if getattr(self, password) is not None and getattr(self, url) is None:
                raise ValueError(f"{given_variable(password)}: {variable(url)}, whose it is, is not set")
        return self


T = TypeVar("T", bound=BaseSettings)


def read_settings(kind: type[T]) -> T:
    """Read the environment, or end the process with a line for each variable that is wrong."""
    try:
        return kind()
    except SettingFilesError as error:
        lines = error.lines
    except ValidationError as error:
        lines = [_line(flaw) for flaw in error.errors(include_input=False)]
    for line in lines:
        sys.stderr.write(f"{line}\n")
    raise SystemExit(2)


def _line(flaw: ErrorDetails) -> str:
    if not flaw["loc"]:
        # What is wrong between two variables has no place of its own, and names them itself.
        return _reason(flaw)
    field = str(flaw["loc"][0])
    reason = _reason(flaw)
    # What we quote of a value helps to find a slip of the pen, and must not show what a file holds.
    if is_from_file(field) and flaw["type"] == "value_error" and ("'" in reason or '"' in reason):
        reason = "the file holds no value of the kind that is expected here"
    return f"{given_variable(field)}: {reason}"


def _reason(flaw: ErrorDetails) -> str:
    return "is not set" if flaw["type"] == "missing" else flaw["msg"].removeprefix("Value error, ")
