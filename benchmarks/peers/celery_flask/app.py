"""The HTTP API."""

from http import HTTPStatus
from typing import Any

from celery.result import AsyncResult
from flask import Flask, Response, abort, request, url_for
from sqlalchemy import select

from benchmarks.peers.celery_flask.models import Todo, db
from benchmarks.peers.celery_flask.tasks import celery, make_calendar
from benchmarks.peers.where import DATABASE_URL

_PREFIX = "/api/v1/todos"


def create_app() -> Flask:
    """What gunicorn loads."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = DATABASE_URL
    db.init_app(app)

    @app.get("/healthz")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.put(f"{_PREFIX}/<int:todo_id>")
    def change(todo_id: int) -> dict[str, Any]:
        todo = db.get_or_404(Todo, todo_id)
        todo.title = request.get_json()["title"]
        db.session.commit()
        changed: dict[str, Any] = todo.to_dict()
        return changed

    @app.post(f"{_PREFIX}/ical")
    def create_calendar() -> tuple[dict[str, str], int]:
        todos = db.session.scalars(select(Todo).order_by(Todo.id))
        task = make_calendar.delay([todo.to_dict() for todo in todos])
        task_url = url_for("status", task_id=task.id, _external=True)
        return {"task_id": task.id, "task_url": task_url}, HTTPStatus.ACCEPTED

    @app.get(f"{_PREFIX}/ical/<task_id>/status")
    def status(task_id: str) -> dict[str, str]:
        state = AsyncResult(task_id, app=celery).status
        result_url = url_for("result", task_id=task_id, _external=True)
        return {"task_id": task_id, "task_status": state, "result_url": result_url}

    @app.get(f"{_PREFIX}/ical/<task_id>/result")
    def result(task_id: str) -> Response:
        task = AsyncResult(task_id, app=celery)
        if not task.successful():
            abort(HTTPStatus.NOT_FOUND)
        return Response(task.result, mimetype="text/calendar")

    return app


def create_tables() -> None:
    """Make what the application stores its todos in."""
    with create_app().app_context():
        db.create_all()


if __name__ == "__main__":
    create_tables()
