"""Todos in the browser: each thing a user does with them."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import pytest
from playwright.async_api import Error, Locator, Page, Route, expect

from tests.support.browser import Visitor, stop_clock
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


def row(page: Page, title: str) -> Locator:
    return page.locator("#todo-list > li").filter(has_text=title)


async def titles(page: Page) -> list[str]:
    return await page.locator(".todo-title").all_inner_texts()


async def stored(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    todos: list[dict[str, Any]] = (await client.get("/todos")).json()
    return todos


async def add(client: httpx.AsyncClient, title: str, **members: Any) -> int:
    return int((await client.post("/todos", json={"title": title, **members})).json()["id"])


async def test_a_todo_is_added_with_the_keyboard_alone(page: Page, client: httpx.AsyncClient) -> None:
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()
    await page.get_by_label("Title", exact=True).focus()
    await page.keyboard.type("Buy milk")
    await page.get_by_label("Deadline", exact=True).fill("2030-02-27T16:00")
    await page.get_by_label("Description").fill("Oat")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(row(page, "Buy milk")).to_contain_text("Oat")
    await expect(row(page, "Buy milk")).to_contain_text("local time")
    await expect(page.get_by_label("Title", exact=True)).to_be_focused()
    await expect(page.get_by_label("Title", exact=True)).to_have_value("")
    (todo,) = await stored(client)
    assert (todo["title"], todo["description"], todo["deadline_at"]) == (
        "Buy milk",
        "Oat",
        "2030-02-27T16:00:00",
    )


async def test_a_deadline_is_a_local_time_or_a_moment_as_was_chosen(
    page: Page, client: httpx.AsyncClient
) -> None:
    await page.get_by_label("Title", exact=True).fill("Call New York")
    await page.get_by_label("Deadline", exact=True).fill("2030-02-27T16:00")
    await page.get_by_label("Time zone").first.select_option("Europe/Oslo time")
    await expect(page.get_by_text("One moment for all")).to_be_visible()
    await page.get_by_role("button", name="Add todo").click()
    await expect(row(page, "Call New York")).to_contain_text("16:00")
    await expect(row(page, "Call New York")).to_contain_text("Europe/Oslo time")
    assert (await stored(client))[0]["deadline_at"] == "2030-02-27T15:00:00+00:00"


async def test_what_the_service_refuses_is_said_beside_its_field(
    visitor: Visitor, page: Page, client: httpx.AsyncClient
) -> None:
    visitor.expect("400 (Bad Request)")
    title = page.get_by_label("Title", exact=True)
    await title.fill("x" * 81)
    await page.get_by_role("button", name="Add todo").click()
    await expect(title).to_be_focused()
    await expect(title).to_have_attribute("aria-invalid", "true")
    await expect(title).to_have_accessible_description("Expected 1 to 80 characters, got 81.")
    await title.fill("x" * 80)
    await expect(title).not_to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Description").fill("y" * 121)
    await page.get_by_role("button", name="Add todo").click()
    await expect(page.get_by_label("Description")).to_have_accessible_description(
        "Expected up to 120 characters, got 121."
    )
    assert await stored(client) == []


async def test_a_todo_is_changed_in_its_place(visitor: Visitor, client: httpx.AsyncClient) -> None:
    await add(client, "Call the dentist", description="Ask", deadline_at="2030-02-27T15:00:00.123456Z")
    page = await visitor.visit()
    await page.get_by_role("button", name="Edit Call the dentist").click()
    form = page.get_by_role("form", name="Edit Call the dentist")
    await expect(form.get_by_label("Title")).to_be_focused()
    await expect(form.get_by_label("Deadline")).to_have_value("2030-02-27T16:00:00.123")
    await form.get_by_label("Title").fill("Call the doctor")
    await form.get_by_label("Description").fill("")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Edit Call the doctor")).to_be_focused()
    (todo,) = await stored(client)
    # What was not touched stays as it was, to the part of a second that the field can't show.
    assert (todo["title"], todo["description"], todo["deadline_at"]) == (
        "Call the doctor",
        None,
        "2030-02-27T15:00:00.123456+00:00",
    )


async def test_a_change_that_is_given_up_changes_nothing(visitor: Visitor, client: httpx.AsyncClient) -> None:
    await add(client, "Call the dentist")
    before = await stored(client)
    page = await visitor.visit()
    await page.get_by_role("button", name="Edit Call the dentist").click()
    await page.get_by_role("form", name="Edit Call the dentist").get_by_label("Title").fill("Nonsense")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Edit Call the dentist")).to_be_focused()
    assert await stored(client) == before


async def test_a_todo_is_completed_and_opened_again(visitor: Visitor, client: httpx.AsyncClient) -> None:
    await add(client, "Water the plants")
    page = await visitor.visit()
    check = page.get_by_label("Done: Water the plants")
    await check.focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_text("Water the plants is done.")).to_be_attached()
    assert (await stored(client))[0]["completed"]
    await check.uncheck()
    await expect(page.get_by_text("Water the plants is open again.")).to_be_attached()
    assert not (await stored(client))[0]["completed"]


async def test_a_deletion_is_sent_when_the_time_to_undo_is_over(
    visitor: Visitor, client: httpx.AsyncClient
) -> None:
    await add(client, "Old thing")
    page = await visitor.visit(clock=True)
    await expect(row(page, "Old thing")).to_be_visible()
    await stop_clock(page)
    await page.get_by_role("button", name="Delete Old thing").click()
    await expect(page.get_by_label("Done: Old thing")).to_have_count(0)
    await expect(page.get_by_role("button", name="Undo: keep Old thing")).to_be_focused()
    await page.clock.run_for(7_900)
    assert len(await stored(client)) == 1
    await page.clock.run_for(200)
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()
    assert await stored(client) == []


async def test_an_undone_deletion_never_happened(visitor: Visitor, client: httpx.AsyncClient) -> None:
    await add(client, "Dear thing", deadline_at="2030-02-27T15:00:00")
    before = await stored(client)
    page = await visitor.visit(clock=True)
    await expect(row(page, "Dear thing")).to_be_visible()
    await stop_clock(page)
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    await page.get_by_role("button", name="Delete Dear thing").click()
    # A list that is read meanwhile does not bring it back.
    await page.get_by_role("radio", name="All", exact=True).check()
    await page.clock.run_for(300)
    await expect(page.get_by_text("0 todos.")).to_be_attached()
    await expect(page.get_by_label("Done: Dear thing")).to_have_count(0)
    await page.get_by_role("button", name="Undo: keep Dear thing").press("Enter")
    await expect(page.get_by_role("button", name="Delete Dear thing")).to_be_focused()
    await page.clock.run_for(20_000)
    assert "DELETE" not in sent
    assert await stored(client) == before


async def test_a_deletion_is_sent_when_the_page_is_left(visitor: Visitor, client: httpx.AsyncClient) -> None:
    await add(client, "Old thing")
    page = await visitor.visit()
    await page.get_by_role("button", name="Delete Old thing").click()
    await page.goto(f"{visitor.url}/docs")

    async def gone() -> bool:
        return await stored(client) == []

    await until(gone, "the deletion")


async def test_the_focus_is_not_lost_with_the_last_todo(visitor: Visitor, client: httpx.AsyncClient) -> None:
    for narrowed in (False, True):
        await add(client, "Old thing")
        page = await visitor.visit("/?q=old" if narrowed else "/", clock=True)
        await expect(row(page, "Old thing")).to_be_visible()
        await stop_clock(page)
        await page.get_by_role("button", name="Delete Old thing").press("Enter")
        await page.clock.run_for(8000)
        clear = page.get_by_role("button", name="Clear the filters")
        await expect(clear if narrowed else page.locator("#todos")).to_be_focused()


async def test_what_is_being_written_stays_when_other_todos_are_looked_for(
    visitor: Visitor, client: httpx.AsyncClient
) -> None:
    await add(client, "Call the dentist")
    await add(client, "Buy milk")
    page = await visitor.visit()
    await page.get_by_role("button", name="Edit Call the dentist").click()
    title = page.get_by_role("form", name="Edit Call the dentist").get_by_label("Title")
    await title.fill("Call the doctor")
    await page.get_by_label("Search").fill("bread")
    await expect(page.locator(".todo-title")).to_have_count(0)
    await page.get_by_label("Search").fill("")
    await expect(page.locator(".todo-title")).to_have_text(["Buy milk"])
    await expect(title).to_have_value("Call the doctor")
    await title.press("Enter")
    await expect(page.locator(".todo-title")).to_have_text(["Call the doctor", "Buy milk"])


async def test_todos_are_filtered_and_searched_by_the_service(
    visitor: Visitor, client: httpx.AsyncClient
) -> None:
    await add(client, "Buy milk", deadline_at="2001-01-01")
    await add(client, "Buy bread", deadline_at="2090-01-01")
    await add(client, "Read", description="About MILK")
    await add(client, "Milk the cow", completed=True)
    page = await visitor.visit()
    await expect(page.locator(".todo-title")).to_have_count(3)
    # Keyboards of phones put a space after each word.
    await page.get_by_label("Search").fill("milk ")
    await expect(page.locator(".todo-title")).to_have_text(["Buy milk", "Read"])
    await page.get_by_role("radio", name="All", exact=True).check()
    await expect(page.locator(".todo-title")).to_have_text(["Buy milk", "Read", "Milk the cow"])
    await page.get_by_label("Search").fill("")
    await page.locator("#filters").get_by_label("Due within (days)").fill("3")
    await expect(page.locator(".todo-title")).to_have_text(["Buy milk"])
    await page.reload()
    await expect(page.locator(".todo-title")).to_have_text(["Buy milk"])
    await page.get_by_label("Search").fill("bread")
    await page.get_by_role("button", name="Clear the filters").click()
    await expect(page.locator(".todo-title")).to_have_count(4)


async def test_a_filter_that_the_service_refuses_says_why(visitor: Visitor, page: Page) -> None:
    visitor.expect("400 (Bad Request)")
    days = page.locator("#filters").get_by_label("Due within (days)")
    await days.fill("99999")
    await expect(days).to_have_accessible_description("Input should be less than or equal to 36500.")


async def test_a_long_list_is_shown_page_by_page(visitor: Visitor, client: httpx.AsyncClient) -> None:
    for number in range(51):
        await add(client, f"Number {number}")
    page = await visitor.visit()
    await expect(page.locator(".todo-title")).to_have_count(50)
    await page.locator("#more").click()
    await expect(page.locator(".todo-title")).to_have_count(51)
    await expect(page.get_by_label("Done: Number 50")).to_be_focused()
    await expect(page.locator("#more")).to_be_hidden()


async def test_a_todo_that_was_added_to_a_long_list_is_in_it_once(
    visitor: Visitor, client: httpx.AsyncClient
) -> None:
    for number in range(50):
        await add(client, f"Number {number}")
    await add(client, "Last")
    page = await visitor.visit()
    await expect(page.locator("#more")).to_be_visible()
    await page.get_by_label("Title", exact=True).fill("New")
    await page.keyboard.press("Enter")
    await expect(page.locator(".todo-title").first).to_have_text("New")
    await page.locator("#more").click()
    await expect(page.get_by_label("Done: Last")).to_be_focused()
    await expect(page.locator(".todo-title")).to_have_count(52)


async def test_what_a_user_wrote_is_text_and_never_markup(
    visitor: Visitor, client: httpx.AsyncClient
) -> None:
    evil = "<img src=x onerror=alert(1)>"
    await add(client, evil, description=evil, deadline_at="2001-01-01")
    page = await visitor.visit()
    await expect(row(page, "onerror")).to_contain_text("Overdue")
    assert await titles(page) == [evil]
    assert await page.locator("main img").count() == 0


async def test_the_keyboard_skips_what_is_before_the_todos_and_is_caught_nowhere(page: Page) -> None:
    await expect(page.get_by_text("Nothing to do.")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the todos")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Title", exact=True)).to_be_focused()
    last = page.get_by_role("link", name="read about it")
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await last.evaluate("link => link === document.activeElement"):
            return
    raise AssertionError("the end of the page was never reached")


async def test_a_todo_that_is_added_while_the_list_is_read_stays(visitor: Visitor) -> None:
    answered, let = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        response = await route.fetch()
        answered.set()
        await let.wait()
        with suppress(Error):  # nobody waits for it any more
            await route.fulfill(response=response)

    page = await visitor.visit("/docs")
    await page.route("**/api/v1/todos?*", hold, times=1)
    await page.goto(visitor.url)
    await answered.wait()
    await page.get_by_label("Title", exact=True).fill("Buy milk")
    await page.get_by_role("button", name="Add todo").click()
    await expect(page.get_by_label("Done: Buy milk")).to_be_visible()
    let.set()
    await expect(page.locator("#todo-list[aria-busy]")).to_have_count(0)
    await expect(page.get_by_label("Done: Buy milk")).to_be_visible()
