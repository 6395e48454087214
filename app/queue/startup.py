"""What a process does about its broker before it starts."""

import sys
from contextlib import closing
from datetime import timedelta

import structlog

from app.queue.broker import BrokerMisconfigured, BrokerUnreachable
from app.queue.open import open_broker
from app.settings import Settings

log = structlog.get_logger(__name__)


def require_broker(settings: Settings, *, patience: timedelta, consumes: bool = False) -> None:
    """End the process with a line for what is missing; a server that is only down is waited for later.

    It may come back any moment, and until then jobs are accepted all the same. What is missing comes with
    nobody's doing.
    """
    try:
        with closing(open_broker(settings, patience=patience)) as broker:
            broker.check(consumes=consumes)
    except BrokerMisconfigured as error:
        sys.stderr.write(f"TASKOVERFLOW_BROKER_URL: {error}\n")
        raise SystemExit(2) from None
    except BrokerUnreachable as error:
        log.warning("broker_down", reason=str(error))
