"""Real apps subscribe to a feed, and follow a todo through its life."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.tools import Tools, installed_tools
from tests.feeds.followers import Khal, read_in_node
from tests.support.processes import service
from tests.support.waiting import wait_until

MILK = {"title": "Buy milk", "deadline_at": "2030-01-02T16:00:00"}


@pytest.fixture
def api(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    soon = {"TASKOVERFLOW_FEED_INTERVAL": "0.1", "TASKOVERFLOW_SWEEP_INTERVAL": "0.1"}
    with service(database_url, broker_url, tmp_path, **soon) as running:
        running.start_api()
        running.start("worker")
        with httpx.Client(base_url=f"{running.url}/api/v1", trust_env=False, timeout=60) as client:
            yield client


@pytest.fixture(scope="module")
def tools() -> Tools:
    return installed_tools()


def subscribable(api: httpx.Client, **options: Any) -> str:
    """The URL of a calendar that has its first file."""
    url: str = api.post("/calendars", json=options).json()["url"]
    wait_until(lambda: api.get(url).status_code == 200, "the first file")
    return url


def test_khal_follows_a_todo_through_a_reschedule_and_a_delete(api: httpx.Client, tmp_path: Path) -> None:
    todo = api.post("/todos", json=MILK).json()["id"]
    api.post("/todos", json={"title": "Call Åse", "deadline_at": "2030-01-05T09:00:00"})
    khal = Khal.subscribed_to(subscribable(api), tmp_path)

    def shows(line: str) -> str | None:
        shown = khal.refreshed()
        assert "2030-01-05 09:00 CONFIRMED Call Åse" in shown
        return shown if [each for each in shown.splitlines() if "milk" in each] == [line] else None

    def reschedule() -> None:
        api.patch(f"/todos/{todo}", json={"deadline_at": "2030-01-03T18:30:00"})

    session = []
    for act, line in (
        (lambda: None, "2030-01-02 16:00 CONFIRMED Buy milk"),
        (reschedule, "2030-01-03 18:30 CONFIRMED Buy milk"),
        (lambda: api.delete(f"/todos/{todo}"), "2030-01-03 18:30 CANCELLED Buy milk"),
    ):
        act()
        session.append(wait_until(partial(shows, line), line))
    # For whoever wants to see it: pytest -rP.
    sys.stdout.write("\n".join(session))


@pytest.mark.parametrize("component", ["event", "todo", "both"])
def test_ical_js_and_node_ical_follow_a_todo_through_a_reschedule_and_a_delete(
    api: httpx.Client, tools: Tools, tmp_path: Path, component: str
) -> None:
    todo = api.post("/todos", json={**MILK, "deadline_at": "2030-01-02T16:00:00Z"}).json()["id"]
    url = subscribable(api, component=component)
    kinds = {"event": ["VEVENT"], "todo": ["VTODO"], "both": ["VEVENT", "VTODO"]}[component]
    first = read_in_node(tools, url, tmp_path)
    uids = {part["kind"]: part["uid"] for part in first["ical.js"]}
    assert sorted(uids) == kinds

    def follows(sequence: int, when: str, *statuses: str) -> None:
        def reads() -> dict[str, list[dict[str, Any]]] | None:
            seen = read_in_node(tools, url, tmp_path)
            return seen if {part["sequence"] for part in seen["ical.js"]} == {sequence} else None

        for reader, parts in wait_until(reads, f"sequence {sequence}").items():
            assert {part["kind"]: part["uid"] for part in parts} == uids, reader
            assert {part["when"] for part in parts} == {when}, reader
            assert {part["status"] for part in parts} <= set(statuses), reader
            assert {part["summary"] for part in parts} == {"Buy milk"}, reader

    follows(0, "2030-01-02T16:00:00.000Z", "CONFIRMED", "NEEDS-ACTION")
    api.patch(f"/todos/{todo}", json={"deadline_at": "2030-01-03T18:30:00Z"})
    follows(1, "2030-01-03T18:30:00.000Z", "CONFIRMED", "NEEDS-ACTION")
    api.delete(f"/todos/{todo}")
    follows(2, "2030-01-03T18:30:00.000Z", "CANCELLED")
