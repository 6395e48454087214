"""A stack for each broker, on which the faults follow one another; the end of the run shows the table."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.local.server import Running
from tests.faults.servers import queues_of, truth
from tests.faults.stack import HURRY, stack
from tests.faults.table import Line, table, timelines
from tests.faults.trial import Lab
from tests.support import databases

_lines: list[Line] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--timelines", action="store_true", help="show what a job saw of each fault")
    parser.addoption("--lines", type=Path, help="write the table's lines to a file as JSON")
    parser.addoption("--broker", help="run the faults of this kind of broker alone, or of none")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if wanted := config.getoption("broker"):
        items[:] = [item for item in items if _kind(item) == wanted]


def _kind(item: pytest.Item) -> str:
    # Of what a test of the lab is parametrized with.
    parameters = (
        item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    return str(parameters.get("lab", "none"))


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
        yield Lab(running, queues, _lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _lines:
        return
    wanted = terminalreporter.config.getoption
    terminalreporter.section("faults")
    for text in (*table(_lines), *(timelines(_lines) if wanted("timelines") else ())):
        terminalreporter.write_line(text)
    if path := wanted("lines"):
        path.write_text("".join(f"{line.to_json()}\n" for line in _lines), encoding="utf-8")
