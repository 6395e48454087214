import pytest
from fastapi import Request
from pydantic import HttpUrl

from app.api.urls import PublicUrls
from app.domain.errors import InvalidRequest


def a_request(host: str) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "query_string": b"",
            "headers": [(b"host", host.encode())],
            "server": ("127.0.0.1", 6400),
            "client": ("10.1.2.3", 5000),
        }
    )


def test_urls_start_with_the_requests_own_scheme_and_host() -> None:
    assert PublicUrls(None).base(a_request("localhost:6400")) == "http://localhost:6400"


def test_the_configured_url_wins() -> None:
    urls = PublicUrls(HttpUrl("https://todos.example/app/"))
    assert urls.base(a_request("localhost")) == "https://todos.example/app"


@pytest.mark.parametrize("host", ['a"b', "a b", "a/b", "user@host", "<script>"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(InvalidRequest, match="host"):
        PublicUrls(None).base(a_request(host))
