"""What goes wrong with a queue, each in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_NOT_ACCEPTED = {
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


class QueueError(Exception):
    """The queue can't be used; the text is the line that says why."""

    exit_code: ClassVar[int] = 1


class WrongUsageError(QueueError):
    """The options can't be meant as they are."""

    exit_code = 2


@contextmanager
def plainly() -> Iterator[None]:
    """Raise ``QueueError`` for whatever the AWS client raises."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise QueueError(" ".join(_explain(error).split())) from None


def _explain(error: Exception) -> str:
    match error:
        case ClientError():
            return _explain_answer(error)
        case NoCredentialsError():
            return (
                "No AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                "choose a profile with AWS_PROFILE, or run under a role"
            )
        case EndpointConnectionError() | ConnectTimeoutError():
            return f"Can't reach {error.kwargs['endpoint_url']}"
    return str(error)


def _explain_answer(error: ClientError) -> str:
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", ""), answer.get("Message", "")
    # Permissions know no batches: DeleteMessageBatch needs sqs:DeleteMessage.
    action = f"sqs:{error.operation_name.removesuffix('Batch')}"
    if "AccessDenied" in code:
        return f"Access denied: {action} is not allowed: {message}"
    if code in _EXPIRED:
        return f"The AWS credentials have expired, sign in again: {message}"
    if code in _NOT_ACCEPTED:
        return f"The AWS credentials are not accepted: {message}"
    if "ContentBasedDeduplication" in message:
        return "the queue has no content-based deduplication, turn its ContentBasedDeduplication on"
    return f"{action} failed: {code}: {message}"
