"""What a server does with clients that send too much, too slowly, or nonsense: over real connections."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.cli.local.servers import Servers
from tests.support import databases
from tests.support.asking import held_up
from tests.support.processes import Service, service
from tests.support.wire import get, post, wire

CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture(scope="module")
def patient(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where a server listens whose time-outs no test waits for."""
    with _server(servers, tmp_path_factory.mktemp("patient"), "30") as running:
        yield running.port


@pytest.fixture(scope="module")
def impatient_service(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One whose time-outs all tests wait for."""
    with _server(servers, tmp_path_factory.mktemp("impatient"), "0.3") as running:
        yield running


@pytest.fixture
def impatient(impatient_service: Service) -> int:
    return impatient_service.port


@contextmanager
def _server(servers: Servers, logs: Path, seconds: str) -> Iterator[Service]:
    name = logs.name.rstrip("0123456789")
    url = databases.named(servers.database_url, name)
    asyncio.run(databases.execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE template_migrated"))
    bounds = {
        "TASKOVERFLOW_RECEIVE_TIMEOUT": seconds,
        "TASKOVERFLOW_SEND_TIMEOUT": seconds,
        "TASKOVERFLOW_MAX_HEADER_BYTES": "2048",
        "TASKOVERFLOW_MAX_BODY_BYTES": "1024",
    }
    with service(url, servers.broker_url, logs, **bounds) as running:
        running.start_api()
        yield running
        assert "Traceback" not in running.log_of(running.processes[0])


def titles(port: int) -> list[str]:
    answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/todos", trust_env=False)
    return [todo["title"] for todo in answer.json()]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


# Bodies


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(patient: int) -> None:
    with wire(patient) as client:
        client.send(post("/todos", "Content-Length: 1025"))
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (413, "close")
        assert answer.problem["error"] == "Content too large"
        assert answer.problem["detail"] == "A body may have up to 1024 bytes."
        client.send(b"x" * 1025)
        assert client.is_closed()


def test_a_body_in_chunks_that_becomes_too_large_is_refused_as_it_comes(patient: int) -> None:
    todo = b'{"title": "in chunks"}'
    with wire(patient) as client:
        client.send(post("/todos", CHUNKED), chunk(todo), *[chunk(b" " * 100)] * 11)
        assert client.answer().problem["error"] == "Content too large"
        # It is read on to its end, so that the answer is not lost.
        client.send(chunk(b" " * 20_000_000), b"0\r\n\r\n")
        assert client.is_closed()
    assert "in chunks" not in titles(patient)


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_of_just_the_limit_is_taken(patient: int, *, in_chunks: bool) -> None:
    todo = b'{"title": "just so"}'.ljust(1024)
    with wire(patient) as client:
        if in_chunks:
            client.send(post("/todos", CHUNKED), *(chunk(bytes([byte])) for byte in todo), b"0\r\n\r\n")
        else:
            client.send(post("/todos", "Content-Length: 1024", body=todo))
        assert client.answer().status == 201


def test_who_asks_before_sending_too_much_is_refused_and_not_told_to_continue(patient: int) -> None:
    with wire(patient) as client:
        client.send(post("/todos", "Content-Length: 1025", "Expect: 100-continue"))
        assert client.answer().status == 413


def test_who_asks_before_sending_is_told_to_continue(patient: int) -> None:
    todo = b'{"title": "asked"}'
    with wire(patient) as client:
        client.send(post("/todos", f"Content-Length: {len(todo)}", "Expect: 100-continue"))
        assert client.socket.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(todo)
        assert client.answer().status == 201


def test_a_body_that_stops_is_a_time_out(impatient: int) -> None:
    for begun in (
        post("/todos", "Content-Length: 100", body=b'{"title": '),
        post("/todos", CHUNKED, body=b"5\r\n"),
    ):
        with wire(impatient) as client:
            client.send(begun)
            answer = client.answer()
            assert (answer.status, answer.headers["connection"]) == (408, "close")
            assert answer.problem["detail"] == "The body did not arrive within 0.3 s."
            assert client.is_closed()
    assert titles(impatient) == []


# Heads


@pytest.mark.parametrize(
    "request_",
    [
        get("/health", "X-Long: " + "x" * 2048),
        get("/health?" + "x" * 2048),
        get("/health", *(f"X-Many-{n}: {'x' * 20}" for n in range(70))),
        # Refused before its end, which may never come.
        get("/health", "X-Long: " + "x" * 2048).rstrip(),
        b"GET /" + b"x" * 2048,
    ],
    ids=["one header", "target", "many headers", "unfinished header", "unfinished target"],
)
def test_a_head_that_is_too_large_is_refused(patient: int, request_: bytes) -> None:
    with wire(patient) as client:
        client.send(request_)
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (431, "close")
        assert answer.problem["detail"] == "The headers may have up to 2048 bytes."
        assert client.is_closed()


def test_a_head_of_just_the_limit_is_taken(patient: int) -> None:
    head = get("/health", "X-Long: ")
    with wire(patient) as client:
        client.send(head.replace(b"Long: ", b"Long: " + b"x" * (2048 - len(head))))
        assert client.answer().status == 200
        client.send(head.replace(b"Long: ", b"Long: " + b"x" * (2048 - len(head) + 3)))
        assert client.answer().status == 431


def test_much_that_follows_a_refused_head_does_not_lose_the_answer(patient: int) -> None:
    with wire(patient) as client:
        client.send(get("/health", "X-Long: " + "x" * 20_000_000))
        assert client.answer().status == 431


def test_a_head_that_comes_byte_by_byte_is_a_time_out(impatient: int) -> None:
    with wire(impatient) as client:
        client.send(b"GET / HTTP/1.1\r\nX-Long: ")
        client.socket.settimeout(0.01)
        answer = b""
        # One byte now and then keeps no connection open.
        while not answer:
            try:
                client.send(b"x")
                answer = client.socket.recv(12)
            except TimeoutError:
                continue
        assert answer == b"HTTP/1.1 408"


def test_who_says_nothing_is_closed_without_a_word(impatient: int) -> None:
    with wire(impatient) as client:
        assert client.is_closed()


def test_a_second_request_that_stops_is_a_time_out(impatient: int) -> None:
    with wire(impatient) as client:
        client.send(get("/health"))
        assert client.answer().status == 200
        client.send(b"GET /api")
        assert client.answer().problem["detail"] == "The headers did not arrive within 0.3 s."
        assert client.is_closed()


def test_a_second_request_that_came_in_part_with_the_first_is_a_time_out(impatient: int) -> None:
    with wire(impatient) as client:
        client.send(get("/health") + b"GET /api")
        assert client.rest().count(b"HTTP/1.1 ") == 2


async def test_a_second_request_that_stops_does_not_cut_short_the_answer_to_the_first(
    impatient_service: Service,
) -> None:
    port = impatient_service.port
    with wire(port) as client:
        async with held_up(impatient_service.database_url):
            client.send(get("/todos") + b"GET /api")
            # Whoever came later has been closed, so the time of the second request is over as well.
            with wire(port) as later:
                assert later.is_closed()
        assert re.findall(rb"HTTP/1.1 (\d+)", client.rest()) == [b"200", b"408"]


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET / HTTP/9\r\n\r\n", b"hello\r\n\r\n"]
)
def test_nonsense_is_a_problem(patient: int, nonsense: bytes) -> None:
    with wire(patient) as client:
        client.send(nonsense)
        assert client.answer().problem["error"] == "Malformed request"
        assert client.is_closed()


def test_a_chunk_that_is_none_is_a_problem(patient: int) -> None:
    with wire(patient) as client:
        client.send(post("/todos", CHUNKED), chunk(b'{"title": "x"}'), b"nonsense\r\n")
        assert client.answer().problem["error"] == "Malformed request"
        assert client.is_closed()
    assert "x" not in titles(patient)


# What must go on working


def test_requests_in_a_row_are_answered_in_their_order(patient: int) -> None:
    todo = b'{"title": "in a row"}'
    with wire(patient) as client:
        client.send(
            get("/health")
            + post("/todos", f"Content-Length: {len(todo)}", body=todo)
            + post("/todos", CHUNKED, body=chunk(todo) + b"0\r\n\r\n")
            + get("/nothing", "Connection: close")
        )
        statuses = re.findall(rb"HTTP/1.1 (\d+)", client.rest())
        assert statuses == [b"200", b"201", b"201", b"404"]


def test_only_so_many_requests_may_be_sent_ahead(patient: int) -> None:
    with wire(patient) as client:
        client.send(get("/health") * 150)
        assert client.rest().count(b"HTTP/1.1 200 OK") == 101


@pytest.mark.parametrize("bad", [get("/health", "X-Long: " + "x" * 2048), b"nonsense\r\n\r\n"])
def test_an_answer_on_its_way_is_not_mixed_with_the_refusal_of_what_follows(patient: int, bad: bytes) -> None:
    with wire(patient) as client:
        client.send(get("/todos") + bad)
        answers = client.rest()
        assert answers.startswith(b"HTTP/1.1 200 OK\r\n")
        assert answers.count(b"HTTP/1.1 ") == 1


def test_trailers_are_no_headers(patient: int) -> None:
    with wire(patient) as client:
        client.send(
            b"POST /api/v1/todos HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            chunk(b'{"title": "trailed"}') + b"0\r\nContent-Type: application/json\r\n\r\n",
        )
        assert client.answer().status == 415
        client.send(get("/health"))
        assert client.answer().status == 200


def test_trailers_without_end_are_not_put_up_with(patient: int) -> None:
    with wire(patient) as client:
        # More than the server reads at once, of which it does not know what belongs to the body.
        client.send(post("/todos", CHUNKED, body=chunk(b"{}") + b"0\r\nX-Long: " + b"x" * 1_000_000))
        assert client.answer().status == 431


def test_a_wish_for_another_protocol_is_passed_over(patient: int) -> None:
    with wire(patient) as client:
        for protocol in ("websocket", "h2c"):
            client.send(get("/health", "Connection: Upgrade", f"Upgrade: {protocol}"))
            assert client.answer().status == 200
        client.send(get("/health"))
        assert client.answer().status == 200


UPGRADES = [
    ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"],
    ["Upgrade: websocket", "Connection: keep-alive", "Connection: upgrade"],
]


@pytest.mark.parametrize("wish", UPGRADES)
def test_a_request_that_wishes_for_another_protocol_keeps_its_body(patient: int, wish: list[str]) -> None:
    todo = b'{"title": "upgraded"}'
    whole = post("/todos", f"Content-Length: {len(todo)}", *wish), todo
    chunked = post("/todos", CHUNKED, *wish), chunk(todo) + b"0\r\n\r\n"
    with wire(patient) as client:
        for head, body in (whole, chunked):
            client.send(head, body)
            assert client.answer().status == 201
        client.send(b"".join([*whole, get("/health", *wish), *chunked, get("/nothing", "Connection: close")]))
        statuses = re.findall(rb"HTTP/1.1 (\d+)", client.rest())
        assert statuses == [b"201", b"200", b"201", b"404"]


@pytest.mark.parametrize("wish", UPGRADES)
def test_a_body_is_no_request_because_its_head_wishes_for_another_protocol(
    patient: int, wish: list[str]
) -> None:
    todo = b'{"title": "smuggled"}'
    body = post("/todos", f"Content-Length: {len(todo)}", body=todo)
    with wire(patient) as client:
        client.send(post("/todos", f"Content-Length: {len(body)}", "Expect: 100-continue", *wish))
        # So that the body is not read together with its head.
        assert client.socket.recv(65536).startswith(b"HTTP/1.1 100 Continue")
        client.send(body, get("/health", "Connection: close"))
        assert re.findall(rb"HTTP/1.1 (\d+)", client.rest()) == [b"400", b"200"]
    assert "smuggled" not in titles(patient)


def test_a_wish_for_another_protocol_does_not_lift_the_bounds(patient: int) -> None:
    with wire(patient) as client:
        client.send(post("/todos", CHUNKED, *UPGRADES[0]), chunk(b" " * 2048))
        assert client.answer().status == 413
    with wire(patient) as client:
        client.send(get("/health", *UPGRADES[0], "X-Long: " + "x" * 2048))
        assert client.answer().status == 431


def test_a_tunnel_is_refused(patient: int) -> None:
    with wire(patient) as client:
        client.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n")
        assert client.answer().status == 400
        assert client.is_closed()
