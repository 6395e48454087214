"""An alarm on a metric that is not there never rings: the document and the code name the same ones."""

import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from app.domain.backlog import NOTHING
from app.metrics.api import ApiMetrics
from app.metrics.backlog import BacklogGauges
from app.metrics.worker import WorkerMetrics

DOCUMENT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def exposed() -> set[str]:
    names = set()
    for registry in (ApiMetrics.new().registry, WorkerMetrics.new().registry):
        registry.register(BacklogGauges(lambda: NOTHING))
        names |= set(
            re.findall(r"^# TYPE (taskoverflow_\w+)", generate_latest(registry).decode(), re.MULTILINE)
        )
    return names


def test_every_alarm_is_on_a_metric_that_is_there(exposed: set[str]) -> None:
    alarms = re.findall(r"taskoverflow_[a-z_]+[a-z]", DOCUMENT)
    assert alarms
    assert not set(alarms) - exposed


def test_every_metric_is_explained(exposed: set[str]) -> None:
    assert not [name for name in exposed if name.removeprefix("taskoverflow_") not in DOCUMENT]
