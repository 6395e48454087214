"""Calendar jobs: ask, watch, download."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.api.conditional import Document, file_response
from app.api.cursor import PLACE_CURSOR, after_job, cursor_parameter, job_cursor, next_page
from app.api.dependencies import Calendars, DownloadPlaces, LinksTo, Owner, TaskId
from app.api.event_stream import EVENT_STREAM, EventStream, LastEventId, has_all
from app.api.idempotency import REPLAYED, IdempotencyKey
from app.api.json_route import JsonRoute
from app.api.lean_route import LeanRoute
from app.api.models import CalendarRequest, TaskAccepted, TaskStatus
from app.api.openapi import (
    ACCEPTED_RESPONSES,
    CALENDAR_RESPONSES,
    EVENT_RESPONSES,
    LINK_HEADER,
    MOVED,
    PREFERENCE_APPLIED,
    problems,
)
from app.api.ratelimit import ratelimit_headers
from app.api.timelines import TaskDetails
from app.api.urls import PREFIX
from app.api.waiting import AskedWait, PreferredWait, while_there
from app.domain.jobs import OPEN, JobState
from app.services.calendars import expired

_PREFIX = f"{PREFIX}/todos/ical"

often = APIRouter(prefix=_PREFIX, tags=["calendars"], route_class=LeanRoute)
"""What clients ask for again and again."""

router = APIRouter(prefix=_PREFIX, tags=["calendars"], route_class=JsonRoute)

_POLL_SECONDS = "1"
_MAX_PAGE = 200

States = Annotated[
    Sequence[JobState],
    Query(description="Only tasks in this state, or in one of these if it is given more than once."),
]
Limit = Annotated[
    int, Query(ge=1, le=_MAX_PAGE, description="At most so many; a `Link` header leads to the next page.")
]
Cursor = Annotated[str | None, cursor_parameter(PLACE_CURSOR)]


@often.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    operation_id="createCalendar",
    summary="Make a calendar",
    response_model=TaskAccepted,
    responses={**ACCEPTED_RESPONSES, **problems(400, 408, 413, 415, 422, 429, 503)},
)
async def create_calendar(
    request: Request,
    calendars: Calendars,
    owner: Owner,
    links: LinksTo,
    key: IdempotencyKey,
    wait: PreferredWait,
    options: Annotated[CalendarRequest, Body()] = CalendarRequest(),  # noqa: B008 - frozen
) -> Response:
    """Ask for a calendar of the todos; the answer says where to watch it being made.

    A client that would rather wait sends `Prefer: wait=5`: if the file is there within that time the answer
    is 200, and has its `result_url`.
    """
    accepted = await calendars.submit(owner, options.to_domain(), key)
    task_url = links.status(accepted.job_id)
    headers = {"location": task_url}
    if accepted.replayed:
        headers[REPLAYED] = "true"
    if (quota := calendars.quota(owner)) is not None:
        headers |= ratelimit_headers(quota)
    if wait is not None:
        ended = calendars.end(owner, accepted.job_id, seconds=wait.seconds)
        if (job := await while_there(request, wait, ended)) is not None:
            headers |= wait.applied
        if job is not None and job.state is JobState.SUCCESS:
            return _json(TaskStatus.of(job, links), HTTPStatus.OK, headers)
    return _json(TaskAccepted(task_id=accepted.job_id, task_url=task_url), HTTPStatus.ACCEPTED, headers)


@router.get(
    "",
    operation_id="listCalendars",
    summary="List calendars",
    response_model_exclude_none=True,
    responses={200: {"description": "Tasks, newest first.", "headers": LINK_HEADER}, **problems(400, 503)},
)
async def list_calendars(
    request: Request,
    response: Response,
    calendars: Calendars,
    owner: Owner,
    links: LinksTo,
    state: States = (),
    limit: Limit = 50,
    cursor: Cursor = None,
) -> list[TaskStatus]:
    """The calendars that were asked for, made or not, for as long as they are remembered."""
    before = None if cursor is None else after_job(cursor)
    found, more = await calendars.page(owner, state, before=before, limit=limit)
    response.headers["cache-control"] = "no-store"
    if more:
        response.headers["link"] = next_page(request, links, job_cursor(found[-1].place))
    return [TaskStatus.of(job, links) for job in found]


@router.get(
    "/{task_id}",
    operation_id="getCalendar",
    summary="Look into a calendar",
    response_model_exclude_none=True,
    response_description="The task and its timeline.",
    responses=problems(404, 503),
)
async def get_calendar(
    task_id: TaskId, response: Response, calendars: Calendars, owner: Owner, links: LinksTo
) -> TaskDetails:
    """The task with all that happened to it: each attempt, how it ended, and why another followed."""
    job, events = await calendars.history(owner, task_id)
    response.headers["cache-control"] = "no-store"
    return TaskDetails.of_history(job, events, links)


@often.get(
    "/{task_id}/status",
    operation_id="getCalendarStatus",
    summary="Watch a calendar being made",
    response_description="How far it is.",
    response_model=TaskStatus,
    response_model_exclude_none=True,
    responses={200: {"headers": PREFERENCE_APPLIED}, **problems(400, 404, 503)},
)
async def get_status(
    task_id: TaskId, request: Request, calendars: Calendars, owner: Owner, links: LinksTo, wait: AskedWait
) -> Response:
    """How far the job is; the file is there once `task_status` is `SUCCESS`.

    With `wait=20`, or `Prefer: wait=20`, the answer comes as soon as `task_status` changes, and after twenty
    seconds if it does not.
    """
    headers = {"cache-control": "no-store"}
    if wait is None:
        job = await calendars.status(owner, task_id)
    else:
        changed = calendars.next_state(owner, task_id, seconds=wait.seconds)
        if (answer := await while_there(request, wait, changed)) is None:
            return Response(status_code=HTTPStatus.NO_CONTENT)  # which nobody is there to read
        job = answer
        headers |= wait.applied
    if job.state in OPEN:
        headers["retry-after"] = _POLL_SECONDS
    return _json(TaskStatus.of(job, links), HTTPStatus.OK, headers)


@router.get(
    "/{task_id}/events",
    operation_id="watchCalendar",
    summary="Hear of a calendar being made",
    response_class=Response,
    responses={**EVENT_RESPONSES, **problems(400, 404, 503)},
)
async def watch_calendar(
    task_id: TaskId,
    request: Request,
    calendars: Calendars,
    owner: Owner,
    links: LinksTo,
    last_id: LastEventId,
) -> Response:
    """What happens to the job, as it happens: server-sent events, for a browser's `EventSource`.

    `timeline` events are those of the timeline, each with an `id` to go on behind after a lost connection;
    `status` events say how far the job is, and follow each change. The last one is that of a final
    `task_status`; whoever comes back for more is answered 204, which ends an `EventSource`.
    """
    histories = calendars.histories(owner, task_id)
    first = await anext(histories)
    if has_all(first, last_id):
        await histories.aclose()
        return Response(status_code=HTTPStatus.NO_CONTENT)
    if request.scope.get("head"):
        await histories.aclose()
        return StreamingResponse(iter(()), headers={"cache-control": "no-store"}, media_type=EVENT_STREAM)
    return EventStream(first, histories, last_id, links)


@often.get(
    "/{task_id}/result",
    operation_id="getCalendarResult",
    summary="Download a calendar",
    response_class=Response,
    responses={**CALENDAR_RESPONSES, **MOVED, **problems(404, 409, 410, 503)},
)
async def get_result(
    task_id: TaskId, request: Request, calendars: Calendars, owner: Owner, downloads: DownloadPlaces
) -> Response:
    """The calendar as an iCalendar file (RFC 5545)."""
    job = await calendars.finished(owner, task_id)
    assert job.digest is not None  # noqa: S101 - it goes with SUCCESS
    assert job.finished_at is not None  # noqa: S101
    document = Document(
        calendars.stored(job),
        job.digest,
        job.finished_at,
        elsewhere=calendars.lent(job),
        removed=partial(expired, task_id),
    )
    return await file_response(request, document, downloads)


@router.delete(
    "/{task_id}",
    operation_id="cancelCalendar",
    summary="Cancel a calendar",
    response_model_exclude_none=True,
    response_description="The task, which is `REVOKED`.",
    responses=problems(404, 409, 503),
)
async def cancel_calendar(task_id: TaskId, calendars: Calendars, owner: Owner, links: LinksTo) -> TaskStatus:
    """End a task that has not ended: it never makes a file. Harmless to repeat."""
    return TaskStatus.of(await calendars.cancel(owner, task_id), links)


def _json(body: TaskAccepted | TaskStatus, status: HTTPStatus, headers: dict[str, str]) -> Response:
    return Response(body.model_dump_json(exclude_none=True), status, headers, "application/json")
