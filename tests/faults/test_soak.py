"""A soak's faults come from its seed alone; a short one runs each time."""

import asyncio
from pathlib import Path

import pytest

from app.cli.local.server import Running
from tests.faults.injections import faults_of
from tests.faults.schedule import schedule
from tests.faults.servers import KINDS, queues_of
from tests.faults.soak import SETTINGS, soak
from tests.faults.stack import stack
from tests.support import databases

SEED, SECONDS = 7, 15.0
FAULTS = sorted(faults_of("sqs"))


def test_the_same_seed_gives_the_same_faults_and_another_gives_others() -> None:
    plan = schedule(SEED, 600, FAULTS)
    assert schedule(SEED, 600, FAULTS) == plan
    assert schedule(SEED + 1, 600, FAULTS) != plan


def test_every_fault_comes_and_none_outlasts_the_soak() -> None:
    plan = schedule(SEED, 1800, FAULTS)
    assert {one.fault for one in plan} == set(FAULTS)
    assert all(0 < one.at < one.at + one.seconds <= 1800 for one in plan)
    assert {one.worker for one in plan} == {0, 1}


@pytest.mark.parametrize(
    "kind", [kind if kind == "redis" else pytest.param(kind, marks=pytest.mark.full) for kind in KINDS]
)
def test_a_short_soak(kind: str, postgres: Running, tmp_path: Path) -> None:
    database = f"soak_{kind.replace('-', '_')}"
    asyncio.run(databases.copy(postgres.server.url, database))
    url = databases.named(postgres.server.url, database)
    said: list[str] = []
    with (
        queues_of(kind, tmp_path / "broker") as queues,
        stack(kind, postgres, url, queues(0), tmp_path / "service", **SETTINGS) as running,
    ):
        assert asyncio.run(soak(running, SEED, SECONDS, said.append)), "\n".join(said)
