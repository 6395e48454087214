"""The connection to SQS: whose credentials, and what is wrong with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3

from app import aws
from app.domain.brokers import SqsAddress
from app.queue.broker import BrokerMisconfigured, BrokerUnreachable
from app.queue.sqs.errors import aws_errors


def client_options(address: SqsAddress, *, patience: timedelta, tries: int) -> dict[str, Any]:
    """What boto3 is told, for a client that waits for each answer for ``patience`` and asks so often in all.

    Raises ``BrokerMisconfigured`` where AWS's own settings are not complete.
    """
    with aws_errors(address):
        return aws.client_options(_region(address), address.endpoint, patience=patience, tries=tries)


@contextmanager
def signing_in(address: SqsAddress) -> Iterator[None]:
    """Raise ``BrokerMisconfigured`` where the block finds no credentials; later they are fetched anew."""
    try:
        with aws_errors(address):
            yield
    except BrokerUnreachable as error:
        raise BrokerMisconfigured(f"the AWS credentials can't be fetched: {error}") from error


def source_of_credentials(address: SqsAddress) -> str:
    """Where they come from, in AWS's own words, such as ``env`` or ``container-role``."""
    with aws_errors(address):
        found = (
            boto3.Session().get_credentials()
            if address.endpoint is None
            else aws.session_but_for_ec2().get_credentials()
        )
    return "none" if found is None else str(found.method)


def _region(address: SqsAddress) -> str:
    region = address.region or aws.named_region()
    if not region:
        raise BrokerMisconfigured(f"{aws.HOW_TO_NAME_A_REGION}, or name it: sqs://eu-west-1")
    return region
