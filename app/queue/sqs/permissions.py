"""Which of a worker's permissions are missing, as far as that can be seen without touching a message.

Sending and receiving can't be tried in vain: who may not do these hears of it when it does.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from app.domain.brokers import SqsAddress
from app.queue.broker import BrokerMisconfigured, BrokerUnreachable
from app.queue.sqs.errors import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

TRIED = ("sqs:DeleteMessage", "sqs:ChangeMessageVisibility")

_NO_HANDLE = "taskoverflow-asks-what-it-may"


def denials(client: "SQSClient", address: SqsAddress, url: str) -> Iterator[BrokerMisconfigured]:
    """Ask for what a worker does, with a receipt handle that was never given: only a refusal matters."""
    calls: tuple[Callable[[], object], ...] = (
        lambda: client.delete_message(QueueUrl=url, ReceiptHandle=_NO_HANDLE),
        lambda: client.change_message_visibility(QueueUrl=url, ReceiptHandle=_NO_HANDLE, VisibilityTimeout=0),
    )
    for call in calls:
        try:
            with aws_errors(address):
                call()
        except BrokerMisconfigured as error:
            yield error
        except BrokerUnreachable as error:
            # An answer that blames the handle shows that the call was allowed.
            if not isinstance(error.__cause__, ClientError):
                raise
