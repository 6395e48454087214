"""From AWS's errors to ours, which name what is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

from app.aws import HOW_TO_SIGN_IN
from app.domain.brokers import SqsAddress
from app.queue.broker import BrokerMisconfigured, BrokerTrouble, BrokerUnreachable

_MISSING = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
_DENIED = {"AccessDenied", "AccessDeniedException", "KMS.AccessDeniedException", "KmsAccessDenied"}
_NOT_ACCEPTED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "IncompleteSignature",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_GONE_REASONS = ("expired", "Total VisibilityTimeout", "not available for visibility timeout change")
_GONE = {"ReceiptHandleIsInvalid", "InvalidReceiptHandle", "MessageNotInflight"}


@contextmanager
def aws_errors(address: SqsAddress) -> Iterator[None]:
    """Turn what botocore raises in the block into ``BrokerUnreachable`` and ``BrokerMisconfigured``."""
    try:
        yield
    except ClientError as error:
        raise _of_an_answer(error, address) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise BrokerMisconfigured(f"no AWS credentials: {HOW_TO_SIGN_IN}") from error
    except ProfileNotFound as error:
        raise BrokerMisconfigured(f"AWS_PROFILE: {error}") from error
    except (BotoCoreError, ResponseParserError, OSError) as error:
        raise BrokerUnreachable(str(error) or type(error).__name__) from error


def is_gone(error: ClientError) -> bool:
    """Whether a receipt handle went stale: its message was deleted, or is visible to others again.

    A FIFO queue and a message that was hidden for 12 hours in all answer ``InvalidParameterValue``.
    """
    code, text = code_of(error), str(error)
    return code in _GONE or (
        code == "InvalidParameterValue" and any(reason in text for reason in _GONE_REASONS)
    )


def code_of(error: ClientError) -> str:
    """AWS's name of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _of_an_answer(error: ClientError, address: SqsAddress) -> BrokerTrouble:
    code, text = code_of(error), error.response.get("Error", {}).get("Message", str(error))
    # Permissions know no batches: DeleteMessageBatch needs sqs:DeleteMessage.
    action = f"sqs:{error.operation_name.removesuffix('Batch')}"
    if code in _MISSING:
        where = address.endpoint or address.region or "the AWS region of the environment"
        return BrokerMisconfigured(
            # AWS does not tell the two apart.
            f"there is no SQS queue {address.queue!r} in {where}, or no access to it: make it, for "
            "example with Terraform, name another in TASKOVERFLOW_BROKER_URL, or set "
            "TASKOVERFLOW_CREATE_QUEUES=true"
        )
    if code in _DENIED:
        return BrokerMisconfigured(f"no permission for {action} on the queue {address.queue!r}: {text}")
    if code in _NOT_ACCEPTED:
        # Since a wrong clock spoils signatures, AWS's own text says more than we could.
        return BrokerMisconfigured(f"AWS does not accept the credentials: {text}; {HOW_TO_SIGN_IN}")
    return BrokerUnreachable(f"{action}: {code}: {text}")
