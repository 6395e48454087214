"""Calendars to subscribe to: make them, look after them, fetch their files."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response
from starlette.convertors import StringConvertor, register_url_convertor

from app.api.conditional import Document, file_response
from app.api.cursor import PLACE_CURSOR, after_feed, cursor_parameter, feed_cursor, next_page
from app.api.dependencies import DownloadPlaces, FeedId, Feeds, LinksTo, Owner
from app.api.feed_models import FeedDetails, FeedWithUrl, NoFeed
from app.api.json_route import JsonRoute
from app.api.models import CalendarRequest
from app.api.openapi import CALENDAR_RESPONSES, LINK_HEADER, problems
from app.api.urls import PREFIX
from app.domain.feeds import FeedToken

router = APIRouter(prefix=f"{PREFIX}/calendars", tags=["feeds"], route_class=JsonRoute)

_MAX_PAGE = 200

_SECRET_URL = {
    # Nobody whom a link in the file leads to is to learn where it stood, and no search engine what is in it.
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}


class _IdConvertor(StringConvertor):
    """Reads ids, which have no dot: what has one is a file."""

    regex = "[^/.]+"


register_url_convertor("calendar", _IdConvertor())

Token = Annotated[
    str,
    Path(
        description="The secret in the URL that was shown when the calendar was made or rotated.",
        examples=["6wJ0bH3nq9rT2sYtKc8vXw5zLm1pAo4eGhUdFiQyBZk"],
    ),
]
Limit = Annotated[
    int, Query(ge=1, le=_MAX_PAGE, description="At most so many; a `Link` header leads to the next page.")
]
Cursor = Annotated[str | None, cursor_parameter(PLACE_CURSOR)]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    operation_id="createFeed",
    summary="Make a calendar to subscribe to",
    response_model_exclude_unset=True,
    responses={
        201: {
            "description": "The calendar and its URL, which can't be shown again.",
            "headers": {
                "Location": {
                    "description": "Where it is looked after; not what apps subscribe to.",
                    "schema": {"type": "string"},
                }
            },
        },
        **problems(400, 408, 409, 413, 415, 503),
    },
)
async def create_feed(
    response: Response,
    feeds: Feeds,
    owner: Owner,
    links: LinksTo,
    options: Annotated[CalendarRequest, Body()] = CalendarRequest(),  # noqa: B008 - frozen
) -> FeedWithUrl:
    """Make a calendar of the todos that apps subscribe to; it follows the todos from then on."""
    feed, token = await feeds.add(owner, options.to_domain())
    response.headers["location"] = links.feed(feed.id)
    response.headers["cache-control"] = "no-store"
    return FeedWithUrl.of(feed, token, links)


@router.get(
    "",
    operation_id="listFeeds",
    summary="List calendars to subscribe to",
    response_model_exclude_unset=True,
    responses={
        200: {"description": "Calendars, newest first.", "headers": LINK_HEADER},
        **problems(400, 503),
    },
)
async def list_feeds(
    request: Request,
    response: Response,
    feeds: Feeds,
    owner: Owner,
    links: LinksTo,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> list[FeedDetails]:
    """The calendars that can be subscribed to, without their URLs."""
    before = None if cursor is None else after_feed(cursor)
    found, more = await feeds.page(owner, before=before, limit=limit)
    response.headers["cache-control"] = "no-store"
    if more:
        response.headers["link"] = next_page(request, links, feed_cursor(found[-1].place))
    return [FeedDetails.of(feed) for feed in found]


@router.get(
    "/{token}.ics",
    operation_id="getFeedFile",
    summary="Fetch a calendar that is subscribed to",
    response_class=Response,
    responses={**CALENDAR_RESPONSES, **problems(404, 503)},
)
async def get_feed_file(token: Token, request: Request, feeds: Feeds, downloads: DownloadPlaces) -> Response:
    """The latest file, at once (RFC 5545). If todos have changed since, a new one follows in seconds."""
    file = await feeds.fetch(FeedToken(token))
    document = Document(feeds.stored(file), file.digest, file.changed_at, _SECRET_URL)
    return await file_response(request, document, downloads)


@router.get(
    "/{calendar_id:calendar}",
    operation_id="getFeed",
    summary="Look into a calendar to subscribe to",
    response_model_exclude_unset=True,
    response_description="The calendar, without its URL.",
    responses=problems(404, 503),
)
async def get_feed(calendar_id: FeedId, response: Response, feeds: Feeds, owner: Owner) -> FeedDetails:
    """How it is made, and when its file was last made and fetched."""
    feed = await feeds.get(owner, calendar_id)
    response.headers["cache-control"] = "no-store"
    return FeedDetails.of(feed)


@router.post(
    "/{calendar_id:calendar}/rotate",
    operation_id="rotateFeed",
    summary="Change a calendar's URL",
    response_model_exclude_unset=True,
    response_description="The calendar and its new URL, which can't be shown again.",
    responses=problems(404, 503),
)
async def rotate_feed(
    calendar_id: FeedId, response: Response, feeds: Feeds, owner: Owner, links: LinksTo
) -> FeedWithUrl:
    """Give it a new URL; the old one leads nowhere from now on, whoever has it."""
    feed, token = await feeds.rotate(owner, calendar_id)
    response.headers["cache-control"] = "no-store"
    return FeedWithUrl.of(feed, token, links)


@router.delete(
    "/{calendar_id:calendar}",
    operation_id="revokeFeed",
    summary="Revoke a calendar",
    response_model_exclude_unset=True,
    response_description="The calendar that was, or an empty object.",
    responses=problems(404, 503),
)
async def revoke_feed(calendar_id: FeedId, feeds: Feeds, owner: Owner) -> FeedDetails | NoFeed:
    """End it and answer what it was; its URL leads nowhere from now on. An empty object if there was none."""
    feed = await feeds.revoke(owner, calendar_id)
    return NoFeed() if feed is None else FeedDetails.of(feed)
