"""Calendars in the browser: asked for, watched, downloaded, and looked into when they are old."""

import asyncio
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from playwright.async_api import Locator, Page, Route, expect

from tests.support import databases
from tests.support.asking import held_up
from tests.support.browser import Visitor, stop_clock
from tests.support.processes import Service
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWNER = "00000000-0000-0000-0000-000000000001"


def job(page: Page, name: str) -> Locator:
    return page.locator(".job").filter(has=page.get_by_role("heading", name=name, exact=True))


async def jobs(client: httpx.AsyncClient, *but: str) -> list[dict[str, Any]]:
    """Those that are not the page's own, newest first."""
    listed = (await client.get("/todos/ical?limit=200")).json()
    return [each for each in listed if each["options"]["name"] not in {"Deadlines on the page", *but}]


async def a_job(running: Service, name: str, **columns: str) -> None:
    """A job that stands as its columns say, in SQL."""
    names = ", ".join(["options", *columns])
    values = ", ".join([f"""'{{"component": "event", "name": "{name}", "window": 7}}'""", *columns.values()])
    await databases.execute(
        running.database_url,
        f"INSERT INTO jobs (id, owner_id, {names}) VALUES (gen_random_uuid(), '{OWNER}', {values})",
    )


async def test_a_calendar_is_made_with_its_options_and_downloaded(
    page: Page, client: httpx.AsyncClient
) -> None:
    await client.post("/todos", json={"title": "Buy milk", "deadline_at": "2026-12-24T16:00:00"})
    await client.post("/todos", json={"title": "Read a book"})
    form = page.get_by_role("form", name="Make a calendar")
    await form.get_by_label("Name").fill("Work")
    await form.get_by_label("Todos").select_option("Open only")
    await form.get_by_label("Due within (days)").fill("36500")
    await form.get_by_label("As", exact=True).select_option("Both")
    await form.get_by_label("Time zone").fill("Europe/Oslo")
    await form.get_by_label("Remind before (minutes)").fill("30")
    await form.get_by_role("button", name="Make calendar").click()
    await expect(job(page, "Work")).to_contain_text("Ready")
    await expect(job(page, "Work")).to_contain_text(
        "events and tasks · open only · due within 36500 days · Europe/Oslo · reminder 30 min before"
    )
    async with page.expect_download() as started:
        await job(page, "Work").get_by_role("link", name="Download Work").click()
    download = await started.value
    assert download.suggested_filename == "taskoverflow.ics"
    calendar = Calendar.from_ical((await download.path()).read_bytes())
    assert str(calendar["X-WR-CALNAME"]) == "Work"
    assert [str(event["SUMMARY"]) for event in calendar.walk("VEVENT")] == ["Buy milk"]
    assert len(calendar.walk("VALARM")) == 1

    await job(page, "Work").get_by_text("What happened").click()
    await expect(job(page, "Work").locator(".timeline li")).to_have_count(3)
    await expect(job(page, "Work").locator(".timeline")).to_contain_text("A worker began")


async def test_the_link_of_a_calendar_is_copied(visitor: Visitor, client: httpx.AsyncClient) -> None:
    page = await visitor.visit()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Make calendar").click()
    await page.get_by_role("button", name="Copy link of Todos").click()
    await expect(job(page, "Todos").get_by_text("Copied")).to_be_visible()
    (made,) = await jobs(client)
    assert await page.evaluate("navigator.clipboard.readText()") == made["result_url"]


async def test_a_calendar_is_watched_while_it_is_made_without_asking_again(
    page: Page, running: Service
) -> None:
    await expect(page.locator("#calendar-state")).to_be_empty()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    async with held_up(running.database_url):
        await page.get_by_role("button", name="Make calendar").click()
        await expect(job(page, "Todos")).to_contain_text("Being made")
        await expect(page.get_by_role("progressbar", name="Todos: Being made")).to_be_visible()
    await expect(job(page, "Todos")).to_contain_text("Ready")
    # The first status is asked for; all that follow come by themselves.
    assert [url.rpartition("/")[2] for url in asked if "/todos/ical/" in url] == ["status", "events"]


async def test_where_no_event_stream_comes_through_the_status_is_asked_for(
    visitor: Visitor, page: Page
) -> None:
    visitor.expect("502 (Bad Gateway)")
    await page.route("**/events", lambda route: route.fulfill(status=502))
    await page.get_by_role("button", name="Make calendar").click()
    await expect(job(page, "Todos")).to_contain_text("Ready")


async def test_a_calendar_whose_answer_was_lost_is_not_made_twice(
    visitor: Visitor, page: Page, client: httpx.AsyncClient
) -> None:
    visitor.expect("ERR_FAILED")
    await expect(page.locator("#calendar-state")).to_be_empty()

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/api/v1/todos/ical", lose, times=1)
    make = page.get_by_role("button", name="Make calendar")
    await make.click()
    await expect(page.locator("form.make .form-problem")).to_have_text("The service can't be reached.")
    await expect(page.locator("#connection")).to_be_empty()
    # The service can be reached again, and tells of what it had accepted.
    await expect(job(page, "Todos")).to_be_visible()
    await make.click()
    await expect(page.locator(".job.new")).to_contain_text("Ready")
    await expect(page.locator(".job")).to_have_count(1)
    assert len(await jobs(client)) == 1


async def test_a_list_that_comes_late_leaves_what_was_made_meanwhile(page: Page) -> None:
    asked, released = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        asked.set()
        await released.wait()
        await route.fulfill(response=answer)

    await page.route("**/api/v1/todos/ical?**", hold)
    await page.reload()
    await asked.wait()
    await page.get_by_role("button", name="Make calendar").click()
    await expect(job(page, "Todos")).to_contain_text("Ready")
    async with page.expect_response("**/api/v1/todos/ical?**") as late:
        released.set()
    await (await late.value).finished()
    # What the list said is shown once the button beneath it works again.
    await expect(page.locator("#jobs button", has_text="Show more")).to_be_enabled()
    await expect(job(page, "Todos")).to_contain_text("Ready")


async def test_options_that_are_refused_are_said_beside_their_fields(
    visitor: Visitor, page: Page, client: httpx.AsyncClient
) -> None:
    visitor.expect("400 (Bad Request)")
    form = page.get_by_role("form", name="Make a calendar")
    await form.get_by_label("Time zone").fill("Atlantis")
    await form.get_by_label("Remind before (minutes)").fill("99999")
    await form.get_by_role("button", name="Make calendar").click()
    await expect(form.get_by_label("Time zone")).to_be_focused()
    for label in ("Time zone", "Remind before (minutes)"):
        await expect(form.get_by_label(label)).to_have_attribute("aria-invalid", "true")
    await expect(form.get_by_label("Time zone")).to_have_accessible_description(
        "Expected the name of an IANA time zone, such as Europe/Oslo. For example Europe/Oslo; empty leaves local times local."
    )
    assert await jobs(client) == []


async def test_a_failed_calendar_says_why_and_is_tried_again(
    visitor: Visitor, running: Service, client: httpx.AsyncClient
) -> None:
    await a_job(
        running, "Broken", state="'FAILURE'", finished_at="now()", error="'attempt 5 of 5 was too long'"
    )
    page = await visitor.visit()
    await expect(job(page, "Broken")).to_contain_text("Why: attempt 5 of 5 was too long.")
    await job(page, "Broken").get_by_role("button", name="Retry").click()
    await expect(job(page, "Broken").filter(has_text="Ready")).to_have_count(1)
    again, first = await jobs(client)
    assert (again["task_status"], again["options"]) == ("SUCCESS", first["options"])


async def test_an_expired_calendar_says_so_and_offers_no_download(visitor: Visitor, running: Service) -> None:
    await a_job(running, "Old", state="'SUCCESS'", finished_at="now()", removed_at="now()")
    page = await visitor.visit()
    await expect(job(page, "Old")).to_contain_text("Its file was removed after its time.")
    await expect(job(page, "Old").get_by_role("link")).to_have_count(0)
    await expect(job(page, "Old").get_by_role("button", name="Make it again: Old")).to_be_visible()


async def test_a_calendar_that_waits_is_cancelled_once_that_is_confirmed(
    visitor: Visitor, running: Service, client: httpx.AsyncClient
) -> None:
    await a_job(running, "Waiting", run_at="now() + interval '1 hour'", ring_at="now() + interval '1 hour'")
    page = await visitor.visit()
    await job(page, "Waiting").get_by_role("button", name="Cancel Waiting").click()
    dialog = page.get_by_role("dialog", name="Cancel “Waiting”?")
    await expect(dialog.get_by_role("button", name="Keep it as it is")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert (await jobs(client))[0]["task_status"] == "PENDING"
    await job(page, "Waiting").get_by_role("button", name="Cancel Waiting").click()
    await dialog.get_by_role("button", name="Cancel it").click()
    await expect(job(page, "Waiting")).to_contain_text("Cancelled")
    assert (await jobs(client))[0]["task_status"] == "REVOKED"


async def test_the_focus_stays_on_a_calendar_whose_cancellation_is_told_twice(
    visitor: Visitor, running: Service
) -> None:
    await a_job(running, "Waiting", run_at="now() + interval '1 hour'", ring_at="now() + interval '1 hour'")
    page = await visitor.visit()

    async def tell_again(route: Route) -> None:
        answer = await route.fetch()
        await expect(job(page, "Waiting")).to_contain_text("Cancelled")
        status = await answer.json()
        await route.fulfill(json=status | {"options": status["options"] | {"name": "Told twice"}})

    await job(page, "Waiting").get_by_role("button", name="Cancel Waiting").press("Enter")
    await page.route("**/api/v1/todos/ical/*", tell_again, times=1)
    await page.get_by_role("dialog").get_by_role("button", name="Cancel it").press("Enter")
    await expect(job(page, "Told twice")).to_contain_text("Cancelled")
    await expect(job(page, "Told twice").get_by_role("button", name="Make it again")).to_be_focused()


async def test_all_open_calendars_are_followed_and_not_the_newest_alone(
    visitor: Visitor, running: Service, client: httpx.AsyncClient
) -> None:
    for number in range(6):
        await a_job(
            running,
            f"Number {number}",
            run_at="now() + interval '1 hour'",
            ring_at="now() + interval '1 hour'",
            created_at=f"now() - interval '{number} min'",
        )
    page = await visitor.visit(clock=True)
    await expect(page.locator("#calendar-state")).to_be_empty()
    await expect(page.locator(".job").filter(has_text="Waiting")).to_have_count(6)
    await stop_clock(page)
    listed = await jobs(client)

    async def cancel(number: int) -> None:
        (await client.delete(f"/todos/ical/{listed[number]['task_id']}")).raise_for_status()

    async def looked_at() -> bool:
        await page.clock.run_for(5000)
        return await job(page, "Number 5").get_by_text("Cancelled").is_visible()

    await cancel(5)
    await until(looked_at, "the end of the oldest")
    await cancel(4)
    await cancel(2)
    # Time stands still: one tells of itself, and the other is looked at then.
    for number in (2, 4):
        await expect(job(page, f"Number {number}")).to_contain_text("Cancelled")
    await expect(page.locator(".job").filter(has_text="Waiting")).to_have_count(3)


async def test_a_calendar_with_a_name_of_the_page_s_own_is_listed(visitor: Visitor, running: Service) -> None:
    await a_job(running, "Page", state="'REVOKED'", finished_at="now()")
    await a_job(running, "Deadlines on the page", state="'REVOKED'", finished_at="now()")
    page = await visitor.visit()
    await expect(page.locator(".job h4")).to_have_text(["Deadlines on the page", "Page"])


async def test_many_earlier_calendars_are_shown_part_by_part(visitor: Visitor, running: Service) -> None:
    for number in range(8):
        await a_job(
            running,
            f"Number {number}",
            state="'REVOKED'",
            finished_at="now()",
            created_at=f"now() - interval '{number} min'",
        )
    page = await visitor.visit()
    await expect(page.locator(".job")).to_have_count(6)
    await page.locator("#jobs").get_by_role("button", name="Show more").click()
    await expect(page.locator(".job h4")).to_have_text([f"Number {number}" for number in range(8)])
