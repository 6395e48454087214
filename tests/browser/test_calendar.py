"""The deadlines as the widget draws them from the file that the service made."""

from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import expect

from tests.support.browser import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")

OSLO = ZoneInfo("Europe/Oslo")


async def a_full_day(client: httpx.AsyncClient) -> None:
    """More deadlines today than a month has room for."""
    day = datetime.now(OSLO).date()
    for number in range(5):
        await client.post("/todos", json={"title": f"Number {number}", "deadline_at": f"{day}T12:00:00"})


async def test_deadlines_are_drawn_in_month_and_list_and_follow_changes(
    visitor: Visitor, client: httpx.AsyncClient
) -> None:
    day = datetime.now(OSLO).date()
    moment = datetime(day.year, day.month, day.day, 9, 30, tzinfo=OSLO).isoformat()
    await client.post("/todos", json={"title": "Buy milk", "deadline_at": f"{day}T16:30:00"})
    await client.post("/todos", json={"title": "Call the dentist", "deadline_at": moment})
    await client.post("/todos", json={"title": "Read a book"})
    page = await visitor.visit()
    events = page.locator("#calendar .fc-event")
    today = page.locator(f"#calendar [data-date='{day}']")
    await expect(today.locator(".fc-event")).to_have_text(["09:30Call the dentist", "16:30Buy milk"])
    await expect(page.get_by_text("1 todo has no deadline, and is not in the calendar.")).to_be_visible()

    await page.get_by_role("radio", name="List").check()
    await expect(events).to_have_count(2)
    await expect(events.first).to_contain_text("09:30")

    await page.get_by_role("button", name="Edit Read a book").click()
    form = page.get_by_role("form", name="Edit Read a book")
    await form.get_by_label("Deadline").fill(f"{day}T20:30")
    await form.get_by_role("button", name="Save").click()
    await expect(events).to_have_count(3)
    await expect(events.last).to_contain_text("20:30")
    await expect(page.locator("#calendar-skipped")).to_be_empty()
    # The page's own files are nobody's calendars.
    await expect(page.get_by_text("The first one that you make appears here.")).to_be_visible()


async def test_a_phone_is_shown_the_list_and_can_go_to_other_months(visitor: Visitor) -> None:
    page = await visitor.visit(phone=True)
    await expect(page.get_by_text("No deadlines in this month.")).to_be_visible()
    heading = page.locator(".calendar-title")
    now = await heading.inner_text()
    await page.get_by_role("button", name="Month after").click()
    await expect(heading).not_to_have_text(now)
    await page.get_by_role("button", name="Today").click()
    await expect(heading).to_have_text(now)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_what_a_day_has_no_room_for_is_found_in_the_list_of_its_month(
    visitor: Visitor, client: httpx.AsyncClient
) -> None:
    await a_full_day(client)
    page = await visitor.visit()
    heading = page.locator(".calendar-title")
    now = await heading.inner_text()
    await page.get_by_role("button", name="+2 more").press("Enter")
    await expect(page.locator("#calendar .fc-list-event")).to_have_count(5)
    await expect(page.get_by_role("radio", name="List")).to_be_checked()
    await expect(page.get_by_role("radio", name="List")).to_be_focused()
    await expect(heading).to_have_text(now)


async def test_a_phone_says_in_short_that_a_day_has_more(visitor: Visitor, client: httpx.AsyncClient) -> None:
    await a_full_day(client)
    page = await visitor.visit(phone=True)
    await page.get_by_role("radio", name="Month").check()
    await expect(page.get_by_role("button", name="+2")).to_have_text("+2")
