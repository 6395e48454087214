"""Whoever knows a feed's URL can read it: what others may see does not have it."""

from pathlib import Path

import httpx
import pytest

from app.domain.feeds import FeedToken, without_secrets
from tests.support.feeds import token_of
from tests.support.processes import service
from tests.support.waiting import wait_until


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_no_log_has_a_feeds_secret(
    database_url: str, broker_url: str, tmp_path: Path, log_format: str
) -> None:
    with service(database_url, broker_url, tmp_path, TASKOVERFLOW_LOG_FORMAT=log_format) as running:
        running.start_api()
        with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False) as client:
            feed = client.post("/calendars").json()
            token = token_of(feed).text
            for path in (
                f"{token}.ics",
                f"{token}.ics?x=1",
                token,
                f"{token}/x",
                f"{token}.ICS",
                f"{token}%2Eics",
                f"/{token}.ics",
            ):
                client.get(f"/calendars/{path}")
            for path in (f"/{token}.ics", f"/todos/ical/{token}", f"/todos?cursor={token}", f"/x%2F{token}"):
                client.get(path)
            # A client may be given the URL where it is asked for an id.
            client.get("/todos", headers={"X-Request-ID": token})
            client.delete(f"/calendars/{token}.ics")
            client.get("/todos", headers={"X-Request-ID": "the-last-one"})
        (log,) = tmp_path.glob("api-*.log")
        wait_until(lambda: "the-last-one" in log.read_text(), "the log of the last request")
        said = log.read_text()
    assert said.count("…") + said.count("\\u2026") == 1
    assert token not in said


def test_ids_are_no_secrets() -> None:
    path = "/api/v1/calendars/7c1f0a52-5d0e-4b7c-9a55-0c0f6f2f8f11/rotate"
    assert without_secrets(path) == path


def test_tokens_differ_and_do_not_show_themselves() -> None:
    tokens = [FeedToken.new() for _ in range(100)]
    assert len({token.text for token in tokens}) == len({token.hash for token in tokens}) == 100
    assert tokens[0].text not in f"{tokens[0]} {tokens[0]!r}"
