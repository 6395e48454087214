import json
from typing import Any

import dramatiq
import pytest
from dramatiq import Message
from dramatiq.errors import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from app.queue.encoding import StrictEncoder, read_message


@pytest.fixture(autouse=True)
def strict() -> None:
    dramatiq.set_encoder(StrictEncoder())


def test_what_was_sent_is_read() -> None:
    sent: Message[Any] = Message("ical", "actor", (1,), {"a": "b"}, {"message_group_id": "c"})
    assert read_message(sent.encode(), "ical") == sent


@pytest.mark.parametrize(
    "changes",
    [
        {"queue_name": "elsewhere"},
        {"queue_name": "ical.DQ"},
        {"queue_name": None},
        {"actor_name": 7},
        {"args": "abc"},
        {"kwargs": []},
        {"options": None},
        {"options": {"redis_message_id": ["a"]}},
        {"options": {"throws": "x"}},
        {"options": {"eta": 1e300}},
        {"message_id": None},
        {"message_timestamp": "now"},
        {"colour": "red"},
    ],
)
def test_members_that_would_end_a_thread_are_refused(changes: dict[str, Any]) -> None:
    members = {**Message("ical", "actor", (), {}, {}).asdict(), **changes}
    with pytest.raises(DecodeError):
        read_message(json.dumps(members).encode(), "ical")


@given(
    st.binary()
    | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_bytes_are_refused_in_one_way(data: bytes) -> None:
    dramatiq.set_encoder(StrictEncoder())
    with pytest.raises(DecodeError):
        read_message(data, "ical")
