"""Real servers for all tests, and a database of its own for each."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI
from redis import Redis

from app.cli.local.servers import Servers, local_servers
from app.main import create_app
from app.settings import Settings
from app.storage.database import Sessions, open_engine, open_sessions
from tests.support import databases
from tests.support.api import serving
from tests.support.aws_gate import Gate, gate_before
from tests.support.ministack import ministack
from tests.support.sqs_queues import open_client

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_REDIS_DATABASES = cycle(range(16))

# A shell has what it starts in the background ignore Ctrl-C, and so would all that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with local_servers(tmp_path_factory.mktemp("servers"), durable=False) as running:
        asyncio.run(databases.make_template(running.database_url))
        yield running


@pytest.fixture
async def database_url(servers: Servers) -> AsyncIterator[str]:
    async with databases.database(servers.database_url) as url:
        yield url


@pytest.fixture
def broker_url(servers: Servers) -> str:
    url = servers.broker_url.removesuffix("/0") + f"/{next(_REDIS_DATABASES)}"
    with Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture(scope="session")
def sqs_client(emulator: str) -> Iterator["SQSClient"]:
    """What a test does to queues itself, past the gate."""
    with closing(open_client(emulator)) as client:
        yield client


@pytest.fixture
def gate(emulator: str) -> Iterator[Gate]:
    with gate_before(emulator) as opened:
        yield opened
        assert not opened.violations, "AWS would have refused these"


@pytest.fixture
def settings(database_url: str, broker_url: str) -> Settings:
    return Settings.model_validate({"database_url": database_url, "broker_url": broker_url})


@pytest.fixture
async def sessions(settings: Settings) -> AsyncIterator[Sessions]:
    engine = open_engine(settings.database_url, pool_size=5, name="tests")
    yield open_sessions(engine)
    await engine.dispose()


@pytest.fixture
def application(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(application) as connected:
        yield connected


@pytest.fixture
def sample() -> Path:
    return Path(__file__).parents[1] / "docs" / "sample"
