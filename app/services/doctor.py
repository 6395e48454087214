"""Looking at everything that the service stands on, for whoever sets it up or is woken by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from app.domain.encryption import encryption
from app.domain.findings import Finding, Level, clock
from app.domain.objects import S3Place
from app.queue.broker import BrokerTrouble
from app.queue.open import open_broker
from app.settings import Settings
from app.storage import examination, objects, operations
from app.storage.database import open_engine, open_sessions
from app.storage.flaws import database_flaw
from app.storage.migrations import expected_head
from app.storage.s3 import S3, S3Trouble

_PATIENCE = timedelta(seconds=5)
_LONG_WAIT = timedelta(minutes=1)


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at Postgres, the broker and the bucket; a part that is down is a finding, never an error."""
    async for finding in _postgres(settings):
        yield finding
    for finding in await asyncio.to_thread(_broker, settings):
        yield finding
    if settings.result_url is not None:
        yield await _bucket(settings.result_url)


async def _postgres(settings: Settings) -> AsyncIterator[Finding]:
    engine = open_engine(settings.database_url, pool_size=1, name="taskoverflow-doctor")
    try:
        async with open_sessions(engine).begin() as session:
            seen = await examination.look(session)
            found = [
                Finding("postgres", Level.OK, f"PostgreSQL {seen.version} answers"),
                encryption(seen.tls, seen.address, sslmode=_sslmode(settings)),
                migrated := _migrations(seen.migration, expected_head()),
                clock("postgres clock", seen.clock, datetime.now(UTC)),
            ]
            if migrated.level is Level.OK:
                found.append(_waiting(seen.clock, await operations.waiting_since(session)))
    except Exception as error:
        flaw = database_flaw(error)
        if flaw is None:
            raise
        variable = "TASKOVERFLOW_DATABASE_URL"
        yield _down("postgres", flaw.removeprefix(f"{variable}: "), variable)
        return
    finally:
        await engine.dispose()
    for finding in found:
        yield finding


def _sslmode(settings: Settings) -> str | None:
    return dict(settings.database_url.query_params()).get("sslmode")


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


def _waiting(now: datetime, since: datetime | None) -> Finding:
    if since is None or now - since < _LONG_WAIT:
        return Finding("waiting jobs", Level.OK, "none waits for long")
    return Finding(
        "waiting jobs",
        Level.WARNING,
        f"one has been able to run since {since:%Y-%m-%d %H:%M:%S} UTC, and no worker took it",
        "see whether workers run, and what they log; taskoverflow jobs list --state PENDING shows them",
    )


def _broker(settings: Settings) -> list[Finding]:
    found = []
    try:
        with closing(open_broker(settings, patience=_PATIENCE)) as broker:
            for finding in broker.findings(expected_visibility=settings.sqs_visibility.total_seconds()):
                found.append(finding)  # noqa: PERF402 - what was found before an error counts
    except BrokerTrouble as error:
        found.append(_down("broker", str(error), "TASKOVERFLOW_BROKER_URL"))
    return found


async def _bucket(place: S3Place) -> Finding:
    try:
        with closing(S3(_PATIENCE)) as s3:
            await objects.try_writing(s3, place)
    except S3Trouble as error:
        return _down("results", str(error), "TASKOVERFLOW_RESULT_URL")
    return Finding("results", Level.OK, f"{place} can be written, and deleted from")


def _down(subject: str, reason: str, variable: str) -> Finding:
    return Finding(subject, Level.FAILED, reason, f"see to {variable}, or start the server")
