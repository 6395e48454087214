"""A stack for each broker, on which the faults follow one another; the end of the run shows the table."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.local.server import Running
from tests.faults.servers import queues_of, truth
from tests.faults.stack import HURRY, stack
from tests.faults.table import table, timelines
from tests.faults.trial import Lab, Record
from tests.support import databases

_records: list[Record] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--timelines", action="store_true", help="show what a job saw of each fault")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with truth(tmp_path_factory.mktemp("lab") / "postgres") as running:
        yield running


@pytest.fixture(scope="session")
def lab(
    request: pytest.FixtureRequest, postgres: Running, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """The stack of one kind of broker; pytest runs all of its faults before the next kind's."""
    kind: str = request.param
    folder: Path = tmp_path_factory.mktemp(kind)
    database = f"lab_{kind.replace('-', '_')}"
    asyncio.run(databases.copy(postgres.server.url, database))
    url = databases.named(postgres.server.url, database)
    with (
        queues_of(kind, folder / "broker") as queues,
        stack(kind, postgres, url, queues(0), folder / "service", **HURRY) as running,
    ):
        yield Lab(running, _records)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _records:
        terminalreporter.section("faults")
        for line in table(_records):
            terminalreporter.write_line(line)
        if terminalreporter.config.getoption("timelines"):
            for line in timelines(_records):
                terminalreporter.write_line(line)
