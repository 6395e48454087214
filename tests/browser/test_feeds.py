"""Subscriptions in the browser: made, shown once, given another address, revoked."""

import httpx
import pytest
from icalendar import Calendar
from playwright.async_api import Locator, Page, Route, expect

from tests.support.browser import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="session")


def feed(page: Page, name: str) -> Locator:
    return page.locator(".feed").filter(has=page.get_by_role("heading", name=name, exact=True))


async def fetched(url: str) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        return await client.get(url)


async def test_a_subscription_is_made_renewed_and_revoked(visitor: Visitor) -> None:
    page = await visitor.visit()
    form = page.get_by_role("form", name="Make a calendar")
    await form.get_by_label("Name").fill("Family")
    await form.get_by_role("button", name="Subscribe").click()
    address = page.get_by_label("Address of Family")
    await expect(address).to_be_focused()
    first = await address.input_value()
    assert str(Calendar.from_ical((await fetched(first)).content)["X-WR-CALNAME"]) == "Family"
    opens = feed(page, "Family").get_by_role("link", name="Open in calendar app")
    await expect(opens).to_have_attribute("href", "webcal" + first.removeprefix("http"))

    await feed(page, "Family").get_by_role("button", name="New address for Family").click()
    await page.get_by_role("dialog").get_by_role("button", name="Give it a new one").click()
    await expect(address).to_be_focused()
    second = await address.input_value()
    assert (await fetched(first)).status_code == 404
    assert (await fetched(second)).status_code == 200

    await page.reload()
    await expect(feed(page, "Family")).to_contain_text("fetched")
    await expect(address).to_have_count(0)
    await feed(page, "Family").get_by_role("button", name="Revoke Family").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
    await expect(feed(page, "Family")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Subscriptions")).to_be_focused()
    assert (await fetched(second)).status_code == 404


async def test_the_address_of_a_subscription_is_copied(visitor: Visitor) -> None:
    page = await visitor.visit()
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("form", name="Make a calendar").get_by_role("button", name="Subscribe").click()
    await page.get_by_role("button", name="Copy address").click()
    await expect(feed(page, "Todos").get_by_text("Copied")).to_be_visible()
    address = await page.get_by_label("Address of Todos").input_value()
    assert await page.evaluate("navigator.clipboard.readText()") == address


async def test_a_subscription_that_is_refused_says_why_beside_its_field(visitor: Visitor) -> None:
    visitor.expect("400 (Bad Request)")
    page = await visitor.visit()
    form = page.get_by_role("form", name="Make a calendar")
    await form.get_by_label("Name").fill(" ")
    await form.get_by_role("button", name="Subscribe").click()
    await expect(form.get_by_label("Name")).to_be_focused()
    await expect(form.get_by_label("Name")).to_have_accessible_description(
        "Expected 1 to 80 characters, got 0."
    )
    await expect(page.locator(".feed")).to_have_count(0)


async def test_a_subscription_that_could_not_be_made_anew_says_why(
    visitor: Visitor, client: httpx.AsyncClient
) -> None:
    await client.post("/calendars", json={"name": "Family"})
    page = await visitor.visit("/docs")

    async def failing(route: Route) -> None:
        feeds = await (await route.fetch()).json()
        await route.fulfill(json=[each | {"error": "attempt 5 of 5 was too long"} for each in feeds])

    await page.route("**/api/v1/calendars?*", failing)
    await page.goto(visitor.url)
    await expect(feed(page, "Family")).to_contain_text("Why: attempt 5 of 5 was too long.")
