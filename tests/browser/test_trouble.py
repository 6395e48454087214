"""The page while parts of the service are away, and when they are back."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from app.cli.local.servers import Servers
from tests.support import databases
from tests.support.browser import Visitor
from tests.support.processes import Service, service

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def alone(servers: Servers, tmp_path: Path) -> AsyncIterator[Service]:
    """An API without any worker."""
    broker = servers.broker_url.removesuffix("/0") + "/15"
    async with databases.database(servers.database_url) as url:
        with service(url, broker, tmp_path) as running:
            running.start_api()
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def witness(browser: Browser, alone: Service) -> AsyncIterator[Visitor]:
    visitor = Visitor(browser, alone.url)
    yield visitor
    await visitor.leave()
    assert not visitor.complaints


async def test_without_a_worker_the_page_says_that_calendars_wait_and_follows_when_one_comes(
    witness: Visitor, alone: Service
) -> None:
    httpx.post(f"{alone.url}/api/v1/todos", json={"title": "a"}, trust_env=False).raise_for_status()
    page = await witness.visit()
    await page.get_by_role("button", name="Make calendar").click()
    waiting = page.locator(".job").filter(has_text="Waiting")
    await expect(waiting).to_contain_text("It waits for a worker, and begins as soon as one is free.")
    await expect(page.get_by_text("Waiting for a worker to make the calendar.")).to_be_visible()
    await expect(page.get_by_label("Done: a")).to_be_visible()
    alone.start("worker")
    await expect(page.locator(".job")).to_contain_text("Ready")
    await expect(page.locator("#calendar-state")).to_be_empty()


async def test_a_phone_says_nothing_of_deadlines_before_the_calendar_is_made(
    witness: Visitor, alone: Service
) -> None:
    page = await witness.visit(phone=True)
    none = page.get_by_text("No deadlines in this month.")
    await expect(page.get_by_text("Waiting for a worker to make the calendar.")).to_be_visible()
    await expect(none).to_be_hidden()
    alone.start("worker")
    await expect(none).to_be_visible()


async def test_an_api_that_is_gone_is_said_and_the_page_recovers_by_itself(
    witness: Visitor, alone: Service
) -> None:
    witness.expect(
        "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE"
    )
    page = await witness.visit()
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()
    alone.processes[0].send_signal(signal.SIGKILL)
    alone.processes[0].wait()
    title = page.get_by_label("Title", exact=True)
    await title.fill("Buy milk")
    await page.get_by_role("button", name="Add todo").click()
    await expect(page.locator("#connection")).to_contain_text("The service can't be reached.")
    await expect(page.locator("form.add .form-problem")).to_have_text("The service can't be reached.")
    await expect(title).to_have_value("Buy milk")
    alone.start_api()
    await expect(page.locator("#connection")).to_be_empty()
    await page.get_by_role("button", name="Add todo").click()
    await expect(page.get_by_label("Done: Buy milk")).to_be_visible()


async def test_a_browser_without_a_network_says_so_at_once(visitor: Visitor) -> None:
    visitor.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
    page = await visitor.visit()
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()
    await page.context.set_offline(True)
    await expect(page.locator("#connection")).to_contain_text("You are offline.")
    await page.context.set_offline(False)
    await expect(page.locator("#connection")).to_be_empty()


async def test_a_service_that_can_not_answer_now_is_asked_again(visitor: Visitor) -> None:
    visitor.expect("503 (Service Unavailable)")
    page = await visitor.visit("/docs")
    problem = {"title": "Unavailable", "status": 503, "detail": "The database can't be reached now."}
    answer = {"status": 503, "headers": {"retry-after": "1"}, "json": problem}
    await page.route("**/api/v1/todos?*", lambda route: route.fulfill(**answer), times=2)
    await page.goto(visitor.url)
    await expect(page.get_by_text("The database can't be reached now. Trying again in 1 s.")).to_be_visible()
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()
