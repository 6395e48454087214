"""The API in this process, with settings of a test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from app.main import create_app
from app.settings import Settings

BASE = "http://testserver/api/v1"


@asynccontextmanager
async def api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(create_app(settings)) as client:
        yield client


async def all_sent(client: httpx.AsyncClient) -> None:
    """Wait for the messages of what was asked for before, which no answer waits for."""
    transport = client._transport  # noqa: SLF001 - what it was made with
    assert isinstance(transport, httpx.ASGITransport)
    application = transport.app
    assert isinstance(application, FastAPI)
    await application.state.services.calendars.publisher.finish()


@asynccontextmanager
async def serving(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url=BASE) as client,
    ):
        yield client
