"""Looking at everything that the service stands on, for whoever sets it up or is woken by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from app.domain.findings import Finding, Level, clock
from app.queue.broker import BrokerTrouble
from app.queue.open import open_broker
from app.settings import Settings
from app.storage import examination
from app.storage.database import is_unreachable, open_engine, open_sessions
from app.storage.migrations import expected_head

_PATIENCE = timedelta(seconds=5)


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at Postgres and at the broker; a part that is down is a finding, never an error."""
    async for finding in _postgres(settings):
        yield finding
    for finding in await asyncio.to_thread(_broker, settings):
        yield finding


async def _postgres(settings: Settings) -> AsyncIterator[Finding]:
    engine = open_engine(settings.database_url, pool_size=1, name="taskoverflow-doctor")
    try:
        async with open_sessions(engine).begin() as session:
            seen = await examination.look(session)
    except Exception as error:
        refusal = examination.refusal(error)
        if refusal is None and not is_unreachable(error):
            raise
        yield _down("postgres", refusal or str(error), "TASKOVERFLOW_DATABASE_URL")
        return
    finally:
        await engine.dispose()
    yield Finding("postgres", Level.OK, f"PostgreSQL {seen.version} answers")
    yield _migrations(seen.migration, expected_head())
    yield clock("postgres clock", seen.clock, datetime.now(UTC))


def _migrations(current: str | None, expected: str) -> Finding:
    if current is None or current < expected:
        return Finding(
            "migrations",
            Level.FAILED,
            f"the database is at {current or 'none'}, this release needs {expected}",
            "taskoverflow migrate upgrade",
        )
    if current > expected:
        return Finding("migrations", Level.OK, f"{current}, of a newer release than this one ({expected})")
    return Finding("migrations", Level.OK, f"{current}, the newest")


def _broker(settings: Settings) -> list[Finding]:
    found = []
    try:
        with closing(open_broker(settings, patience=_PATIENCE)) as broker:
            for finding in broker.findings(expected_visibility=settings.sqs_visibility.total_seconds()):
                found.append(finding)  # noqa: PERF402 - what was found before an error counts
    except BrokerTrouble as error:
        found.append(_down("broker", str(error), "TASKOVERFLOW_BROKER_URL"))
    return found


def _down(subject: str, reason: str, variable: str) -> Finding:
    return Finding(subject, Level.FAILED, reason, f"see to {variable}, or start the server")
