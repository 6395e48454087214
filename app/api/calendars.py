"""Calendar jobs: ask, watch, download."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from app.api.conditional import file_response
from app.api.cursor import JOB_CURSOR, after_job, cursor_parameter, job_cursor, next_page
from app.api.dependencies import Calendars, DownloadPlaces, LinksTo, Owner, TaskId
from app.api.idempotency import REPLAYED, IdempotencyKey
from app.api.json_route import JsonRoute
from app.api.models import CalendarRequest, TaskAccepted, TaskStatus
from app.api.openapi import ACCEPTED_RESPONSE, CALENDAR_RESPONSES, LINK_HEADER, problems
from app.api.ratelimit import ratelimit_headers
from app.api.timelines import TaskDetails
from app.api.urls import PREFIX
from app.domain.jobs import OPEN, JobState

router = APIRouter(prefix=f"{PREFIX}/todos/ical", tags=["calendars"], route_class=JsonRoute)

_POLL_SECONDS = "1"
_MAX_PAGE = 200

States = Annotated[
    Sequence[JobState],
    Query(description="Only tasks in this state, or in one of these if it is given more than once."),
]
Limit = Annotated[
    int, Query(ge=1, le=_MAX_PAGE, description="At most so many; a `Link` header leads to the next page.")
]
Cursor = Annotated[str | None, cursor_parameter(JOB_CURSOR)]


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    operation_id="createCalendar",
    summary="Make a calendar",
    responses={**ACCEPTED_RESPONSE, **problems(400, 408, 413, 415, 422, 429, 503)},
)
async def create_calendar(
    response: Response,
    calendars: Calendars,
    owner: Owner,
    links: LinksTo,
    key: IdempotencyKey,
    options: Annotated[CalendarRequest, Body()] = CalendarRequest(),  # noqa: B008 - frozen
) -> TaskAccepted:
    """Ask for a calendar of the todos; the answer says where to watch it being made."""
    accepted = await calendars.submit(owner, options.to_domain(), key)
    task_url = links.status(accepted.job_id)
    response.headers["location"] = task_url
    if accepted.replayed:
        response.headers[REPLAYED] = "true"
    if (quota := calendars.quota(owner)) is not None:
        response.headers.update(ratelimit_headers(quota))
    return TaskAccepted(task_id=accepted.job_id, task_url=task_url)


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


@router.get(
    "/{task_id}/status",
    operation_id="getCalendarStatus",
    summary="Watch a calendar being made",
    response_model_exclude_none=True,
    responses=problems(404, 503),
)
async def get_status(
    task_id: TaskId, response: Response, calendars: Calendars, owner: Owner, links: LinksTo
) -> TaskStatus:
    """How far the job is; the file is there once `task_status` is `SUCCESS`."""
    job = await calendars.status(owner, task_id)
    response.headers["cache-control"] = "no-store"
    if job.state in OPEN:
        response.headers["retry-after"] = _POLL_SECONDS
    return TaskStatus.of(job, links)


@router.get(
    "/{task_id}/result",
    operation_id="getCalendarResult",
    summary="Download a calendar",
    response_class=Response,
    responses={**CALENDAR_RESPONSES, **problems(404, 409, 410, 503)},
)
async def get_result(
    task_id: TaskId, request: Request, calendars: Calendars, owner: Owner, downloads: DownloadPlaces
) -> Response:
    """The calendar as an iCalendar file (RFC 5545)."""
    job = await calendars.finished(owner, task_id)
    return file_response(request, job, lambda first, last: calendars.read(job, first, last), downloads)


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
