"""The connection to AWS: whose credentials, how long to wait, how often to try."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from app.domain.brokers import SqsAddress
from app.queue.broker import BrokerMisconfigured, BrokerUnreachable
from app.queue.sqs.errors import aws_errors

_CONNECT_SECONDS = 2
_CONNECTIONS = 100
"""More than threads ever ask at once; unused ones are not made."""


def client_options(address: SqsAddress, *, patience: timedelta, tries: int) -> dict[str, Any]:
    """What boto3 is told, for a client that waits for each answer for ``patience`` and asks so often in all.

    Between tries it waits longer each time, and throttling is tried again as well. Raises
    ``BrokerMisconfigured`` where AWS's own settings are not complete.
    """
    seconds = patience.total_seconds()
    config = Config(
        connect_timeout=min(seconds, _CONNECT_SECONDS),
        read_timeout=seconds,
        retries={"mode": "standard", "total_max_attempts": tries},
        tcp_keepalive=True,
        max_pool_connections=_CONNECTIONS,
    )
    with aws_errors(address):
        options = {"region_name": _region(address), "endpoint_url": address.endpoint, "config": config}
        return options if address.endpoint is None else {**options, **_for_an_emulator()}


@contextmanager
def signing_in(address: SqsAddress) -> Iterator[None]:
    """Raise ``BrokerMisconfigured`` where the block finds no credentials; later they are fetched anew."""
    try:
        with aws_errors(address):
            yield
    except BrokerUnreachable as error:
        raise BrokerMisconfigured(f"the AWS credentials can't be fetched: {error}") from error


def emulated_session() -> botocore.session.Session:
    """Credentials as everywhere with AWS; an emulator takes any, so it gets some where there are none."""
    session = _session_but_for_ec2()
    if session.get_credentials() is None:
        session.set_credentials("test", "test")
    return session


def _session_but_for_ec2() -> botocore.session.Session:
    session = botocore.session.Session()
    # Only on EC2 does anybody answer there; elsewhere the question costs seconds.
    session.get_component("credential_provider").remove("iam-role")
    return session


def _for_an_emulator() -> dict[str, Any]:
    # Those that are found are left to boto3 to find, which fetches a role's anew before they expire.
    if _session_but_for_ec2().get_credentials() is not None:
        return {}
    return {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def source_of_credentials(address: SqsAddress) -> str:
    """Where they come from, in AWS's own words, such as ``env`` or ``container-role``."""
    with aws_errors(address):
        found = (
            boto3.Session().get_credentials()
            if address.endpoint is None
            else _session_but_for_ec2().get_credentials()
        )
    return "none" if found is None else str(found.method)


def _region(address: SqsAddress) -> str:
    # ECS and Lambda tell it in AWS_REGION, which boto3 does not read.
    region = address.region or os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not region:
        raise BrokerMisconfigured("no AWS region: set AWS_REGION, or name it: sqs://eu-west-1")
    return region
