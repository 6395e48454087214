"""What travels: an older worker reads what a newer API sends, and the other way round."""

from uuid import UUID

from app.domain.jobs import JOB_VERSION
from app.queue.messages import RenderCalendar


def test_the_shape_of_a_message_is_what_workers_in_the_field_read() -> None:
    message = RenderCalendar(UUID("2e80aefd-9d8c-4b0c-8a8e-3b3f6a0e5c11")).encode()
    assert (message.queue_name, message.actor_name, message.args) == ("ical", "render_calendar", ())
    assert message.kwargs == {"job_id": "2e80aefd-9d8c-4b0c-8a8e-3b3f6a0e5c11", "version": 1}
    assert message.options == {}


async def test_a_message_of_a_newer_release_is_left_alone() -> None:
    from dramatiq.brokers.stub import StubBroker

    from workers.actors import Actors

    class Untouchable:
        def attempt(self, job_id: UUID) -> None:
            raise AssertionError(f"{job_id} was claimed")

    actors = Actors(StubBroker())
    actors.runtime = Untouchable()  # type: ignore[assignment]
    await actors.render_calendar(str(UUID(int=1)), JOB_VERSION + 1)
