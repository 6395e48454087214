"""Generated clients: nothing to complain of, types that hold, and programs that do what they say."""

import asyncio
import re
from collections.abc import Iterator

import pytest

from app.cli.local.servers import Servers
from tests.clients.generated import GENERATE, PYTHON_PROJECT, RUN, Generated
from tests.clients.tools import Tools
from tests.support import databases
from tests.support.processes import Service, service

CLIENTS = tuple(GENERATE)

PRINTED = """\
todo: Buy oat milk, due 2026-12-24T16:00:00, done
task: SUCCESS, both, Europe/Oslo
file: BEGIN:VEVENT SUMMARY:Buy oat milk BEGIN:VTODO SUMMARY:Buy oat milk
list: true
problem: 400 Invalid request, /title
problem: 409 Task already ended
problem: 404 Task not found
deleted: Buy oat milk
"""


@pytest.mark.parametrize("client", CLIENTS)
def test_the_generator_has_nothing_to_complain_of(generated: Generated, client: str) -> None:
    done = generated.output[client]
    assert done.returncode == 0, done.stdout
    assert not re.search("warn|error|deprecat|unsupported|unable|skip", done.stdout, re.IGNORECASE), (
        done.stdout
    )


def test_generated_python_and_its_use_are_typed(generated: Generated, tools: Tools) -> None:
    done = tools.run("mypy", "--strict", "program.py", PYTHON_PROJECT, folder=generated.folder / "python")
    assert done.returncode == 0, done.stdout


def test_generated_typescript_and_its_use_are_typed(generated: Generated, tools: Tools) -> None:
    done = tools.run("tsc", "--project", ".", folder=generated.folder)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def running(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    asyncio.run(databases.copy(servers.database_url, "clients"))
    url = databases.named(servers.database_url, "clients")
    with service(url, servers.broker_url, tmp_path_factory.mktemp("service")) as started:
        started.start_api()
        started.start("worker")
        yield started


@pytest.mark.parametrize("client", CLIENTS)
def test_the_program_of_the_client_works(
    generated: Generated, tools: Tools, client: str, running: Service
) -> None:
    done = tools.run(
        *RUN[client].split(),
        folder=generated.folder / client,
        API_URL=running.url,
        PYTHONPATH=PYTHON_PROJECT,  # as if it were installed
    )
    assert done.stdout == PRINTED
    assert done.returncode == 0
