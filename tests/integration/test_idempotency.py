"""A POST that is repeated with its key makes one calendar, whoever comes first and whatever is rolled back."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, insert, select, update

from app.domain.calendars import CalendarOptions
from app.domain.jobs import KEY_KEPT
from app.domain.owners import BUILT_IN_OWNER, OwnerId
from app.settings import Settings
from app.storage import jobs as queries
from app.storage.database import Sessions
from app.storage.schema import jobs
from tests.support.api import all_sent
from tests.support.jobs import LEASE
from tests.support.locks import blocked
from tests.support.messages import waiting_messages

KEY = "a key: ~!"


async def post(client: httpx.AsyncClient, key: str = KEY, **request: Any) -> httpx.Response:
    return await client.post("/todos/ical", headers={"Idempotency-Key": key}, **request)


async def keys(sessions: Sessions) -> dict[str, str | None]:
    """The key of each job by the job's id."""
    async with sessions.begin() as session:
        rows = await session.execute(select(jobs.c.id, jobs.c.idempotency_key))
    return {str(row.id): row.idempotency_key for row in rows}


async def age(sessions: Sessions, job_id: str) -> None:
    """Let a job's key have been kept for its time."""
    async with sessions.begin() as session:
        old = update(jobs).where(jobs.c.id == UUID(job_id))
        await session.execute(old.values(created_at=func.now() - KEY_KEPT))


async def add(session: Any, owner: OwnerId = BUILT_IN_OWNER, key: str = KEY) -> UUID | None:
    job_id = uuid4()
    added = await queries.add(session, owner, job_id, CalendarOptions(), resend_after=LEASE, key=key)
    return job_id if added else None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({}, {"json": {}}),
        ({"json": {}}, {"content": b"", "headers_": "text/plain"}),
        ({}, {"json": {"component": "event", "name": "Todos"}}),
        (
            {"json": {"window": 7, "alarm": 0, "name": "Å"}},
            {"content": '{"name": "Å", "alarm":0, "window": 7.0}', "headers_": "application/json"},
        ),
    ],
)
async def test_the_same_request_with_the_same_key_has_the_same_answer(
    client: httpx.AsyncClient, sessions: Sessions, first: dict[str, Any], second: dict[str, Any]
) -> None:
    media_type = second.pop("headers_", None)
    headers = {"Idempotency-Key": KEY} | ({"content-type": media_type} if media_type else {})
    one = await post(client, **first)
    again = await client.post("/todos/ical", headers=headers, **second)
    assert (one.status_code, "idempotency-replayed" in one.headers) == (202, False)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert (again.text, again.headers["location"]) == (one.text, one.json()["task_url"])
    assert list(await keys(sessions)) == [one.json()["task_id"]]


async def test_a_replay_sends_no_message(client: httpx.AsyncClient, settings: Settings) -> None:
    await post(client)
    await post(client)
    await all_sent(client)
    assert len(waiting_messages(settings.broker_url.url)) == 1


@pytest.mark.parametrize("ended", ["SUCCESS", "FAILURE", "REVOKED"])
async def test_a_replay_of_a_request_whose_task_has_ended_is_no_other(
    client: httpx.AsyncClient, sessions: Sessions, ended: str
) -> None:
    first = await post(client)
    async with sessions.begin() as session:
        await session.execute(update(jobs).values(state=ended, finished_at=func.now()))
    assert (await post(client)).text == first.text


@pytest.mark.parametrize("other", [{"name": "Other"}, {"completed": False}, {"window": 0}, {"alarm": 0}])
async def test_a_key_with_another_body_is_refused(
    client: httpx.AsyncClient, sessions: Sessions, other: dict[str, Any]
) -> None:
    first = await post(client, json={"completed": True} if "completed" in other else {})
    answer = await post(client, json=other)
    assert (answer.status_code, answer.json()["error"]) == (422, "Idempotency key reused")
    assert answer.json()["type"] == "urn:problem-type:idempotency-key-reused"
    assert first.json()["task_id"] in answer.json()["detail"]
    assert len(await keys(sessions)) == 1


async def test_other_keys_and_no_key_are_other_tasks(client: httpx.AsyncClient, sessions: Sessions) -> None:
    for key in ("a", "A", "a b"):
        await post(client, key)
    await client.post("/todos/ical")
    await client.post("/todos/ical")
    assert len(await keys(sessions)) == 5


async def test_another_owners_key_is_another(client: httpx.AsyncClient, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        theirs = await add(session, OwnerId(uuid4()))
    answer = await post(client)
    assert (answer.status_code, "idempotency-replayed" in answer.headers) == (202, False)
    assert answer.json()["task_id"] != str(theirs)


@pytest.mark.parametrize("key", ["x", "x" * 255, "!~", "two words", '"quoted"'])
async def test_a_key_may_be(client: httpx.AsyncClient, sessions: Sessions, key: str) -> None:
    answer = await post(client, key)
    assert await keys(sessions) == {answer.json()["task_id"]: key}


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"a\tb", b"\x7f", "å".encode(), b"\xe5"])
async def test_a_key_may_not_be(client: httpx.AsyncClient, sessions: Sessions, key: bytes) -> None:
    answer = await client.post("/todos/ical", headers=[(b"Idempotency-Key", key)], json={"window": -1})
    assert answer.status_code == 400
    assert sorted(flaw["pointer"] for flaw in answer.json()["errors"]) == ["/Idempotency-Key", "/window"]
    assert await keys(sessions) == {}


async def test_of_several_keys_none_is_taken(client: httpx.AsyncClient, sessions: Sessions) -> None:
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await client.post("/todos/ical", headers=twice)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/Idempotency-Key")
    assert await keys(sessions) == {}


@pytest.mark.parametrize("aged", [False, True])
async def test_of_ten_requests_at_once_with_one_key_one_makes_a_task(
    client: httpx.AsyncClient, sessions: Sessions, settings: Settings, *, aged: bool
) -> None:
    if aged:
        await age(sessions, (await post(client)).json()["task_id"])
    answers = await asyncio.gather(*(post(client) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    await all_sent(client)
    assert len(await keys(sessions)) == len(waiting_messages(settings.broker_url.url)) == 1 + aged


@pytest.mark.parametrize("commits", [True, False])
async def test_a_request_waits_for_another_that_may_still_be_rolled_back(
    client: httpx.AsyncClient, sessions: Sessions, *, commits: bool
) -> None:
    async with sessions() as other:
        first = await add(other)
        waiting = asyncio.create_task(post(client))
        await blocked(sessions)
        await (other.commit() if commits else other.rollback())
    answer = await waiting
    assert answer.status_code == 202
    assert ("idempotency-replayed" in answer.headers) is commits
    assert (answer.json()["task_id"] == str(first)) is commits
    assert len(await keys(sessions)) == 1


async def test_a_key_is_given_up_after_its_time(client: httpx.AsyncClient, sessions: Sessions) -> None:
    first = (await post(client)).json()["task_id"]
    await age(sessions, first)
    answer = await post(client, json={"name": "Other"})
    assert (answer.status_code, "idempotency-replayed" in answer.headers) == (202, False)
    assert await keys(sessions) == {first: None, answer.json()["task_id"]: KEY}
    assert (await client.get(f"/todos/ical/{first}/status")).status_code == 200


async def test_a_key_is_kept_if_what_gave_it_up_is_rolled_back(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    from app.storage import idempotency

    first = (await post(client)).json()["task_id"]
    await age(sessions, first)
    async with sessions() as other:
        await idempotency.give_up(other, BUILT_IN_OWNER, KEY)
        assert await add(other)
        waiting = asyncio.create_task(post(client))
        await blocked(sessions)
        await other.rollback()
    answer = await waiting
    assert "idempotency-replayed" not in answer.headers
    assert await keys(sessions) == {first: None, answer.json()["task_id"]: KEY}


async def test_where_the_task_that_was_first_is_of_no_use_the_key_is_taken_after_all(
    client: httpx.AsyncClient, sessions: Sessions
) -> None:
    # What nobody saw when the request looked is there when it inserts, and too old when it looks again.
    async with sessions.begin() as other:
        old = {"created_at": func.now() - KEY_KEPT, "idempotency_key": KEY}
        await other.execute(insert(jobs).values(id=uuid4(), owner_id=BUILT_IN_OWNER, options={}, **old))
        waiting = asyncio.create_task(post(client))
        await blocked(sessions)
    answer = await waiting
    assert (answer.status_code, "idempotency-replayed" in answer.headers) == (202, False)
    assert sorted((await keys(sessions)).values(), key=str) == sorted([None, KEY], key=str)
