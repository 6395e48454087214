"""SQS queues as tests make them and look into them, by AWS's own client."""

from typing import TYPE_CHECKING

import boto3

from tests.support.ministack import CREDENTIALS, REGION

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def open_client(url: str) -> "SQSClient":
    client: SQSClient = boto3.client(
        "sqs",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    return client


def make_queue(client: "SQSClient", name: str, **attributes: str) -> str:
    """A queue of the kind that its name says; returns its URL."""
    if name.endswith(".fifo"):
        attributes["FifoQueue"] = "true"
    return client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]  # type: ignore[arg-type]


def attributes_of(client: "SQSClient", url: str) -> dict[str, str]:
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {str(name): value for name, value in attributes.items()}
