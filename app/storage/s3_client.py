"""AWS's client for S3, and what its errors mean here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app import aws
from app.domain.objects import S3Place
from app.storage.chunks import FileRemoved
from app.storage.s3 import NoBucket, S3Trouble

_EMULATED_REGION = "us-east-1"
_TRIES = 3
_GONE = "NoSuchKey"
_NO_BUCKET = "NoSuchBucket"


def s3_client(endpoint: str | None, patience: timedelta) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
    """Make a client, which may be used from several threads; ``endpoint`` is where an emulator listens."""
    region = aws.named_region() if endpoint is None else _EMULATED_REGION
    if not region:
        raise S3Trouble(aws.HOW_TO_NAME_A_REGION)
    options = aws.client_options(region, endpoint, patience=patience, tries=_TRIES)
    # URLs that are lent out would have signatures of a kind that new regions refuse; and an emulator's host
    # has no name for each bucket.
    style = "auto" if endpoint is None else "path"
    own = Config(signature_version="s3v4", s3={"addressing_style": style})
    return boto3.client("s3", **{**options, "config": options["config"].merge(own)})


@contextmanager
def s3_errors(place: S3Place) -> Iterator[None]:
    """Turn what botocore raises in the block into ``FileRemoved`` and ``S3Trouble``."""
    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        if said.get("Code") == _GONE:
            raise FileRemoved from error
        trouble = NoBucket if said.get("Code") == _NO_BUCKET else S3Trouble
        raise trouble(f"s3:{error.operation_name} on {place}: {said.get('Message')}") from error
    except (BotoCoreError, ValueError) as error:  # the latter of an endpoint that no host can have
        raise S3Trouble(f"{place}: {error}") from error
