"""Calendars to subscribe to, as answers show them."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.api.models import CalendarOptionsModel
from app.api.urls import Links
from app.domain.feeds import Feed, FeedToken

_ID = UUID("7c1f0a52-5d0e-4b7c-9a55-0c0f6f2f8f11")
_URL = "https://todo.example/api/v1/calendars/6wJ0bH3nq9rT2sYtKc8vXw5zLm1pAo4eGhUdFiQyBZk.ics"


class FeedModel(BaseModel):
    """A calendar to subscribe to."""

    calendar_id: Annotated[
        UUID, Field(description="For looking after it; no part of its URL.", examples=[_ID])
    ]
    name: Annotated[str, Field(description="What it is called.", examples=["Todos"])]
    options: Annotated[
        CalendarOptionsModel, Field(description="How it is made; what was left open is left out.")
    ]
    created_at: Annotated[datetime, Field(examples=["2026-11-24T08:30:00Z"])]
    rotated_at: Annotated[
        datetime | None, Field(description="When it was given its present URL, if that is not its first one.")
    ]

    @staticmethod
    def members(feed: Feed) -> dict[str, Any]:
        """What every answer shows of a feed."""
        return {
            "calendar_id": feed.id,
            "name": feed.options.name,
            "options": CalendarOptionsModel(**feed.options.to_json()),
            "created_at": feed.created_at,
            "rotated_at": feed.rotated_at,
        }


class FeedWithUrl(FeedModel):
    """A calendar to subscribe to, with its URL, which is shown this once."""

    url: Annotated[
        str,
        Field(
            description="What to give a calendar app. Whoever knows it can read the calendar.",
            json_schema_extra={"format": "uri"},
            examples=[_URL],
        ),
    ]
    webcal_url: Annotated[
        str,
        Field(
            description="The same, which calendar apps open by themselves.",
            json_schema_extra={"format": "uri"},
            examples=[_URL.replace("https", "webcal")],
        ),
    ]

    @classmethod
    def of(cls, feed: Feed, token: FeedToken, links: Links) -> Self:
        """Show a feed whose token was just made."""
        return cls(**cls.members(feed), url=links.feed_file(token), webcal_url=links.webcal(token))


class FeedDetails(FeedModel):
    """A calendar to subscribe to, and how it is doing."""

    fetched_at: Annotated[
        datetime | None, Field(description="When its file was last asked for, give or take a minute.")
    ]
    rendered_at: Annotated[datetime | None, Field(description="When its file was last made.")]
    error: Annotated[
        str | SkipJsonSchema[None],
        Field(description="Why making it failed the last time, if it did."),
    ] = None

    @classmethod
    def of(cls, feed: Feed) -> Self:
        """Show a feed."""
        why = {} if feed.error is None else {"error": feed.error}
        return cls(**cls.members(feed), fetched_at=feed.fetched_at, rendered_at=feed.rendered_at, **why)


class NoFeed(BaseModel):
    """An empty object: there was nothing to revoke."""

    model_config = ConfigDict(extra="forbid")
