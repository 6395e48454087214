"""The ways to a server other than a plain connection: a Unix socket, and TLS."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import UUID

import pytest
import trustme

from app.cli.local.binaries import valkey_program
from app.cli.local.sandbox import child_setup
from app.queue.broker import BrokerUnreachable
from app.queue.messages import RenderCalendar
from app.queue.open import open_broker
from app.settings import Settings
from tests.support.brokers import RabbitmqUnderTest, RedisUnderTest
from tests.support.tls import tls_in_front
from tests.support.waiting import wait_until


def exchange(url: str) -> None:
    """Send a message and receive it."""
    settings = Settings.model_validate({"database_url": "postgresql://nowhere/none", "broker_url": url})
    with closing(open_broker(settings, patience=timedelta(seconds=5))) as broker:
        broker.check()
        broker.enqueue(RenderCalendar(UUID(int=7)).encode())
        consumer = broker.consume(RenderCalendar.queue, timeout=5000)
        message = next(consumer)
        assert message is not None
        assert message.kwargs["job_id"] == str(UUID(int=7))
        consumer.ack(message)
        consumer.close()


@pytest.fixture
def socket_path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "s"
    process = subprocess.Popen(
        [valkey_program(), "--port", "0", "--unixsocket", path, "--save", ""],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        preexec_fn=child_setup(signal.SIGKILL),  # noqa: PLW1509 - there is one thread
    )
    wait_until(path.exists, "the socket")
    yield path
    process.kill()
    process.wait()


def test_a_unix_socket(socket_path: Path) -> None:
    exchange(f"unix://{socket_path}?db=1")


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


async def test_tls_to_redis_is_used_and_the_certificate_checked(
    redis: RedisUnderTest, authority: trustme.CA, tmp_path: Path
) -> None:
    async with tls_in_front(port_of(redis.url), authority) as port:
        url = redis.url.replace("redis://", "rediss://").replace(f":{port_of(redis.url)}/", f":{port}/")
        with pytest.raises(BrokerUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
            await asyncio.to_thread(exchange, url)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        await asyncio.to_thread(exchange, f"{url}?ssl_ca_certs={tmp_path / 'ca.pem'}")


async def test_tls_to_rabbitmq_is_used_and_the_certificate_checked(
    rabbitmq: RabbitmqUnderTest, authority: trustme.CA, tmp_path: Path
) -> None:
    async with tls_in_front(port_of(rabbitmq.url), authority) as port:
        url = rabbitmq.url.replace("amqp://", "amqps://").replace(f":{port_of(rabbitmq.url)}/", f":{port}/")
        with pytest.raises(BrokerUnreachable):
            await asyncio.to_thread(exchange, url)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        options = quote(repr({"ca_certs": str(tmp_path / "ca.pem")}))
        await asyncio.to_thread(exchange, f"{url}?ssl_options={options}")


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
