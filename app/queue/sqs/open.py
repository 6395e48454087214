"""The connection to AWS: whose credentials, how long to wait, how often to try."""

import os
from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config
from dramatiq import Middleware

from app.domain.brokers import SqsAddress
from app.queue.broker import BrokerMisconfigured
from app.queue.sqs.broker import SqsBroker
from app.queue.sqs.errors import aws_errors

_CONNECT_SECONDS = 2
_READ_SECONDS = 20
"""At most: well above the longest poll, and far below what a stalled connection may cost."""

_TRIES = 3
"""In all, with growing waits between; throttling is tried again as well."""

_CONNECTIONS = 50
"""More than threads ever ask at once; unused ones are not made."""


def open_sqs(
    address: SqsAddress,
    *,
    patience: timedelta,
    middleware: list[Middleware],
    visibility: timedelta,
    create_queues: bool,
) -> SqsBroker:
    """Make a broker that gives up on a call after about ``patience``; nothing is connected yet."""
    seconds = patience.total_seconds()
    config = Config(
        connect_timeout=min(seconds, _CONNECT_SECONDS),
        read_timeout=min(seconds, _READ_SECONDS),
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        tcp_keepalive=True,
        max_pool_connections=_CONNECTIONS,
    )
    with aws_errors(address):
        return SqsBroker(
            address=address,
            middleware=middleware,
            visibility=visibility,
            create_queues=create_queues,
            region_name=_region(address),
            endpoint_url=address.endpoint,
            config=config,
            **_emulated_credentials(address),
        )


def _region(address: SqsAddress) -> str:
    # ECS and Lambda tell it in AWS_REGION, which boto3 does not read.
    region = address.region or os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise BrokerMisconfigured("no AWS region: set AWS_REGION, or name it: sqs://eu-west-1")
    return region


def _emulated_credentials(address: SqsAddress) -> dict[str, Any]:
    """An emulator asks for none in particular, and so a newcomer should not have to have any."""
    if address.endpoint is None or "AWS_ACCESS_KEY_ID" in os.environ:
        return {}
    return {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
