"""Whose forwarded headers are believed, and which part of them."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.api.forwarding import Forwarding

TRUSTED = tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8")))
BALANCER = "10.1.2.3"


async def seen(peer: str | None, *headers: tuple[str, str]) -> tuple[str, str, str | None]:
    """Scheme, host and client as the application has them."""
    found: list[Request] = []

    async def application(scope: Scope, _: Receive, __: Send) -> None:
        found.append(Request(scope))

    lines = [("host", "internal:6400"), *headers]
    scope: Scope = {
        "type": "http",
        "scheme": "http",
        "path": "/",
        "headers": [(name.encode(), value.encode()) for name, value in lines],
        "client": None if peer is None else (peer, 5000),
    }
    await Forwarding(application, trusted=TRUSTED)(scope, None, None)  # type: ignore[arg-type]
    request = found[0]
    return request.url.scheme, request.headers["host"], request.client.host if request.client else None


PROTO, HOST, FOR = "x-forwarded-proto", "x-forwarded-host", "x-forwarded-for"


@pytest.mark.parametrize("peer", [BALANCER, "fd00::1", "::ffff:10.1.2.3", "fd00::1%eth0"])
async def test_a_trusted_proxy_is_believed(peer: str) -> None:
    said = await seen(peer, (PROTO, "https"), (HOST, "todos.example"), (FOR, "203.0.113.9"))
    assert said == ("https", "todos.example", "203.0.113.9")


@pytest.mark.parametrize(
    "peer", ["192.168.1.1", "11.0.0.1", "fe80::1", "::ffff:11.0.0.1", "", "localhost", None]
)
async def test_nobody_else_is(peer: str | None) -> None:
    said = await seen(peer, (PROTO, "https"), (HOST, "evil.example"), (FOR, "203.0.113.9"))
    assert said == ("http", "internal:6400", peer)


async def test_without_such_headers_a_request_stays_as_it_is() -> None:
    assert await seen(BALANCER) == ("http", "internal:6400", BALANCER)


async def test_what_a_client_sent_through_the_proxy_is_not_believed() -> None:
    # A proxy adds to the client's line, or adds a line.
    for headers in (
        [(PROTO, "http, https"), (HOST, "evil.example, todos.example"), (FOR, "10.9.9.9, 1.2.3.4, 203.0.113.9")],
        [
            *((PROTO, "http"), (HOST, "evil.example"), (FOR, "1.2.3.4")),
            *((PROTO, "https"), (HOST, "todos.example"), (FOR, "203.0.113.9")),
        ],
    ):  # fmt: skip
        assert await seen(BALANCER, *headers) == ("https", "todos.example", "203.0.113.9")


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        ("203.0.113.9, 10.0.0.7, fd00::2", "203.0.113.9"),  # proxies of ours behind each other
        ("10.0.0.7, fd00::2", "10.0.0.7"),  # a client of our own network
        ("203.0.113.9:51000", "203.0.113.9"),
        ("[2001:db8::9]:51000", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, unknown", BALANCER),
        ("unknown, 10.0.0.7", "10.0.0.7"),
        ("", BALANCER),
    ],
)
async def test_the_client_is_the_nearest_that_is_no_proxy_of_ours(hops: str, client: str) -> None:
    assert (await seen(BALANCER, (FOR, hops)))[2] == client


@pytest.mark.parametrize("scheme", ["", "ftp", "javascript", "https,"])
async def test_a_scheme_that_is_none_of_ours_is_ignored(scheme: str) -> None:
    assert (await seen(BALANCER, (PROTO, scheme)))[0] == "http"


@given(st.text(st.characters(max_codepoint=255)))
async def test_junk_does_no_harm(junk: str) -> None:
    raw = junk.encode("latin-1").decode("latin-1")
    await seen(BALANCER, (PROTO, raw), (FOR, raw), (HOST, raw))
