"""The API's own pages: the whole job can be tried out on them, under their policy."""

import json

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.browser import Visitor
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def opened(page: Page, operation: str) -> Locator:
    block = page.locator(f"[id$='-{operation}']")
    await block.locator(".opblock-summary-control").click()
    return block


async def executed(block: Locator, status: int) -> str:
    await block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response")
    await expect(answer.locator(".response-col_status")).to_contain_text(str(status))
    return await answer.locator(".microlight, .highlight-code code, pre").first.inner_text()


async def test_the_whole_job_is_tried_out_in_swagger(visitor: Visitor, client: httpx.AsyncClient) -> None:
    page = await visitor.visit("/docs")
    block = await opened(page, "createTodo")
    added = json.loads(await executed(block, 201))
    assert added["title"] == (await client.get("/todos")).json()[0]["title"]

    task = json.loads(await executed(await opened(page, "createCalendar"), 202))["task_id"]

    block = await opened(page, "getCalendarStatus")
    await block.get_by_placeholder("task_id").fill(task)
    assert json.loads(await executed(block, 200))["task_id"] == task

    async def made() -> bool:
        return bool((await client.get(f"/todos/ical/{task}/status")).json()["task_status"] == "SUCCESS")

    await until(made, "the calendar")
    block = await opened(page, "getCalendarResult")
    await block.get_by_placeholder("task_id").fill(task)
    await block.get_by_role("button", name="Execute").click()
    async with page.expect_download() as started:
        await block.get_by_role("link", name="Download file").click()
    assert (await (await started.value).path()).read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


async def test_redoc_shows_the_schema_and_searches_it(visitor: Visitor) -> None:
    page = await visitor.visit("/redoc")
    await page.get_by_placeholder("Search...").fill("download")
    await expect(page.get_by_role("menuitem", name="Download a calendar").first).to_be_visible()
