"""The list of an owner's calendars, page by page."""

from base64 import urlsafe_b64encode
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import event, func, insert, text

from app.api.cursor import PLACE_CURSOR, after_job, job_cursor
from app.domain.jobs import JobPlace, JobState
from app.domain.owners import BUILT_IN_OWNER
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.schema import jobs
from tests.support.jobs import a_job, read


async def insert_jobs(sessions: Sessions, *rows: dict[str, Any]) -> list[str]:
    """Jobs that were asked for at one moment, in the order in which they are listed."""
    ids = sorted((uuid4() for _ in rows), reverse=True)
    values = [{"id": n, "owner_id": BUILT_IN_OWNER, "options": {}} for n in ids]
    async with sessions.begin() as session:
        for value, row in zip(values, rows, strict=True):
            await session.execute(insert(jobs).values({**value, **row}))
    return [str(n) for n in ids]


def listed(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [task["task_id"] for task in answer.json()]


async def test_no_calendars_are_an_empty_list(client: httpx.AsyncClient) -> None:
    answer = await client.get("/todos/ical")
    assert (answer.status_code, answer.json(), "link" in answer.headers) == (200, [], False)
    assert answer.headers["cache-control"] == "no-store"


async def test_calendars_are_listed_newest_first_as_their_status_shows_them(
    client: httpx.AsyncClient,
) -> None:
    asked = [(await client.post("/todos/ical", json={"name": name})).json() for name in "abc"]
    found = (await client.get("/todos/ical")).json()
    assert found == [(await client.get(each["task_url"])).json() for each in reversed(asked)]
    assert list(found[0])[:3] == ["task_id", "task_status", "result_url"]
    head = await client.head("/todos/ical")
    assert (head.status_code, head.content) == (200, b"")


async def test_pages_follow_each_other_also_among_jobs_of_one_moment(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    expected = await insert_jobs(sessions, *[{} for _ in range(5)])
    seen, url = [], "/todos/ical?limit=2"
    while url:
        answer = await client.get(url)
        seen.append(listed(answer))
        url = answer.links.get("next", {}).get("url", "")
    assert seen == [expected[:2], expected[2:4], expected[4:]]


async def test_a_page_that_is_just_full_announces_no_other(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    await insert_jobs(sessions, {}, {})
    assert "link" not in (await client.get("/todos/ical?limit=2")).headers


async def test_jobs_added_and_changed_meanwhile_shift_no_page(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    old = await insert_jobs(sessions, *[{} for _ in range(4)])
    first = await client.get("/todos/ical?limit=2")
    await a_job(sessions)
    await client.delete(f"/todos/ical/{old[2]}")
    second = await client.get(first.links["next"]["url"])
    assert listed(first) + listed(second) == old


async def test_a_list_can_be_of_some_states_and_so_are_its_further_pages(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    ended = {"finished_at": func.now()}
    rows = [{"state": "FAILURE", **ended}, {}, {"state": "REVOKED", **ended}, {"state": "SUCCESS", **ended}]
    failed, waits, revoked, made = await insert_jobs(sessions, *rows)
    for states, expected in (
        (["PENDING"], [waits]),
        (["FAILURE", "SUCCESS"], [failed, made]),
        (["FAILURE", "FAILURE"], [failed]),
        (["STARTED"], []),
        (list(JobState), [failed, waits, revoked, made]),
    ):
        assert listed(await client.get("/todos/ical", params={"state": states})) == expected, states
    first = await client.get("/todos/ical?state=SUCCESS&state=FAILURE&limit=1")
    assert listed(await client.get(first.links["next"]["url"])) == [made]


async def test_fifty_are_a_page_unless_more_are_asked_for(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    ids = await insert_jobs(sessions, *[{} for _ in range(201)])
    assert listed(await client.get("/todos/ical")) == ids[:50]
    assert listed(await client.get("/todos/ical?limit=200")) == ids[:200]


async def test_other_owners_calendars_are_not_listed(client: httpx.AsyncClient, sessions: Sessions) -> None:
    theirs, ours = await insert_jobs(sessions, {"owner_id": uuid4()}, {})
    place = (await read(sessions, UUID(ours))).place
    before = JobPlace(place.created_at, UUID(int=2**128 - 1))
    assert theirs > ours
    assert listed(await client.get("/todos/ical")) == [ours]
    assert listed(await client.get("/todos/ical", params={"cursor": job_cursor(before)})) == [ours]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=DONE", "/state/0"),
        ("state=PENDING&state=pending", "/state/1"),
        ("state=", "/state/0"),
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=x", "/limit"),
        ("cursor=", "/cursor"),
        ("cursor=AAAA", "/cursor"),
        ("cursor=AAAAAAAAAAA", "/cursor"),
        ("cursor=" + "A" * 31 + "!", "/cursor"),
        ("cursor=" + "A" * 32 + "%0A", "/cursor"),
        ("cursor=" + "B" * 32, "/cursor"),
    ],
)
async def test_a_query_that_cannot_be_meant_is_refused(
    client: httpx.AsyncClient, query: str, pointer: str
) -> None:
    answer = await client.get(f"/todos/ical?{query}")
    assert (answer.status_code, [flaw["pointer"] for flaw in answer.json()["errors"]]) == (400, [pointer])


@pytest.mark.parametrize("first", [b"\0" * 8, b"\x01" + b"\xff" * 7])
def test_every_cursor_of_the_pattern_is_a_place(first: bytes) -> None:
    import re

    cursor = urlsafe_b64encode(first + b"\xff" * 16).decode()
    assert re.fullmatch(PLACE_CURSOR, cursor)
    assert job_cursor(after_job(cursor)) == cursor


MANY = text(
    "INSERT INTO jobs (id, owner_id, options, created_at) SELECT gen_random_uuid(), "
    "('00000000-0000-0000-0000-00000000000' || n % 5)::uuid, '{}', now() - n * interval '1 s' "
    "FROM generate_series(1, 20000) n"
)


async def page_and_plan(
    sessions: Sessions, states: tuple[JobState, ...], *, deep: bool = False
) -> tuple[int, list[str]]:
    """How many jobs a page has where there are many, and how Postgres finds them."""
    sent: list[tuple[str, Any]] = []
    async with sessions.begin() as session:
        await session.execute(MANY)
        await session.execute(text("ANALYZE jobs"))
        now = (await session.execute(text("SELECT now() - interval '2 h'"))).scalar_one()
        before = JobPlace(now, UUID(int=7)) if deep else None
        event.listen(
            session.sync_connection, "before_cursor_execute", lambda *said: sent.append((said[2], said[3]))
        )
        found = await queries.page(session, BUILT_IN_OWNER, states=states, before=before, limit=50)
        ((statement, parameters),) = sent
        plan = await session.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return len(found), [row[0] for row in plan]


@pytest.mark.parametrize("deep", [False, True])
async def test_a_page_is_read_from_the_index_and_never_sorted(sessions: Sessions, *, deep: bool) -> None:
    found, lines = await page_and_plan(sessions, (), deep=deep)
    assert found == 50
    assert any("Index Scan Backward using jobs_of_owner_idx" in line for line in lines), lines
    condition = next(line for line in lines if "Index Cond" in line)
    assert ("ROW(created_at, id)" in condition) is deep
    assert not any("Sort" in line for line in lines), lines


@pytest.mark.parametrize("states", [(JobState.FAILURE,), (JobState.FAILURE, JobState.REVOKED)])
@pytest.mark.parametrize("deep", [False, True])
async def test_a_page_of_rare_states_does_not_read_all_the_owners_jobs(
    sessions: Sessions, states: tuple[JobState, ...], *, deep: bool
) -> None:
    found, lines = await page_and_plan(sessions, states, deep=deep)
    assert found == 0
    conditions = [line for line in lines if "Index Cond" in line]
    assert len(conditions) == len(states), lines
    assert all("state" in line and ("ROW(created_at, id)" in line) is deep for line in conditions), lines
    # What renders feeds is stepped over: there is little of it, since it is forgotten within an hour.
    others = [line for line in lines if "Filter: (feed_id IS NULL)" not in line]
    assert not any("Seq Scan" in line or "Filter" in line for line in others), lines
