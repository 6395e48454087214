"""The Celery application and its task."""

from celery import Celery

from benchmarks.peers.rendering import Item, render
from benchmarks.peers.where import BROKER_URL, RESULTS_URL

celery = Celery("todos", broker=BROKER_URL, backend=RESULTS_URL)
celery.conf.broker_connection_retry_on_startup = True


@celery.task
def make_calendar(todos: list[Item]) -> str:
    """Render the todos of the message; the text is the result."""
    return render(todos)
