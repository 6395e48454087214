"""The API as an ASGI application: the one place where its parts are wired together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api import calendars, health, todos
from app.api.head import HeadAsGet
from app.api.openapi import describe
from app.api.problems import handle_problems
from app.api.urls import PublicUrls
from app.queue.publisher import Publisher
from app.services import Services
from app.services.calendars import CalendarService
from app.services.health import HealthService
from app.services.todos import TodoService
from app.settings import Settings
from app.storage.database import Sessions, open_engine, open_sessions
from app.storage.migrations import expected_head
from app.web import pages

_CONNECTIONS = 20


def create_app(settings: Settings) -> FastAPI:
    """Make the application; nothing is connected before it starts, and then only when first needed."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = open_engine(settings.database_url, pool_size=_CONNECTIONS, name="taskoverflow-api")
        publisher = Publisher.open(settings)
        app.state.services = _services(settings, open_sessions(engine), publisher)
        app.state.urls = PublicUrls(settings.public_url, settings.trusted_proxies)
        yield
        publisher.close()
        await engine.dispose()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    for router in (todos.router, calendars.router, health.router, health.probes):
        app.include_router(router)
    pages.mount(app)
    handle_problems(app)
    describe(app)
    app.add_middleware(HeadAsGet)
    return app


def _services(settings: Settings, sessions: Sessions, publisher: Publisher) -> Services:
    return Services(
        todos=TodoService(sessions, settings.timezone),
        calendars=CalendarService(sessions, publisher, settings.resend_after),
        health=HealthService(sessions, publisher, expected_head()),
    )
