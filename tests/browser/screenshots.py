"""The README's pictures: ``python -m tests.browser.screenshots`` draws them anew, always with the same content."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from playwright.async_api import Browser, Page, async_playwright, expect

from app.cli.local.servers import Servers, local_servers
from tests.support import databases
from tests.support.browser import ARGUMENTS, Visitor
from tests.support.processes import Service, service

FOLDER = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 150_000
NOW = datetime(2026, 12, 9, 10, 30, tzinfo=ZoneInfo("Europe/Oslo"))
TODOS = (
    {"title": "Buy milk", "description": "Oat, two litres", "deadline_at": "2026-12-09T16:00:00"},
    {"title": "Return the library books", "deadline_at": "2026-12-08T18:00:00"},
    {"title": "Call the office in New York", "deadline_at": "2026-12-10T14:30:00Z"},
    {
        "title": "Book the night train to Bergen",
        "description": "Window seats",
        "deadline_at": "2026-12-14T09:00:00",
    },
    {"title": "Wrap the presents", "deadline_at": "2026-12-22T20:00:00"},
    {"title": "Fireworks at the harbour", "deadline_at": "2026-12-31T23:00:00Z"},
    {"title": "Read a long book"},
    {"title": "Water the plants", "completed": True},
)


async def todos(page: Page) -> None:
    await expect(page.locator(".todo-title")).to_have_count(7)


async def nothing(page: Page) -> None:
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()


async def calendars(page: Page) -> None:
    await expect(page.locator(".job")).to_have_count(3)
    await page.get_by_text("What happened").first.click()
    await expect(page.locator(".timeline li").first).to_be_visible()
    # On a phone the form is above all that it makes.
    part = "#jobs" if await page.evaluate("innerWidth < 600") else "#calendars"
    await page.locator(part).evaluate("part => part.scrollIntoView({ behavior: 'instant' })")


async def refused(page: Page) -> None:
    title = page.get_by_label("Title", exact=True)
    await title.fill("Something that takes far more words to say than fit into one line of any calendar app")
    await page.get_by_role("button", name="Add todo").click()
    await expect(title).to_be_focused()


async def away(page: Page) -> None:
    await todos(page)
    await page.get_by_role("button", name="Delete Wrap the presents").click()
    await page.context.set_offline(True)
    await expect(page.locator("#connection")).to_contain_text("You are offline.")
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


State = Callable[[Page], Awaitable[None]]
STATES: dict[str, tuple[State, bool]] = {
    "empty": (nothing, False),
    "todos": (todos, False),
    "calendars": (calendars, False),
    "refused": (refused, True),
    "away": (away, True),
}
"""What is shown, and whether in the dark."""


async def fill(client: httpx.AsyncClient, running: Service) -> None:
    """Todos and calendars, of which nothing but the ids differs from one time to the next."""
    for todo in TODOS:
        (await client.post("/todos", json=todo)).raise_for_status()
    for options in (
        {"name": "Family", "timezone": "Europe/Oslo", "alarm": 30},
        {"name": "Work", "window": 14},
    ):
        headers = {"Prefer": "wait=30"}
        made = await client.post("/todos/ical", json=options, headers=headers)
        assert made.json()["task_status"] == "SUCCESS", made.text
    feed = await client.post("/calendars", json={"name": "Everyone", "timezone": "Europe/Oslo"})
    feed.raise_for_status()
    await databases.execute(
        running.database_url,
        "INSERT INTO jobs (id, owner_id, options, state, attempt, error, finished_at, created_at)"
        " SELECT gen_random_uuid(), owner_id, options || '{\"name\": \"Everything\"}', 'FAILURE', 5,"
        " 'attempt 5 of 5 ended without a word: its worker died or stalled', now(), created_at - interval '1 h'"
        " FROM jobs WHERE options->>'name' = 'Family'",
        f"UPDATE job_events SET at = '{NOW}'::timestamptz - interval '1 min' + CASE kind WHEN 'claimed' THEN 1 ELSE 2 END * interval '1 s'",
        "UPDATE jobs SET created_at = CASE options->>'name'"
        f" WHEN 'Family' THEN '{NOW}'::timestamptz - interval '1 min'"
        f" WHEN 'Work' THEN '{NOW}'::timestamptz - interval '1 h' ELSE '{NOW}'::timestamptz - interval '1 day' END",
    )


async def draw(browser: Browser, running: Service, name: str, *, phone: bool) -> None:
    state, dark = STATES[name]
    visitor = Visitor(browser, running.url)
    page = await visitor.visit(phone=phone, dark=dark, now=NOW)
    await expect(page.locator("#calendar-state")).to_be_empty()
    await state(page)
    file = FOLDER / f"{name}-{'phone' if phone else 'desktop'}.png"
    await page.screenshot(path=file, animations="disabled")
    await visitor.leave()
    assert file.stat().st_size < LARGEST, file


async def draw_all(servers: Servers, folder: Path) -> None:
    await databases.make_template(servers.database_url)
    async with databases.database(servers.database_url) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        with service(url, servers.broker_url, folder) as running:
            running.start_api()
            running.start("worker")
            for phone in (False, True):
                await draw(browser, running, "empty", phone=phone)
            async with httpx.AsyncClient(
                base_url=f"{running.url}/api/v1", trust_env=False, timeout=60
            ) as client:
                await fill(client, running)
            for name in list(STATES)[1:]:
                for phone in (False, True):
                    await draw(browser, running, name, phone=phone)
        await browser.close()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, local_servers(Path(scratch), durable=False) as servers:
        asyncio.run(draw_all(servers, Path(scratch)))
