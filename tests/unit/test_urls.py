from ipaddress import ip_network

import pytest
from fastapi import Request
from pydantic import HttpUrl

from app.api.urls import PublicUrls
from app.domain.errors import InvalidRequest

FORWARDED = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example, todos.example"}


def a_request(headers: dict[str, str], peer: str = "10.1.2.3") -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "query_string": b"",
            "headers": raw,
            "server": ("127.0.0.1", 6400),
            "client": (peer, 5000),
        }
    )


def test_urls_start_with_the_requests_own_scheme_and_host() -> None:
    urls = PublicUrls(None, ())
    assert urls.base(a_request({"host": "localhost:6400"})) == "http://localhost:6400"


def test_the_configured_url_wins() -> None:
    urls = PublicUrls(HttpUrl("https://todos.example/app/"), ())
    assert urls.base(a_request({"host": "localhost"})) == "https://todos.example/app"


def test_forwarded_headers_of_a_stranger_are_ignored() -> None:
    urls = PublicUrls(None, (ip_network("192.168.0.0/16"),))
    assert urls.base(a_request({"host": "localhost", **FORWARDED})) == "http://localhost"


def test_what_a_trusted_proxy_added_last_is_believed() -> None:
    urls = PublicUrls(None, (ip_network("10.0.0.0/8"),))
    assert urls.base(a_request({"host": "localhost", **FORWARDED})) == "https://todos.example"


@pytest.mark.parametrize("host", ['a"b', "a b", "a/b", "user@host", "<script>"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(InvalidRequest, match="host"):
        PublicUrls(None, ()).base(a_request({"host": host}))
