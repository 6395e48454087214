"""Pages need nothing from another host, and browsers let them do nothing else."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI

ROOT = "http://testserver"
# Attributes of HTML, and what modules import.
REFERENCE = re.compile(r"(?:src|href)=\"([^\"#]+)\"|from \"([^\"]+)\"|^import \"([^\"]+)\"", re.MULTILINE)


@pytest.fixture
async def browser(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=ROOT) as client:
        yield client


def references(answer: httpx.Response) -> set[str]:
    if "/vendor/" in str(answer.url) or answer.headers["content-type"].startswith("image/"):
        return set()
    found = {a or b or c for a, b, c in REFERENCE.findall(answer.text)}
    return {urljoin(str(answer.url), reference) for reference in found}


@pytest.mark.parametrize("page", ["/", "/docs", "/redoc"])
async def test_all_that_a_page_refers_to_is_served_here(browser: httpx.AsyncClient, page: str) -> None:
    seen: set[str] = set()
    ahead = {urljoin(ROOT, page)}
    while ahead:
        url = ahead.pop()
        assert url.startswith(f"{ROOT}/"), url
        answer = await browser.get(url)
        assert answer.status_code == 200, url
        assert answer.headers["x-content-type-options"] == "nosniff"
        seen.add(url)
        ahead |= references(answer) - seen
    assert len(seen) > 3


@pytest.mark.parametrize("page", ["/", "/docs", "/redoc"])
async def test_a_page_has_no_script_of_its_own_and_may_not_have_any(
    browser: httpx.AsyncClient, page: str
) -> None:
    answer = await browser.get(page)
    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", answer.text)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"


async def test_the_styles_that_the_page_may_add_have_another_secret_each_time(
    browser: httpx.AsyncClient,
) -> None:
    nonces = set()
    for _ in range(2):
        answer = await browser.get("/")
        (nonce,) = re.findall(r'<meta name="csp-nonce" content="([\w-]{22})">', answer.text)
        assert f"style-src 'self' 'nonce-{nonce}'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_an_asset_that_a_browser_has_already_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    url = "/static/page/main.js"
    first = await browser.get(url)
    assert first.headers["cache-control"] == "no-cache"
    again = await browser.get(url, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
