"""Which broker, and where: what one URL says."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import SplitResult, parse_qs, urlsplit

DEFAULT_QUEUE = "ical"
FIFO_SUFFIX = ".fifo"

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+")
_EMULATED_REGION = "us-east-1"
_QUEUE = re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?")

_EXPECTED_REDIS = "expected redis://[user:password@]host[:port][/database], or rediss:// with TLS"
_EXPECTED_UNIX = "expected unix:///path/to/socket, with ?db=number for another database than 0"
_EXPECTED_SQS = "expected sqs://, sqs://region or sqs://region/queue, such as sqs://eu-west-1/ical"
_EXPECTED_EMULATOR = "expected sqs+http://host[:port][/queue][?region=name]"
_EXPECTED_RABBITMQ = "expected amqp://[user:password@]host[:port][/vhost], or amqps:// with TLS"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Redis or what speaks its protocol: Valkey, ElastiCache, MemoryDB."""

    url: str = field(repr=False)
    """As it was given; it may hold a password."""


@dataclass(frozen=True, slots=True)
class SqsAddress:
    """A queue of Amazon SQS, or of an emulator."""

    url: str = field(repr=False)
    region: str | None
    """None leaves it to AWS's own settings."""
    queue: str
    endpoint: str | None = None
    """Where an emulator listens; None means AWS itself."""

    @property
    def is_fifo(self) -> bool:
        """Whether it is a FIFO queue, which AWS tells by the name alone."""
        return self.queue.endswith(FIFO_SUFFIX)

    def sibling(self, queue: str) -> Self:
        """Another queue at the same place."""
        return replace(self, queue=queue)

    @property
    def dead_letter_queue(self) -> str:
        """What the queue for its dead letters is called where this project names it."""
        stem = self.queue.removesuffix(FIFO_SUFFIX)
        return f"{stem}_dlq{FIFO_SUFFIX if self.is_fifo else ''}"


@dataclass(frozen=True, slots=True)
class RabbitmqAddress:
    """RabbitMQ, Amazon MQ."""

    url: str = field(repr=False)
    """As it was given; it may hold a password."""


BrokerAddress = RedisAddress | SqsAddress | RabbitmqAddress


def parse_broker_url(url: str) -> BrokerAddress:
    """Read a URL, or raise ``ValueError`` that says what was expected and never repeats a password."""
    scheme, separator, _ = url.strip().partition("://")
    parse = _PARSERS.get(scheme.lower()) if separator else None
    if parse is None:
        raise ValueError(f"expected a URL that begins with {', '.join(f'{s}://' for s in _PARSERS)}")
    return parse(url.strip())


def _redis(url: str) -> RedisAddress:
    parts = _split(url, _EXPECTED_REDIS)
    database = parts.path.strip("/")
    if not parts.hostname or not (database == "" or database.isdecimal()):
        raise ValueError(_EXPECTED_REDIS)
    return RedisAddress(url)


def _unix(url: str) -> RedisAddress:
    parts = _split(url, _EXPECTED_UNIX)
    if parts.path in {"", "/"} or parts.hostname:
        raise ValueError(_EXPECTED_UNIX)
    return RedisAddress(url)


def _sqs(url: str) -> SqsAddress:
    parts = _split(url, _EXPECTED_SQS)
    _refuse_credentials(parts)
    if parts.port or parts.query:
        raise ValueError(_EXPECTED_SQS)
    region = parts.hostname
    if region is not None and not _REGION.fullmatch(region):
        raise ValueError(f"{region!r} is not the name of an AWS region: {_EXPECTED_SQS}")
    return SqsAddress(url, region, _queue(parts))


def _emulator(url: str) -> SqsAddress:
    parts = _split(url, _EXPECTED_EMULATOR)
    _refuse_credentials(parts)
    if not parts.hostname:
        raise ValueError(_EXPECTED_EMULATOR)
    region = parse_qs(parts.query).get("region", [_EMULATED_REGION])[-1]
    if not _REGION.fullmatch(region):
        raise ValueError(f"{region!r} is not the name of an AWS region: {_EXPECTED_EMULATOR}")
    endpoint = f"{parts.scheme.removeprefix('sqs+')}://{parts.netloc}"
    return SqsAddress(url, region, _queue(parts), endpoint)


def _rabbitmq(url: str) -> RabbitmqAddress:
    parts = _split(url, _EXPECTED_RABBITMQ)
    if not parts.hostname:
        raise ValueError(_EXPECTED_RABBITMQ)
    if parts.username is not None and not (parts.username and parts.password):
        # A URL without either means the server's own user for its own machine.
        raise ValueError("RabbitMQ wants a user with a password, and there is one of them alone")
    return RabbitmqAddress(url)


def _split(url: str, expected: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is read, and may be found wrong, only when asked for
    except ValueError:
        raise ValueError(expected) from None
    return parts


def _refuse_credentials(parts: SplitResult) -> None:
    if parts.username or parts.password:
        raise ValueError(
            "AWS credentials do not belong in the URL: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or give the process a role"
        )


def _queue(parts: SplitResult) -> str:
    queue = parts.path.strip("/") or DEFAULT_QUEUE
    if not _QUEUE.fullmatch(queue):
        raise ValueError(
            f"{queue!r} is not the name of an SQS queue: up to 80 letters, digits, - and _, "
            "and .fifo at the end of a FIFO queue's"
        )
    return queue


_PARSERS: dict[str, Callable[[str], BrokerAddress]] = {
    "redis": _redis,
    "rediss": _redis,
    "unix": _unix,
    "sqs": _sqs,
    "sqs+http": _emulator,
    "sqs+https": _emulator,
    "amqp": _rabbitmq,
    "amqps": _rabbitmq,
}
