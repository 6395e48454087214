"""The API as an ASGI application: the one place where its parts are wired together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import cast

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api import calendars, feeds, health, todos
from app.api.body_limit import BodyLimit
from app.api.downloads import Downloads
from app.api.forwarding import Forwarding
from app.api.head import HeadAsGet
from app.api.metrics import router as scrapes
from app.api.openapi import describe
from app.api.problems import handle_problems
from app.api.requests import Requests, RouteNoted, route_label
from app.api.time_limit import TimeLimit
from app.api.urls import PublicUrls
from app.metrics.api import ApiMetrics
from app.metrics.backlog import PATIENCE, BacklogGauges, BacklogWatch
from app.metrics.requests import RequestMetrics
from app.queue.publisher import Publisher
from app.services import Services
from app.services.calendars import CalendarService
from app.services.feeds import FeedService
from app.services.grouped_jobs import GroupedJobs
from app.services.health import HealthService
from app.services.histories import read_history, read_status
from app.services.open_jobs import OpenJobs
from app.services.todos import TodoService
from app.services.watching import Watching
from app.settings import Settings
from app.storage import backlog
from app.storage.chunk_cache import ChunkCache
from app.storage.database import open_engine, open_sessions
from app.storage.migrations import expected_head
from app.storage.notices import Notices
from app.storage.s3 import S3
from app.tracing.tracing import OFF, Tracing
from app.web import pages

_IDLE = timedelta(seconds=5)
"""No request thinks for long between two statements: what does is stopped, or cut off, and holds locks."""

_TRUST = timedelta(seconds=1)
"""Of many requests a second few need to ask whether their connection lives."""

_FIRST_FILE = timedelta(seconds=3)
"""For how long whoever fetches a new calendar waits for its first file; some clients give up after 5 s."""

_CONNECTIONS = 10
"""For each of two pools: todos that take long, or are locked, must not keep jobs from being accepted."""

_ROUTERS = (
    calendars.often,
    calendars.router,
    todos.router,
    feeds.router,
    health.router,
    health.probes,
    scrapes,
)


def create_app(settings: Settings, tracing: Tracing = OFF, metrics: ApiMetrics | None = None) -> FastAPI:
    """Make the application; nothing is connected before it starts, and then only when first needed."""
    metrics = metrics or ApiMetrics.new()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        todos_engine, jobs_engine = _engine(settings, "todos", tracing), _engine(settings, "jobs", tracing)
        publisher = Publisher.open(settings, metrics=metrics.sends, tracing=tracing)
        watching, s3 = _watching_engine(settings), S3()
        jobs_sessions, chunks = open_sessions(jobs_engine), ChunkCache()
        app.state.watching = Watching(
            Notices(settings.database_url, "taskoverflow-api-listening").listen,
            partial(read_status, jobs_sessions),
            partial(read_history, jobs_sessions),
            settings.max_watchers,
            metrics,
        )
        app.state.services = Services(
            todos=TodoService(open_sessions(todos_engine), settings.timezone, settings.max_todos),
            calendars=CalendarService(
                jobs_sessions,
                GroupedJobs.on(jobs_sessions, settings.resend_after, tracing),
                publisher,
                settings.resend_after,
                OpenJobs.stored(jobs_sessions, settings.max_open_jobs),
                app.state.watching,
                metrics,
                chunks,
                s3,
                lends=settings.result_downloads == "redirect",
            ),
            feeds=FeedService(
                jobs_sessions,
                publisher,
                settings.resend_after,
                settings.feed_pacing,
                settings.max_feeds,
                app.state.watching,
                min(_FIRST_FILE, settings.request_timeout / 2),
                metrics,
                chunks,
            ),
            health=HealthService(open_sessions(watching), publisher, expected_head()),
        )
        app.state.urls = PublicUrls(settings.public_url)
        app.state.downloads = Downloads(settings.max_downloads)
        async with _watched_backlog(watching, metrics) as app.state.backlog:
            yield
        await app.state.watching.close()
        await publisher.finish()
        await publisher.aclose()
        s3.close()
        for engine in (todos_engine, jobs_engine, watching):
            await engine.dispose()
        # Here, since the server ends the process by the signal that it was sent.
        await asyncio.to_thread(tracing.close)

    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=cast("TelemetryConfig", tracing.of_requests),
    )
    app.state.metrics = metrics
    for router in _ROUTERS:
        # As they are: those of an included router are looked through twice for each request.
        app.router.routes.extend(router.routes)
        _expect_requests(router, metrics.requests)
    pages.mount(app)
    handle_problems(app)
    describe(app)
    # The last one is the first that a request meets.
    app.add_middleware(RouteNoted)
    app.add_middleware(HeadAsGet)
    app.add_middleware(TimeLimit, seconds=settings.request_timeout.total_seconds())
    app.add_middleware(
        BodyLimit, max_bytes=settings.max_body_bytes, seconds=settings.receive_timeout.total_seconds()
    )
    app.add_middleware(Forwarding, trusted=settings.trusted_proxies)
    app.add_middleware(Requests, metrics=metrics.requests, traceparent=tracing.traceparent)
    return app


def _expect_requests(router: APIRouter, metrics: RequestMetrics) -> None:
    for route in router.routes:
        if isinstance(route, APIRoute):
            for method in route.methods or ():
                metrics.expect(method, route_label(route.path))


def _engine(settings: Settings, purpose: str, tracing: Tracing) -> AsyncEngine:
    engine = open_engine(
        settings.database_url,
        pool_size=_CONNECTIONS,
        name=f"taskoverflow-api-{purpose}",
        # So that a request may still tell, in its own time, that a statement took too long.
        patience=settings.request_timeout / 2,
        idle=_IDLE,
        trust=_TRUST,
    )
    tracing.statements_of(engine)
    return engine


def _watching_engine(settings: Settings) -> AsyncEngine:
    # Connections of their own: scrapes and probes are to get through when requests have taken all others.
    return open_engine(
        settings.database_url, pool_size=2, name="taskoverflow-api-watching", patience=PATIENCE
    )


@asynccontextmanager
async def _watched_backlog(engine: AsyncEngine, metrics: ApiMetrics) -> AsyncIterator[BacklogWatch]:
    watch = BacklogWatch(partial(backlog.measure, open_sessions(engine)))
    gauges = BacklogGauges(lambda: watch.seen)
    metrics.registry.register(gauges)
    yield watch
    metrics.registry.unregister(gauges)
    await watch.close()
