"""What is missing is named in one line, and the process ends; what is only down is waited for."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from redis import Redis

from app.cli.local.ports import free_port
from tests.support.aws_rules import Refusal
from tests.support.brokers import RabbitmqUnderTest, RedisUnderTest, SqsUnderTest
from tests.support.ministack import CREDENTIALS
from tests.support.processes import run_in

NOWHERE = "postgresql://127.0.0.1:1/none"
NO_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "",
    "AWS_SECRET_ACCESS_KEY": "",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    "AWS_REGION": "",
    "AWS_DEFAULT_REGION": "",
}


@contextmanager
def a_web_server() -> Iterator[str]:
    """One that answers everything with an empty object."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


pytestmark = pytest.mark.parametrize("command", ["api", "worker"])


def refused(command: str, url: str, **environment: str) -> str:
    """What a process that does not start says, which must be one line that names the setting."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    settings = {
        "TASKOVERFLOW_DATABASE_URL": NOWHERE,
        "TASKOVERFLOW_BROKER_URL": url,
        "TASKOVERFLOW_PORT": str(free_port()),
    }
    done = run_in({**inherited, **settings, **environment}, command)
    assert (done.returncode, done.stdout) == (2, "")
    name, _, line = done.stderr.partition(": ")
    assert name == "TASKOVERFLOW_BROKER_URL"
    assert line.endswith("\n")
    assert "\n" not in line[:-1]
    return line[:-1]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://host", "expected a URL that begins with redis://"),
        ("redis://host/zero", "expected redis://"),
        ("sqs://ical", "'ical' is not the name of an AWS region: expected sqs://"),
        ("sqs://eu-west-1/my queue", "'my queue' is not the name of an SQS queue"),
        ("sqs://key:secret@eu-west-1/ical", "AWS credentials do not belong in the URL"),
        ("amqp://", "expected amqp://"),
        ("redis://host?socket_timeout=soon", "the URL has a parameter that makes no sense: "),
        ("redis://host?colour=red", "the URL has a parameter that makes no sense: "),
        ("unix:///socket?db=first", "the URL has a parameter that makes no sense: "),
        ("rediss://host?ssl_cert_reqs=maybe", "the URL has a parameter that makes no sense: "),
        ("amqp://host?heartbeat=often", "the URL has a parameter that makes no sense: "),
        ("amqps://host?ssl_options={'ca'", "the URL has a parameter that makes no sense: "),
        ("sqs+http://host?region=nowhere", "'nowhere' is not the name of an AWS region"),
    ],
)
def test_a_url_that_makes_no_sense(command: str, url: str, expected: str) -> None:
    line = refused(command, url)
    assert line.startswith(expected)
    assert "secret" not in line


def test_redis_with_a_wrong_password(command: str, redis: RedisUnderTest) -> None:
    wrong = redis.url.replace("redis://:", "redis://:not-")
    assert refused(command, wrong).startswith("Redis does not accept the user name or password")


def test_redis_without_such_a_database(command: str, redis: RedisUnderTest) -> None:
    assert "DB index is out of range" in refused(command, redis.url.removesuffix("/0") + "/4000")


def test_redis_without_a_permission(command: str, redis: RedisUnderTest) -> None:
    with Redis.from_url(redis.url) as client:
        client.acl_setuser("limited", enabled=True, passwords=["+x"], commands=["-@all"], keys=["*"])
    address = redis.url.rpartition("@")[2]
    assert "no permission" in refused(command, f"redis://limited:x@{address}").lower()


def test_redis_where_it_may_only_read(command: str, redis: RedisUnderTest) -> None:
    with Redis.from_url(redis.url) as client:
        client.acl_setuser("reader", enabled=True, passwords=["+x"], commands=["+@read", "+ping"], keys=["*"])
    address = redis.url.rpartition("@")[2]
    assert "no permission" in refused(command, f"redis://reader:x@{address}").lower()


def test_something_else_than_sqs(command: str) -> None:
    with a_web_server() as url:
        line = refused(command, url.replace("http://", "sqs+http://"), **CREDENTIALS)
    assert line == f"{url} does not answer as SQS does"


def test_sqs_without_its_queue(command: str, sqs: SqsUnderTest) -> None:
    line = refused(command, f"{sqs.gate.url.replace('http', 'sqs+http')}/elsewhere.fifo", **sqs.environment)
    assert line.startswith(
        f"there is no SQS queue 'elsewhere.fifo' in {sqs.gate.url}, or no access to it: make it, for example with Terraform"
    )
    assert not sqs.gate.calls["CreateQueue"]


def test_sqs_without_credentials(command: str) -> None:
    line = refused(command, "sqs://eu-west-1", **NO_CREDENTIALS)
    assert line.startswith("no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")


def test_sqs_without_a_region(command: str) -> None:
    assert refused(command, "sqs://", **NO_CREDENTIALS).startswith("no AWS region: set AWS_REGION")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AccessDenied", "no permission for sqs:GetQueueUrl on the queue 'ical-"),
        ("InvalidClientTokenId", "AWS does not accept the credentials"),
        ("ExpiredToken", "AWS does not accept the credentials"),
    ],
)
def test_sqs_that_refuses(command: str, sqs: SqsUnderTest, code: str, expected: str) -> None:
    sqs.gate.refuse("GetQueueUrl", Refusal(code, "not you", 403), times=3)
    assert refused(command, sqs.url, **sqs.environment).startswith(expected)


def test_rabbitmq_with_a_wrong_password(command: str, rabbitmq: RabbitmqUnderTest) -> None:
    line = refused(command, rabbitmq.url.replace("guest:guest", "guest:wrong"))
    assert line.startswith("RabbitMQ refuses: ")
    assert "ACCESS_REFUSED" in line


def test_rabbitmq_without_such_a_vhost(command: str, rabbitmq: RabbitmqUnderTest) -> None:
    line = refused(command, f"{rabbitmq.url}-elsewhere")
    assert line.startswith("RabbitMQ refuses: ")
    assert "vhost" in line


def test_rabbitmq_without_its_library(command: str, tmp_path: Path) -> None:
    (tmp_path / "pika.py").write_text("raise ModuleNotFoundError('no pika', name='pika')", encoding="utf-8")
    line = refused(command, "amqp://127.0.0.1:1", PYTHONPATH=str(tmp_path))
    assert line == "RabbitMQ needs an extra that is not installed: pip install 'taskoverflow[rabbitmq]'"


def test_a_worker_that_may_not_delete(command: str, sqs: SqsUnderTest) -> None:
    if command == "api":
        return  # which only sends
    sqs.gate.refuse("DeleteMessage", Refusal("AccessDenied", "not you", 403))
    line = refused(command, sqs.url, **sqs.environment)
    assert line.startswith("no permission for sqs:DeleteMessage on the queue 'ical-")
