import pytest

from benchmarks.load.open_loop import Latencies, read
from benchmarks.load.requests import request


def test_a_request_without_a_body_says_so() -> None:
    assert request("POST", "/todos/ical") == (
        b"POST /todos/ical HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"
    )


def test_a_request_has_its_headers_and_its_body() -> None:
    assert request("PUT", "/todos/1", {"title": "a"}, If_Match="b") == (
        b"PUT /todos/1 HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-Match: b\r\n"
        b'Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{"title": "a"}'
    )


def test_a_get_has_no_length() -> None:
    assert request("GET", "/") == b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize(("more", "dropped"), [({}, 0), ({"dropped_iterations": {"count": 3.0}}, 3)])
def test_what_arrivals_saw_is_read_from_the_summary(more: dict[str, dict[str, float]], dropped: int) -> None:
    duration = {"med": 1.0, "p(99)": 2.0}
    summary = {"checks": {"passes": 10.0, "fails": 1.0}, "http_req_duration": duration, **more}
    assert read(summary) == Latencies(duration, accepted=10, wrong=1, dropped=dropped)
