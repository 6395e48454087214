"""A connection to one SQS queue, on AWS or on an emulator."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from app.aws import emulated_session
from app.cli.practice.failures import QueueError, WrongUsageError, plainly

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,  # far above what a receive waits for messages
    retries={"mode": "standard", "total_max_attempts": 3},
)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that was found."""

    client: "SQSClient"
    name: str
    url: str

    @property
    def fifo(self) -> bool:
        """Whether it keeps order; SQS demands that such a name, and no other, ends so."""
        return self.name.endswith(".fifo")


def connect(name: str, *, region: str, endpoint_url: str | None) -> Queue:
    """Find a queue by its name, or raise ``QueueError``."""
    with plainly():
        client = _client(region, endpoint_url)
        try:
            url = client.get_queue_url(QueueName=name).get("QueueUrl")
        except client.exceptions.QueueDoesNotExist:
            raise QueueError(f"Unable to find a Queue by this name {name}") from None
    if url is None:
        raise QueueError(f"{client.meta.endpoint_url} does not answer as SQS does")
    return Queue(client, name, url)


def _client(region: str, endpoint_url: str | None) -> "SQSClient":
    if endpoint_url is not None:
        _check(endpoint_url)
    session = boto3.Session(botocore_session=None if endpoint_url is None else emulated_session())
    try:
        client: SQSClient = session.client(
            "sqs", region_name=region, endpoint_url=endpoint_url, config=_CONFIG
        )
    except ValueError as error:
        raise WrongUsageError(str(error)) from None
    return client


def _check(endpoint_url: str) -> None:
    try:
        parts = urlsplit(endpoint_url)
        complete = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise WrongUsageError(
            f"--endpoint-url: expected an address such as http://localhost:4566, got {endpoint_url}"
        )
