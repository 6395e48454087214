"""The ways to a Redis server other than a plain connection: a Unix socket, and TLS."""

import asyncio
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import trustme

from app.cli.local.binaries import valkey_program
from app.cli.local.sandbox import child_setup
from app.cli.local.servers import Servers
from app.queue.broker import BrokerUnreachable
from app.queue.messages import RenderCalendar
from app.queue.open import open_broker
from app.settings import Settings
from tests.support.waiting import wait_until


def exchange(url: str) -> None:
    """Send a message and receive it."""
    settings = Settings.model_validate({"database_url": "postgresql://nowhere/none", "broker_url": url})
    with closing(open_broker(settings, patience=timedelta(seconds=5))) as broker:
        broker.check()
        broker.enqueue(RenderCalendar(UUID(int=7)).encode())
        consumer = broker.consume(RenderCalendar.queue, timeout=100)
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


@pytest.fixture
async def tls_port(servers: Servers, authority: trustme.CA) -> AsyncIterator[int]:
    """TLS in front of the plain server, which is built without."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    port = int(servers.broker_url.rpartition(":")[2].partition("/")[0])

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, upstream_writer), copy(upstream_reader, writer))

    async with await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


async def test_tls_is_used_and_the_certificate_checked(
    broker_url: str, tls_port: int, authority: trustme.CA, tmp_path: Path
) -> None:
    login, _, rest = broker_url.removeprefix("redis://").partition("@")
    url = f"rediss://{login}@127.0.0.1:{tls_port}/{rest.partition('/')[2]}"
    with pytest.raises(BrokerUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
        await asyncio.to_thread(exchange, url)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    await asyncio.to_thread(exchange, f"{url}?ssl_ca_certs={tmp_path / 'ca.pem'}")
