"""The API behind a load balancer, which it is told to trust."""

from pathlib import Path

import httpx
import pytest

from tests.support.processes import service
from tests.support.waiting import wait_until

FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example, todos.example",
    "X-Forwarded-For": "198.51.100.1, 203.0.113.9",
}


@pytest.mark.parametrize(
    ("trusted", "base", "client"),
    [("127.0.0.0/8,::1", "https://todos.example", "203.0.113.9"), ("10.0.0.0/8", None, "127.0.0.1")],
)
def test_urls_and_the_log_have_what_a_trusted_proxy_says_alone(
    database_url: str, broker_url: str, tmp_path: Path, trusted: str, base: str | None, client: str
) -> None:
    with service(database_url, broker_url, tmp_path, TASKOVERFLOW_TRUSTED_PROXIES=trusted) as running:
        running.start_api()
        answer = httpx.post(
            f"{running.url}/api/v1/todos", json={"title": "x"}, headers=FORWARDED, trust_env=False
        )
        assert answer.headers["location"].startswith(f"{base or running.url}/api/v1/todos/")
        api = running.processes[0]
        wait_until(lambda: "POST" in running.log_of(api), "the log of the request")
        (line,) = [line for line in running.log_of(api).splitlines() if "POST" in line]
    assert client in line
    assert "198.51.100.1" not in line
