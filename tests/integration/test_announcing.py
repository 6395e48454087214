"""Messages of accepted jobs: no answer waits for one, and none is forgotten."""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from app.domain.calendars import CalendarOptions
from app.domain.owners import BUILT_IN_OWNER
from app.metrics.api import ApiMetrics
from app.queue.messages import RenderCalendar
from app.queue.publisher import Publisher, SendFailed
from app.services.announcing import announce
from app.services.calendars import CalendarService
from app.services.grouped_jobs import GroupedJobs
from app.services.histories import read_history, read_status
from app.services.open_jobs import OpenJobs
from app.services.watching import Watching
from app.settings import Settings
from app.storage.database import Sessions
from app.storage.notices import Notices
from tests.support.api import api
from tests.support.messages import waiting_messages

SOON = timedelta(seconds=7)


class HeldUp(Publisher):
    """A broker that answers when the test says so."""

    answer: "asyncio.Future[None]"

    async def send(self, message: RenderCalendar) -> None:
        del message
        await self.answer


@pytest.fixture
async def held_up(settings: Settings) -> HeldUp:
    publisher = HeldUp.open(settings)
    publisher.answer = asyncio.get_running_loop().create_future()
    return publisher


async def test_a_job_is_accepted_before_the_broker_has_its_message(
    settings: Settings, sessions: Sessions, held_up: HeldUp
) -> None:
    listen = Notices(settings.database_url, "tests").listen
    watching = Watching(listen, partial(read_status, sessions), partial(read_history, sessions), limit=1)
    service = CalendarService(
        sessions,
        GroupedJobs.on(sessions, SOON),
        held_up,
        SOON,
        OpenJobs.stored(sessions, 9),
        watching,
        ApiMetrics.new(),
    )
    accepted = await service.submit(BUILT_IN_OWNER, CalendarOptions())
    assert (await service.status(BUILT_IN_OWNER, accepted.job_id)).id == accepted.job_id
    held_up.answer.set_result(None)
    await held_up.finish()
    await held_up.aclose()


async def test_what_can_not_be_sent_is_told_of(held_up: HeldUp, capsys: pytest.CaptureFixture[str]) -> None:
    announce(RenderCalendar(uuid4()), held_up, ApiMetrics.new(), resend_after=SOON)
    held_up.answer.set_exception(SendFailed("no route"))
    await held_up.finish()
    await held_up.aclose()
    said = capsys.readouterr().out
    assert "send_failed" in said
    assert "again_in=0:00:07" in said
    assert "reason='no route'" in said


async def test_a_process_that_ends_has_sent_what_it_accepted(settings: Settings) -> None:
    async with api(settings) as client:
        task_id = (await client.post("/todos/ical")).json()["task_id"]
    assert [message["job_id"] for message in waiting_messages(settings.broker_url.url)] == [task_id]
