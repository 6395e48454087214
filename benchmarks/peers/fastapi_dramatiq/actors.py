"""The broker and its actor."""

from uuid import UUID

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from sqlalchemy import select

from benchmarks.peers.fastapi_dramatiq.models import Job, Session, Todo
from benchmarks.peers.rendering import render
from benchmarks.peers.where import BROKER_URL

dramatiq.set_broker(RedisBroker(url=BROKER_URL))


@dramatiq.actor
def make_calendar(job_id: str) -> None:
    """Read the todos, render them, and keep the text with the job."""
    with Session() as session:
        job = session.get_one(Job, UUID(job_id))
        job.state = "STARTED"
        session.commit()
        todos = session.scalars(select(Todo).order_by(Todo.id))
        job.file = render(_item(todo) for todo in todos)
        job.state = "SUCCESS"
        session.commit()


def _item(todo: Todo) -> dict[str, str | None]:
    return {
        "uid": todo.uid,
        "title": todo.title,
        "description": todo.description,
        "deadline_at": None if todo.deadline_at is None else todo.deadline_at.isoformat(),
        "created_at": todo.created_at.isoformat(),
        "updated_at": todo.updated_at.isoformat(),
    }
