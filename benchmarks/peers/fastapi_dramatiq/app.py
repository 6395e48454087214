"""The HTTP API."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session as Connected

from benchmarks.peers.fastapi_dramatiq.actors import make_calendar
from benchmarks.peers.fastapi_dramatiq.models import Job, Session, Todo

app = FastAPI()


def _session() -> Iterator[Connected]:
    with Session() as session:
        yield session


Database = Annotated[Connected, Depends(_session)]


class TodoChange(BaseModel):
    """What is to be another."""

    title: str


class Accepted(BaseModel):
    """A job to watch."""

    task_id: UUID
    task_url: str


class Status(BaseModel):
    """How far it is."""

    task_id: UUID
    task_status: str
    result_url: str


@app.get("/healthz")
def health() -> dict[str, str]:
    """Whether it serves."""
    return {"status": "ok"}


@app.put("/api/v1/todos/{todo_id}")
def change(todo_id: int, changes: TodoChange, session: Database) -> dict[str, int | str]:
    """Set another title."""
    todo = session.get(Todo, todo_id)
    if todo is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    todo.title = changes.title
    session.commit()
    return {"id": todo.id, "title": todo.title}


@app.post("/api/v1/todos/ical", status_code=HTTPStatus.ACCEPTED)
def create_calendar(request: Request, session: Database) -> Accepted:
    """Ask for a calendar."""
    job = Job()
    session.add(job)
    session.commit()
    make_calendar.send(str(job.id))
    return Accepted(task_id=job.id, task_url=str(request.url_for("status", task_id=job.id)))


@app.get("/api/v1/todos/ical/{task_id}/status")
def status(task_id: UUID, request: Request, session: Database) -> Status:
    """How far it is."""
    job = session.get(Job, task_id)
    if job is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    result_url = str(request.url_for("result", task_id=task_id))
    return Status(task_id=task_id, task_status=job.state, result_url=result_url)


@app.get("/api/v1/todos/ical/{task_id}/result")
def result(task_id: UUID, session: Database) -> Response:
    """The file."""
    job = session.get(Job, task_id)
    if job is None or job.file is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return Response(job.file, media_type="text/calendar")
