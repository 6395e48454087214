"""The connection to AWS: whose credentials, which region, how long to wait, how often to try."""

import os
from datetime import timedelta
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

HOW_TO_SIGN_IN = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the process a role"
HOW_TO_NAME_A_REGION = "no AWS region: set AWS_REGION"

_CONNECT_SECONDS = 2
_CONNECTIONS = 100
"""More than threads ever ask at once; unused ones are not made."""


def client_options(region: str, endpoint: str | None, *, patience: timedelta, tries: int) -> dict[str, Any]:
    """What boto3 is told, for a client that waits for each answer for ``patience`` and asks so often in all.

    Between tries it waits longer each time, and throttling is tried again as well. ``endpoint`` is where an
    emulator listens; None means AWS itself.
    """
    seconds = patience.total_seconds()
    config = Config(
        connect_timeout=min(seconds, _CONNECT_SECONDS),
        read_timeout=seconds,
        retries={"mode": "standard", "total_max_attempts": tries},
        tcp_keepalive=True,
        max_pool_connections=_CONNECTIONS,
    )
    options = {"region_name": region, "endpoint_url": endpoint, "config": config}
    return options if endpoint is None else {**options, **_for_an_emulator()}


def named_region() -> str | None:
    """The region of AWS's own settings."""
    # ECS and Lambda tell it in AWS_REGION, which boto3 does not read.
    return os.environ.get("AWS_REGION") or boto3.Session().region_name


def emulated_session() -> botocore.session.Session:
    """Credentials as everywhere with AWS; an emulator takes any, so it gets some where there are none."""
    session = session_but_for_ec2()
    if session.get_credentials() is None:
        session.set_credentials("test", "test")
    return session


def session_but_for_ec2() -> botocore.session.Session:
    """Credentials as everywhere with AWS, but that EC2 is not asked for any."""
    session = botocore.session.Session()
    # Only on EC2 does anybody answer there; elsewhere the question costs seconds.
    session.get_component("credential_provider").remove("iam-role")
    return session


def _for_an_emulator() -> dict[str, Any]:
    # Those that are found are left to boto3 to find, which fetches a role's anew before they expire.
    if session_but_for_ec2().get_credentials() is not None:
        return {}
    return {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
