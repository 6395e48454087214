"""Todos and options of every kind, for tests of what holds for all of them."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from app.domain.calendars import MAX_ALARM_MINUTES, CalendarOptions, Component
from app.domain.deadlines import Deadline, Floating, Instant
from app.domain.todos import Todo, Tombstone
from tests.support.todos import a_todo

any_text = st.text(st.characters(codec="utf-8"), max_size=120)
awkward_text = st.text(st.sampled_from("\\N;,^\n\r\t\x00\x7f\x85x åø€明😀\u2028"), max_size=120)
"""Of what is escaped, removed or folded with care."""

any_title = (any_text | awkward_text).filter(str.strip)
any_moment = st.datetimes(timezones=st.just(UTC))
when_clocks_go_back = st.datetimes(
    datetime(2023, 10, 28, 23),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2023, 10, 29, 3),  # noqa: DTZ001
    timezones=st.just(UTC),
)
"""In Oslo, where local times from two to three occur twice."""

any_deadline: st.SearchStrategy[Deadline | None] = st.one_of(
    st.none(),
    st.datetimes().map(Floating),
    (any_moment | when_clocks_go_back).map(Instant),
)
any_todo: st.SearchStrategy[Todo] = st.builds(
    a_todo,
    uid=st.uuids(),
    title=any_title,
    description=st.none() | any_text | awkward_text,
    deadline=any_deadline,
    sequence=st.integers(0, 2**31 - 1),
    completed_at=st.none() | any_moment,
    created_at=any_moment,
    updated_at=any_moment,
)
any_tombstone = st.builds(
    Tombstone,
    uid=st.uuids(),
    title=any_title,
    deadline=any_deadline,
    sequence=st.integers(0, 2**31 - 2),
    created_at=any_moment,
    deleted_at=any_moment,
)
any_options = st.builds(
    CalendarOptions,
    component=st.sampled_from(Component),
    timezone=st.none() | st.sampled_from(["Europe/Oslo", "UTC", "America/St_Johns", "Pacific/Apia"]),
    alarm=st.none() | st.integers(0, MAX_ALARM_MINUTES),
    name=any_title,
)
