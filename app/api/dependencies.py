"""What routes ask for by the type of a parameter."""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, Path, Request

from app.api.downloads import Downloads
from app.api.urls import Links, PublicUrls
from app.domain.errors import FeedNotFound, TaskNotFound
from app.domain.owners import BUILT_IN_OWNER, OwnerId
from app.services import Services
from app.services.calendars import CalendarService
from app.services.feeds import FeedService
from app.services.health import HealthService
from app.services.todos import TodoService


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _todos(request: Request) -> TodoService:
    return _services(request).todos


async def _calendars(request: Request) -> CalendarService:
    return _services(request).calendars


async def _feeds(request: Request) -> FeedService:
    return _services(request).feeds


async def _health(request: Request) -> HealthService:
    return _services(request).health


async def _owner() -> OwnerId:
    return BUILT_IN_OWNER


async def _links(request: Request) -> Links:
    urls: PublicUrls = request.app.state.urls
    return Links(urls.base(request))


async def _downloads(request: Request) -> Downloads:
    downloads: Downloads = request.app.state.downloads
    return downloads


async def _task_id(
    task_id: Annotated[
        str,
        Path(
            description="The id that the request for the calendar was answered with.",
            json_schema_extra={"format": "uuid"},
            examples=["2e80aefd-9d8c-4b0c-8a8e-3b3f6a0e5c11"],
        ),
    ],
) -> UUID:
    # What is no UUID is the id of no job: a 404 as for any other unknown id, not a 400.
    try:
        job_id = UUID(task_id)
    except ValueError:
        raise TaskNotFound(f"There is no task {task_id}.") from None
    structlog.contextvars.bind_contextvars(job_id=str(job_id))
    return job_id


async def _feed_id(
    calendar_id: Annotated[
        str,
        Path(
            description="The id that the calendar was made with; it is no part of its URL.",
            json_schema_extra={"format": "uuid"},
            examples=["7c1f0a52-5d0e-4b7c-9a55-0c0f6f2f8f11"],
        ),
    ],
) -> UUID:
    # As for tasks: what is no UUID is the id of no calendar.
    try:
        return UUID(calendar_id)
    except ValueError:
        raise FeedNotFound("There is no such calendar.") from None


Todos = Annotated[TodoService, Depends(_todos)]
Calendars = Annotated[CalendarService, Depends(_calendars)]
Feeds = Annotated[FeedService, Depends(_feeds)]
Health = Annotated[HealthService, Depends(_health)]
Owner = Annotated[OwnerId, Depends(_owner)]
LinksTo = Annotated[Links, Depends(_links)]
DownloadPlaces = Annotated[Downloads, Depends(_downloads)]
TaskId = Annotated[UUID, Depends(_task_id)]
FeedId = Annotated[UUID, Depends(_feed_id)]
