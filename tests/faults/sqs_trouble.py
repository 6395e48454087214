"""What SQS answers now and then."""

from tests.support.aws_rules import Refusal

TROUBLE = (
    Refusal("InternalError", "We encountered an internal error.", 500),
    Refusal("ThrottlingException", "Rate exceeded.", 400),
    Refusal("OverLimit", "Too many messages are in flight.", 403),
)
EXTEND = "ChangeMessageVisibilityBatch"
