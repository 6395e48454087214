"""What follows once a job is accepted: it is counted, and its message sent."""

from datetime import timedelta

import structlog

from app.metrics.api import ApiMetrics
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher, SendFailed

log = structlog.get_logger(__name__)


def announce(
    message: RenderCalendar,
    publisher: Publisher,
    metrics: ApiMetrics,
    *,
    resend_after: timedelta,
    is_needed: bool = True,
) -> None:
    """Count an accepted job, and have its message sent; one that can't be sent is left to the sweeper.

    So is one that is not needed, should the job still wait by then. Nobody waits for the broker: the job is
    safe without it. From here on the request's log lines name the job.
    """
    metrics.jobs_accepted.inc()
    structlog.contextvars.bind_contextvars(job_id=str(message.job_id))
    if is_needed:
        publisher.send_soon(message, lambda error: _tell(error, resend_after))


def _tell(error: SendFailed, resend_after: timedelta) -> None:
    log.warning("send_failed", reason=str(error), again_in=str(resend_after))
