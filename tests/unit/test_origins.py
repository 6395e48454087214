"""What is believed of the ids that come with a request."""

import pytest

from app.domain.origins import MAX_REQUEST_ID, Origin, read_request_id, read_traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "text", ["7", "a" * MAX_REQUEST_ID, "Root=1-67891233-abcdef012345678912345678", "a/b=+@.:_-"]
)
def test_an_id_that_others_have_given_is_kept(text: str) -> None:
    assert read_request_id(text) == text


@pytest.mark.parametrize("text", ["", "a" * (MAX_REQUEST_ID + 1), "a b", "a\n", 'a"', "a\x00", "ü", "{}"])
def test_an_id_that_could_break_a_line_or_fill_one_is_not(text: str) -> None:
    assert read_request_id(text) is None


@pytest.mark.parametrize("version", ["00", "01"])
def test_a_span_is_gone_on_from(version: str) -> None:
    assert read_traceparent(f"{version}-{TRACE}-{SPAN}-01") == f"00-{TRACE}-{SPAN}-01"


def test_of_a_later_version_what_is_known_is_read() -> None:
    assert read_traceparent(f"01-{TRACE}-{SPAN}-00-more") == f"00-{TRACE}-{SPAN}-00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01\n",
    ],
)
def test_what_is_no_span_is_ignored(text: str) -> None:
    assert read_traceparent(text) is None


def test_a_line_has_the_ids_that_there_are() -> None:
    assert Origin("7", f"00-{TRACE}-{SPAN}-01").ids == {"request_id": "7", "trace_id": TRACE}
    assert Origin().ids == {}
