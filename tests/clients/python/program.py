"""What a user of the generated Python client may write."""

import os
from uuid import UUID

import httpx
from task_overflow_client import Client
from task_overflow_client.api.calendars import (
    cancel_calendar,
    create_calendar,
    get_calendar_result,
    get_calendar_status,
    list_calendars,
)
from task_overflow_client.api.todos import create_todo, delete_todo, update_todo
from task_overflow_client.models import (
    CalendarRequest,
    Component,
    Problem,
    Task,
    TaskAccepted,
    TaskState,
    Todo,
    TodoCreate,
    TodoUpdate,
)
from task_overflow_client.types import Unset

OPEN = {TaskState.PENDING, TaskState.STARTED, TaskState.RETRY}

with Client(base_url=os.environ["API_URL"], timeout=httpx.Timeout(30)) as client:
    todo = create_todo.sync(
        client=client, body=TodoCreate(title="Buy milk", completed=True, deadline_at="2026-12-24T16:00:00")
    )
    assert isinstance(todo, Todo)
    todo = update_todo.sync(todo.id, client=client, body=TodoUpdate(title="Buy oat milk"))
    assert isinstance(todo, Todo)
    print(f"todo: {todo.title}, due {todo.deadline_at}, {'done' if todo.completed else 'open'}")

    accepted = create_calendar.sync(
        client=client, body=CalendarRequest(component=Component.BOTH, timezone="Europe/Oslo", alarm=30)
    )
    assert isinstance(accepted, TaskAccepted | Task)
    task = get_calendar_status.sync(accepted.task_id, client=client, wait=20)
    while isinstance(task, Task) and task.task_status in OPEN:
        task = get_calendar_status.sync(accepted.task_id, client=client, wait=20)
    assert isinstance(task, Task)
    print(f"task: {task.task_status}, {task.options.component}, {task.options.timezone}")

    file = get_calendar_result.sync(accepted.task_id, client=client)
    assert isinstance(file, str)
    print(
        "file:",
        *(line for line in file.splitlines() if line.startswith(("BEGIN:VEVENT", "BEGIN:VTODO", "SUMMARY"))),
    )

    tasks = list_calendars.sync(client=client, state=[TaskState.SUCCESS])
    assert isinstance(tasks, list)
    print(f"list: {str(tasks[0].task_id == accepted.task_id).lower()}")

    refused = create_todo.sync(client=client, body=TodoCreate(title=" "))
    assert isinstance(refused, Problem)
    flaws = [] if isinstance(refused.errors, Unset) else refused.errors
    print(f"problem: {refused.status} {refused.title}, {','.join(flaw.pointer for flaw in flaws)}")

    ended = cancel_calendar.sync(accepted.task_id, client=client)
    assert isinstance(ended, Problem)
    print(f"problem: {ended.status} {ended.title}")

    unknown = get_calendar_status.sync(UUID(int=0), client=client)
    assert isinstance(unknown, Problem)
    print(f"problem: {unknown.status} {unknown.title}")

    deleted = delete_todo.sync(todo.id, client=client)
    assert isinstance(deleted, Todo)
    print(f"deleted: {deleted.title}")
