"""No main state of the page has a flaw that axe-core knows, in light and dark, on a desktop and a phone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.test_making import a_job
from tests.support.browser import Visitor, accessibility_flaws
from tests.support.processes import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOOKS = pytest.mark.parametrize(
    ("phone", "dark"),
    [(False, False), (False, True), (True, False), (True, True)],
    ids=["desktop", "desktop-dark", "phone", "phone-dark"],
)


async def check(page: Page) -> None:
    # What moves is in between two states, and is neither.
    await page.emulate_media(reduced_motion="reduce")
    assert await accessibility_flaws(page) == []


@LOOKS
async def test_states_of_the_page_are_accessible(
    visitor: Visitor, running: Service, client: httpx.AsyncClient, *, phone: bool, dark: bool
) -> None:
    visitor.expect("400 (Bad Request)", "ERR_INTERNET_DISCONNECTED")
    page = await visitor.visit(phone=phone, dark=dark)
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()
    await expect(page.locator("#calendar-state")).to_be_empty()
    await check(page)

    await client.post("/todos", json={"title": "Buy milk", "description": "Oat", "deadline_at": "2001-01-01"})
    await client.post("/todos", json={"title": "Read", "deadline_at": "2090-01-01T10:00:00Z"})
    await client.post("/todos", json={"title": "Done", "completed": True})
    day = datetime.now(ZoneInfo("Europe/Oslo")).date()
    for number in range(5):
        await client.post("/todos", json={"title": f"Number {number}", "deadline_at": f"{day}T12:00:00"})
    await a_job(running, "Broken", state="'FAILURE'", finished_at="now()", error="'too long'")
    await a_job(running, "Old", state="'SUCCESS'", finished_at="now()", removed_at="now()")
    await a_job(running, "Later", run_at="now() + interval '1 hour'", ring_at="now() + interval '1 hour'")
    await page.goto(f"{visitor.url}/?show=all")
    await expect(page.locator(".todo-title")).to_have_count(8)
    await expect(page.locator(".job")).to_have_count(3)
    await page.get_by_role("button", name="Edit Read").click()
    await page.get_by_role("button", name="Delete Done").click()
    await page.get_by_text("What happened").first.click()
    await page.get_by_role("button", name="Add todo").click()
    await expect(page.get_by_text("Expected 1 to 80 characters, got 0.")).to_be_visible()
    await check(page)
    await page.get_by_role("radio", name="Month").check()
    await expect(page.get_by_role("button", name="+2")).to_be_visible()
    await check(page)

    await page.get_by_role("button", name="Cancel Later").click()
    await check(page)
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    await expect(page.locator("#connection")).to_contain_text("You are offline.")
    await check(page)
