"""One browser and one service for all tests of the pages, and for no others; each finds the service empty."""

import shutil
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from app.cli.local.servers import Servers
from tests.support import databases
from tests.support.browser import ARGUMENTS, Visitor
from tests.support.parts import lacking
from tests.support.processes import Service, service

expect.set_options(timeout=20_000)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        lacking("Chromium is missing: on Debian, apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_service(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    logs = tmp_path_factory.mktemp("browser")
    async with databases.database(servers.database_url) as url:
        with service(url, servers.broker_url, logs) as running:
            running.start_api()
            running.start("worker")
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def running(shared_service: Service) -> Service:
    """An API and a worker, and nothing stored."""
    await databases.execute(
        shared_service.database_url, "TRUNCATE todos, jobs, feeds, todo_tombstones CASCADE"
    )
    return shared_service


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, running: Service) -> AsyncIterator[Visitor]:
    visitor = Visitor(browser, running.url)
    yield visitor
    await visitor.leave()
    assert not visitor.complaints


@pytest_asyncio.fixture(loop_scope="session")
async def page(visitor: Visitor) -> Page:
    """The page on a desktop, with nothing in it yet."""
    return await visitor.visit()


@pytest_asyncio.fixture(loop_scope="session")
async def client(running: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{running.url}/api/v1", trust_env=False) as client:
        yield client
