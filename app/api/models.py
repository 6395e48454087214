"""What requests and answers hold."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from app.api.fields import (
    DEADLINE_DESCRIPTION,
    AlarmMinutes,
    DeadlineText,
    DescriptionText,
    Line,
    TimezoneName,
    WindowDays,
)
from app.api.urls import Links
from app.domain.calendars import DEFAULT_NAME, CalendarOptions, Component
from app.domain.jobs import Job, JobState
from app.domain.todos import NewTodo, Todo, TodoChanges

_TITLE = "1 to 80 characters after trimming."
_DESCRIPTION = "Up to 120 characters. Control characters other than tab and newline are refused."
_BUY_MILK: JsonDict = {
    "title": "Buy milk",
    "description": "Oat, two litres",
    "deadline_at": "2026-12-24T16:00:00",
}


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TodoCreate(_Request):
    """A todo that is to be."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BUY_MILK]})

    title: Annotated[Line, Field(description=_TITLE, examples=["Buy milk"])]
    description: Annotated[DescriptionText | None, Field(description=_DESCRIPTION)] = None
    completed: Annotated[StrictBool, Field(description="Whether it is done.")] = False
    deadline_at: Annotated[DeadlineText, Field(description=DEADLINE_DESCRIPTION)] = None

    def to_domain(self) -> NewTodo:
        """The same in the domain's words."""
        return NewTodo(
            title=self.title,
            description=self.description,
            completed=self.completed,
            deadline=self.deadline_at,
        )


class TodoUpdate(_Request):
    """The members that are to change; those left out stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"completed": True}]})

    # The defaults are never read: only what was sent is. In the schema they would look like what a member
    # that is left out becomes.
    title: Annotated[Line, Field(description=_TITLE)] = None  # type: ignore[assignment]
    description: Annotated[DescriptionText | None, Field(description=_DESCRIPTION)] = None
    completed: Annotated[StrictBool, Field(description="Whether it is done.")] = None  # type: ignore[assignment]
    deadline_at: Annotated[DeadlineText, Field(description=DEADLINE_DESCRIPTION)] = None

    def to_domain(self) -> TodoChanges:
        """The same in the domain's words."""
        changes: TodoChanges = {}
        if "title" in self.model_fields_set:
            changes["title"] = self.title
        if "description" in self.model_fields_set:
            changes["description"] = self.description
        if "completed" in self.model_fields_set:
            changes["completed"] = self.completed
        if "deadline_at" in self.model_fields_set:
            changes["deadline"] = self.deadline_at
        return changes


class TodoModel(BaseModel):
    """A todo."""

    id: Annotated[int, Field(description="Set by the server.", examples=[1])]
    title: Annotated[str, Field(examples=["Buy milk"])]
    description: Annotated[str | None, Field(examples=["Oat, two litres"])]
    completed: bool
    deadline_at: Annotated[
        str | None,
        Field(
            description="A floating deadline has no offset; an instant is in UTC, and has one.",
            examples=["2026-12-24T16:00:00", "2026-12-24T15:00:00+00:00"],
        ),
    ]
    created_at: Annotated[datetime, Field(examples=["2026-11-24T08:30:00+00:00"])]
    updated_at: Annotated[datetime, Field(examples=["2026-11-24T08:30:00+00:00"])]

    @classmethod
    def of(cls, todo: Todo) -> Self:
        """Show a todo."""
        return cls(
            id=todo.id,
            title=todo.title,
            description=todo.description,
            completed=todo.completed,
            deadline_at=None if todo.deadline is None else str(todo.deadline),
            created_at=todo.created_at,
            updated_at=todo.updated_at,
        )


class NoTodo(BaseModel):
    """An empty object: there was nothing to delete."""

    model_config = ConfigDict(extra="forbid")


_COMPONENT = (
    "What a todo becomes: `event` for every calendar app, `todo` for those that keep tasks, or `both`."
)


class CalendarRequest(_Request):
    """How the calendar is to be made; every member may be left out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"component": "both", "timezone": "Europe/Oslo", "alarm": 30}]}
    )

    component: Annotated[Component, Field(description=_COMPONENT)] = Component.EVENT
    # None is not allowed in a request: it is only what says that a member was left out.
    completed: Annotated[
        StrictBool, Field(description="Only todos that are done, or only those that are not. Default: both.")
    ] = None  # type: ignore[assignment]
    window: Annotated[WindowDays, Field(description="Only todos due within so many days, or overdue.")] = None  # type: ignore[assignment]
    timezone: Annotated[
        TimezoneName,
        Field(
            description="The IANA time zone to show deadlines in. Without it floating deadlines stay "
            "floating, and instants are in UTC.",
            examples=["Europe/Oslo"],
        ),
    ] = None  # type: ignore[assignment]
    alarm: Annotated[AlarmMinutes, Field(description="Minutes before a deadline to remind of it.")] = None  # type: ignore[assignment]
    name: Annotated[Line, Field(description="What the calendar is called.")] = DEFAULT_NAME

    def to_domain(self) -> CalendarOptions:
        """The same in the domain's words."""
        return CalendarOptions(**dict(self)) if self.model_fields_set else _DEFAULT_OPTIONS


_DEFAULT_OPTIONS = CalendarOptions()


class CalendarOptionsModel(BaseModel):
    """How the calendar is made; what was left open is left out."""

    component: Component
    completed: bool | SkipJsonSchema[None] = None
    window: int | SkipJsonSchema[None] = None
    timezone: str | SkipJsonSchema[None] = None
    alarm: int | SkipJsonSchema[None] = None
    name: str


class TaskAccepted(BaseModel):
    """A calendar will be made."""

    task_id: Annotated[UUID, Field(description="The id of the job.")]
    task_url: Annotated[str, Field(description="Where to watch it.", json_schema_extra={"format": "uri"})]


class TaskStatus(BaseModel):
    """How far a calendar is; what there is nothing to say of yet is left out."""

    task_id: UUID
    task_status: Annotated[JobState, Field(description="Celery's states, with Celery's meanings.")]
    result_url: Annotated[
        str, Field(description="Where the file is once it is made.", json_schema_extra={"format": "uri"})
    ]
    options: CalendarOptionsModel
    progress: Annotated[
        float, Field(description="How much is done, from 0 to 1.", ge=0, le=1, examples=[0.25])
    ]
    attempt: Annotated[int, Field(description="How often the job was started.", examples=[1])]
    created_at: datetime
    started_at: Annotated[datetime | SkipJsonSchema[None], Field(description="When it first was.")] = None
    finished_at: datetime | SkipJsonSchema[None] = None
    removed_at: Annotated[
        datetime | SkipJsonSchema[None], Field(description="When the file was removed, after its time.")
    ] = None
    todos: Annotated[int | SkipJsonSchema[None], Field(description="How many todos were read.")] = None
    skipped: Annotated[
        int | SkipJsonSchema[None],
        Field(description="How many of them an event calendar can't show, for want of a deadline."),
    ] = None
    bytes: Annotated[int | SkipJsonSchema[None], Field(description="The size of the file.")] = None
    error: Annotated[
        str | SkipJsonSchema[None], Field(description="Why the job, or its latest attempt, failed.")
    ] = None

    @classmethod
    def of(cls, job: Job, links: Links) -> Self:
        """Show a job."""
        counts = job.counts
        return cls(
            task_id=job.id,
            task_status=job.state,
            result_url=links.result(job.id),
            options=CalendarOptionsModel(**job.options.to_json()),
            progress=round(job.progress, 4),
            attempt=job.attempt,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            removed_at=job.removed_at,
            todos=counts.todos if counts else None,
            skipped=counts.skipped if counts else None,
            bytes=counts.bytes if counts else None,
            error=job.error,
        )


class HealthModel(BaseModel):
    """The process answers."""

    status: Annotated[Literal["ok"], Field(examples=["ok"])]


class ReadinessModel(BaseModel):
    """What the process found when it asked the parts that it needs."""

    status: Annotated[
        Literal["ok", "degraded", "unavailable"],
        Field(description="`degraded` without a broker: jobs are accepted, and run when it is back."),
    ]
    postgres: Literal["ok", "down"]
    migrations: Literal["ok", "down", "behind"]
    broker: Literal["ok", "down"]
