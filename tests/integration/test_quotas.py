"""How many todos and open jobs an owner may have."""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import uuid4

import asyncpg
import httpx
import pytest

from app.domain.calendars import CalendarOptions
from app.domain.errors import TooManyOpenTasks
from app.domain.owners import BUILT_IN_OWNER, OwnerId
from app.metrics.api import ApiMetrics
from app.queue.publisher import Publisher
from app.services.calendars import Accepted, CalendarService
from app.services.grouped_jobs import GroupedJobs
from app.services.histories import read_history, read_status
from app.services.open_jobs import OpenJobs
from app.services.watching import Watching
from app.settings import Settings
from app.storage import jobs
from app.storage.database import Sessions
from app.storage.notices import Notices
from tests.support import databases
from tests.support.api import api
from tests.support.asking import add_rows, waiting_for_locks
from tests.support.waiting import until


@pytest.fixture
def few(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_todos": 3, "max_open_jobs": 2})


async def add(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/todos", json={"title": "a"})


async def test_a_todo_too_many_is_refused_until_one_is_deleted(few: Settings) -> None:
    async with api(few) as client:
        first = (await add(client)).json()["id"]
        assert [(await add(client)).status_code for _ in range(3)] == [201, 201, 409]
        refused = (await add(client)).json()
        assert (refused["error"], refused["type"]) == ("Too many todos", "urn:problem-type:too-many-todos")
        assert refused["detail"] == "There are 3 todos, and no more may be; delete one first."
        assert len((await client.get("/todos")).json()) == 3
        await client.delete(f"/todos/{first}")
        assert [(await add(client)).status_code for _ in range(2)] == [201, 409]


@pytest.mark.parametrize("before", [0, 1])
async def test_of_todos_that_come_at_once_no_more_are_taken_than_there_is_room_for(
    few: Settings, database_url: str, before: int
) -> None:
    async with api(few) as client, api(few) as other:
        for _ in range(before):
            await add(client)
        holder = await asyncpg.connect(database_url)
        async with holder.transaction():
            # They all get as far as they can before any of them is stored.
            await holder.execute("LOCK TABLE todo_totals IN EXCLUSIVE MODE")
            tasks = [asyncio.create_task(add(each)) for each in (client, other) for _ in range(5)]

            async def all_wait() -> bool:
                return await waiting_for_locks(database_url) == len(tasks)

            await until(all_wait, "ten requests that wait")
        await holder.close()
        statuses = [answer.status_code for answer in await asyncio.gather(*tasks)]
        assert statuses.count(201) == 3 - before
        assert statuses.count(409) == len(tasks) - 3 + before
        assert len((await client.get("/todos")).json()) == 3


async def test_a_job_too_many_is_refused_until_one_has_ended(few: Settings) -> None:
    async with api(few) as client:
        first, second = await client.post("/todos/ical"), await client.post("/todos/ical")
        assert [(each.status_code, each.headers["ratelimit"]) for each in (first, second)] == [
            (202, '"open-tasks";r=1'),
            (202, '"open-tasks";r=0'),
        ]
        refused = await client.post("/todos/ical")
        assert (refused.status_code, refused.json()["error"]) == (429, "Too many open tasks")
        assert {name: refused.headers[name] for name in ("ratelimit-policy", "ratelimit", "retry-after")} == {
            "ratelimit-policy": '"open-tasks";q=2',
            "ratelimit": '"open-tasks";r=0',
            "retry-after": "1",
        }
        await databases.execute(
            str(few.database_url),
            f"UPDATE jobs SET state = 'REVOKED', finished_at = now() WHERE id = '{first.json()['task_id']}'",
        )

        async def accepted() -> bool:
            return (await client.post("/todos/ical")).status_code == 202

        assert await until(accepted, "a place that became free")
        assert (await client.post("/todos/ical")).status_code == 429


async def test_a_repeated_request_takes_no_place_and_is_not_refused(few: Settings) -> None:
    async with api(few) as client:
        key = {"idempotency-key": '"first"'}
        first = await client.post("/todos/ical", headers=key)
        again = [await client.post("/todos/ical", headers=key) for _ in range(2)]
        assert (await client.post("/todos/ical")).status_code == 202
        assert (await client.post("/todos/ical")).status_code == 429
        again.append(await client.post("/todos/ical", headers=key))
        assert {each.text for each in again} == {first.text}
        assert (await client.post("/todos/ical", headers={"idempotency-key": '"other"'})).status_code == 429


async def test_a_process_that_has_not_counted_says_nothing_of_what_remains(few: Settings) -> None:
    key = {"idempotency-key": '"first"'}
    async with api(few) as client, api(few) as other:
        first, again = [await each.post("/todos/ical", headers=key) for each in (client, other)]
    assert (again.status_code, again.text) == (202, first.text)
    assert ("ratelimit" in first.headers, "ratelimit" in again.headers) == (True, False)


async def test_a_twin_of_the_request_that_had_the_last_place_is_not_refused(
    few: Settings, sessions: Sessions
) -> None:
    publisher, key = Publisher.open(few), "twin"

    async def count(owner: OwnerId) -> int:
        # The other request is accepted after this one has looked for its key, and before it counts.
        async with sessions.begin() as session:
            await jobs.add(session, owner, twin, CalendarOptions(), resend_after=timedelta(hours=1), key=key)
        return 1

    twin = uuid4()
    listen = Notices(few.database_url, "tests").listen
    watching = Watching(listen, partial(read_status, sessions), partial(read_history, sessions), limit=1)
    service = CalendarService(
        sessions,
        GroupedJobs.on(sessions, timedelta(hours=1)),
        publisher,
        timedelta(hours=1),
        OpenJobs(1, count, lambda: 0.0),
        watching,
        ApiMetrics.new(),
    )
    assert await service.submit(BUILT_IN_OWNER, CalendarOptions(), key) == Accepted(twin, replayed=True)
    with pytest.raises(TooManyOpenTasks):
        await service.submit(BUILT_IN_OWNER, CalendarOptions(), "another")
    await publisher.aclose()


async def test_many_that_wait_to_be_counted_leave_a_connection_to_count_with(settings: Settings) -> None:
    async with api(settings) as client:
        asked = [client.post("/todos/ical", headers={"idempotency-key": f'"{n}"'}) for n in range(40)]
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {202}


async def test_a_job_that_is_refused_leaves_no_row(few: Settings, database_url: str) -> None:
    await add_rows(database_url, 5)
    async with api(few) as client:
        assert (await client.post("/todos/ical")).status_code == 429
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM jobs") == 5
    await connection.close()


async def test_counting_open_jobs_reads_no_job_that_has_ended(few: Settings, database_url: str) -> None:
    await databases.execute(
        database_url,
        "INSERT INTO jobs (id, owner_id, options, ring_at, state, finished_at)"
        " SELECT gen_random_uuid(), '00000000-0000-0000-0000-000000000001', '{}', now(), 'REVOKED', now()"
        " FROM generate_series(1, 20000)",
        "ANALYZE jobs",
    )
    async with api(few) as client:
        assert (await client.post("/todos/ical")).status_code == 202
    connection = await asyncpg.connect(database_url)

    async def used() -> bool:
        scans: int = await connection.fetchval(
            "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'jobs_open_idx'"
        )
        return scans > 0

    assert await until(used, "a scan of the index of open jobs")
    await connection.close()
