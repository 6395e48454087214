"""Calendars to subscribe to."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import structlog

from app.domain.calendars import CalendarOptions
from app.domain.errors import (
    FeedFailed,
    FeedNotFound,
    FeedNotReady,
    Problem,
    TooManyFeeds,
    TooManyWatchers,
)
from app.domain.feeds import Feed, FeedFile, FeedPacing, FeedPlace, FeedToken
from app.domain.jobs import FEED_VERSION
from app.domain.origins import current_origin
from app.domain.owners import OwnerId
from app.metrics.api import ApiMetrics
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher
from app.services.announcing import announce
from app.services.watching import Watching
from app.storage import feed_files, feed_renders, feeds
from app.storage.chunk_cache import ChunkCache
from app.storage.chunks import StoredFile
from app.storage.database import Sessions, is_unreachable
from app.storage.feeds import Found

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FeedService:
    """Feeds, and the file that each of them serves."""

    sessions: Sessions
    publisher: Publisher
    resend_after: timedelta
    pacing: FeedPacing
    limit: int
    """How many feeds one owner may have."""
    watching: Watching
    patience: timedelta
    """For how long a fetch waits for the first file."""
    metrics: ApiMetrics
    chunks: ChunkCache

    async def add(self, owner: OwnerId, options: CalendarOptions) -> tuple[Feed, FeedToken]:
        """Make a feed, or ``TooManyFeeds``; its first file is asked for at once."""
        token = FeedToken.new()
        async with self.sessions.begin() as session:
            feed = await feeds.add(session, owner, uuid4(), options, token.hash, limit=self.limit)
            if feed is None:
                raise TooManyFeeds(f"There are {self.limit} calendars, and no more may be; delete one first.")
            job_id = await feed_renders.ask_first(
                session, feed.id, resend_after=self.resend_after, origin=current_origin.get()
            )
        self._accepted(job_id)
        return feed, token

    async def get(self, owner: OwnerId, feed_id: UUID) -> Feed:
        """The feed, or ``FeedNotFound``."""
        async with self.sessions.begin() as session:
            feed = _found(await feeds.find(session, owner, feed_id))
            errors = await feed_renders.failures(session, [feed.id])
        return replace(feed, error=errors.get(feed.id))

    async def page(self, owner: OwnerId, *, before: FeedPlace | None, limit: int) -> tuple[list[Feed], bool]:
        """Up to ``limit`` feeds behind that place, newest first, and whether there are more."""
        async with self.sessions.begin() as session:
            # One row more than asked for tells whether another page is worth announcing.
            found = await feeds.page(session, owner, before=before, limit=limit + 1)
            errors = await feed_renders.failures(session, [feed.id for feed in found])
        return [replace(feed, error=errors.get(feed.id)) for feed in found[:limit]], len(found) > limit

    async def rotate(self, owner: OwnerId, feed_id: UUID) -> tuple[Feed, FeedToken]:
        """Give the feed a new URL; from now on the old one leads nowhere."""
        token = FeedToken.new()
        async with self.sessions.at_once() as session:
            return _found(await feeds.rotate(session, owner, feed_id, token.hash)), token

    async def revoke(self, owner: OwnerId, feed_id: UUID) -> Feed | None:
        """End the feed; None if there was none, which is as well."""
        async with self.sessions.at_once() as session:
            feed = await feeds.revoke(session, owner, feed_id)
            if feed is not None:
                # A transaction of its own, as whoever ends a render locks the two the other way round. Should
                # it never happen, the render ends all the same, and finds that its feed is gone.
                await feed_renders.cancel(session, feed_id)
        return feed

    async def fetch(self, token: FeedToken) -> FeedFile:
        """The latest file of the feed, or ``FeedNotFound``, or why there is none yet.

        If todos have changed since it was made, the next one is asked for and this one served meanwhile.
        """
        async with self.sessions.at_once() as session:
            found = await feeds.find_by_token(session, token.hash)
        if found is None:
            raise FeedNotFound(_NOT_FOUND)
        await self._keep_fresh(found)
        file = found.file or await self._first_file(found.feed, token)
        if file is None:
            raise await self._why_there_is_none(found.feed)
        return file

    def stored(self, file: FeedFile) -> StoredFile:
        """A feed's file, to be read."""
        return feed_files.stored(self.sessions, self.chunks, file)

    async def _first_file(self, feed: Feed, token: FeedToken) -> FeedFile | None:
        """The file, if the render that is under way ends in time; most do."""
        async with self.sessions.at_once() as session:
            job_id = await feed_renders.under_way(session, feed.id)
            found = await feeds.find_by_token(session, token.hash) if job_id is None else None
        if job_id is None:
            # It may just have ended.
            return None if found is None else found.file
        with suppress(TooManyWatchers):
            return await self._file_after(job_id, feed, token)
        return None

    async def _file_after(self, job_id: UUID, feed: Feed, token: FeedToken) -> FeedFile | None:
        try:
            async with (
                asyncio.timeout(self.patience.total_seconds()) as limit,
                aclosing(self.watching.changes(job_id)) as changes,
            ):
                async for _ in changes:
                    async with self.sessions.at_once() as session:
                        # In this order: a render that has ended by the first look is seen by the second.
                        has_ended = await feed_renders.under_way(session, feed.id) is None
                        found = await feeds.find_by_token(session, token.hash)
                    if has_ended or found is None or found.file is not None:
                        return None if found is None else found.file
        except TimeoutError:
            if not limit.expired():
                raise
        return None

    async def _why_there_is_none(self, feed: Feed) -> Problem:
        async with self.sessions.begin() as session:
            errors = await feed_renders.failures(session, [feed.id])
            is_tried = await feed_renders.under_way(session, feed.id) is not None
        if feed.id in errors and not is_tried:
            reason = errors[feed.id] or "nobody knows why"
            again = "It is tried again when todos change, or in an hour."
            return FeedFailed(f"The calendar could not be made: {reason}. {again}")
        return FeedNotReady("The calendar is being made for the first time; ask again in a moment.")

    async def _keep_fresh(self, found: Found) -> None:
        """Note that the feed is fetched, and ask for its next file if it is due."""
        feed, job_id = found.feed, None
        try:
            async with self.sessions.at_once() as session:
                if not found.is_noted:
                    await feeds.note_fetch(session, feed.id)
                if found.has_changes:
                    await feed_renders.note_changes(session, self.pacing, feed.owner)
                if found.has_changes or found.is_due:
                    job_id = await feed_renders.ask_one(
                        session,
                        feed.id,
                        self.pacing,
                        resend_after=self.resend_after,
                        origin=current_origin.get(),
                    )
        except Exception as error:
            if not is_unreachable(error):
                raise
            # What there is can be served all the same, and the sweeper looks as well.
            log.warning("feed_not_refreshed", feed_id=str(feed.id), reason=repr(error))
        if job_id is not None:
            self._accepted(job_id)

    def _accepted(self, job_id: UUID) -> None:
        message = RenderCalendar(job_id, FEED_VERSION)
        announce(message, self.publisher, self.metrics, resend_after=self.resend_after)


_NOT_FOUND = "There is no such calendar."


def _found(feed: Feed | None) -> Feed:
    if feed is None:
        raise FeedNotFound(_NOT_FOUND)
    return feed
