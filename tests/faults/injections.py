"""The faults that a soak draws from: each a block, in which it lasts."""

import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import cycle

import asyncpg

from tests.faults.eye import Eye
from tests.faults.holding import held_by
from tests.faults.sqs_trouble import EXTEND, TROUBLE
from tests.faults.stack import Member, Stack
from tests.support.brokers import SqsUnderTest
from tests.support.messages import STRANGERS, a_ring
from tests.support.waiting import until

GONE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What those who look meet while Postgres is down."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a fault may hit."""

    stack: Stack
    eye: Eye
    worker: Member


Fault = Callable[[Target], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def worker_killed(target: Target) -> AsyncIterator[None]:
    target.worker.kill()
    yield


@asynccontextmanager
async def worker_terminated(target: Target) -> AsyncIterator[None]:
    if target.worker.process.poll() is None:
        target.worker.process.send_signal(signal.SIGTERM)
    yield


@asynccontextmanager
async def worker_stopped(target: Target) -> AsyncIterator[None]:
    process = target.worker.process
    if process.poll() is None:
        process.send_signal(signal.SIGSTOP)
    yield
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def api_killed(target: Target) -> AsyncIterator[None]:
    target.stack.api.kill()
    yield


@asynccontextmanager
async def broker_down(target: Target) -> AsyncIterator[None]:
    target.stack.broker.go_away()
    yield
    target.stack.broker.come_back()


@asynccontextmanager
async def broker_stalled(target: Target) -> AsyncIterator[None]:
    for member in target.stack.members:
        member.broker.stall()
    yield
    for member in target.stack.members:
        member.broker.heal()


@asynccontextmanager
async def broker_resets(target: Target) -> AsyncIterator[None]:
    for member in target.stack.members:
        member.broker.cut()
    yield


@asynccontextmanager
async def worker_half_open_to_broker(target: Target) -> AsyncIterator[None]:
    target.worker.broker.half_open()
    yield
    target.worker.broker.heal()


@asynccontextmanager
async def broker_forgets(target: Target) -> AsyncIterator[None]:
    with suppress(Exception):  # it may be down, and a client library's errors are many
        target.stack.broker.forget()
    yield


@asynccontextmanager
async def stray_messages(target: Target) -> AsyncIterator[None]:
    newest = "SELECT id FROM jobs ORDER BY created_at DESC LIMIT 20"
    with suppress(Exception):  # as above
        rings = [a_ring(row["id"]) for row in await target.eye.fetch(newest)]
        for message in (*rings, *STRANGERS.values(), *rings):
            target.stack.broker.put(message)
    yield


@asynccontextmanager
async def sqs_errors(target: Target) -> AsyncIterator[None]:
    broker, errors = target.stack.broker, cycle(TROUBLE)
    assert isinstance(broker, SqsUnderTest)
    for action in ("ReceiveMessage", "DeleteMessage", EXTEND):
        broker.gate.faults[action] = lambda _: next(errors)
    yield
    broker.gate.faults.clear()


@asynccontextmanager
async def postgres_crashes(target: Target) -> AsyncIterator[None]:
    target.stack.kill_postgres()
    yield
    target.stack.start_postgres()


@asynccontextmanager
async def postgres_hangs_up(target: Target) -> AsyncIterator[None]:
    await _attempt(
        target.eye,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'taskoverflow%'",
    )
    yield


@asynccontextmanager
async def postgres_read_only(target: Target) -> AsyncIterator[None]:
    reload = "SELECT pg_reload_conf()"
    await _attempt(target.eye, "ALTER SYSTEM SET default_transaction_read_only = on", reload)
    yield

    async def reset() -> bool:
        return await _attempt(target.eye, "ALTER SYSTEM RESET default_transaction_read_only", reload)

    await until(reset, "a Postgres that writes again")


@asynccontextmanager
async def jobs_locked(target: Target) -> AsyncIterator[None]:
    with suppress(*GONE):  # also where it goes in the middle
        async with AsyncExitStack() as lock:
            with suppress(*GONE):
                # Not to wait for whoever is stopped: all others would wait behind.
                patient = "SET LOCAL lock_timeout = '2s'; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE"
                await lock.enter_async_context(held_by(target.eye.url, patient))
            yield


@asynccontextmanager
async def worker_cut_off_from_postgres(target: Target) -> AsyncIterator[None]:
    target.worker.postgres.stall()
    yield
    target.worker.postgres.heal()


async def _attempt(eye: Eye, *statements: str) -> bool:
    """Run statements; False where Postgres is not there to run them."""
    try:
        await eye.execute(*statements)
    except GONE:
        return False
    return True


_EVERYWHERE: tuple[Fault, ...] = (
    worker_killed,
    worker_terminated,
    worker_stopped,
    api_killed,
    broker_down,
    broker_stalled,
    broker_resets,
    worker_half_open_to_broker,
    broker_forgets,
    stray_messages,
    postgres_crashes,
    postgres_hangs_up,
    postgres_read_only,
    jobs_locked,
    worker_cut_off_from_postgres,
)


def faults_of(kind: str) -> dict[str, Fault]:
    """What can be injected with a kind of broker, by name."""
    more = (sqs_errors,) if kind.startswith("sqs") else ()
    return {getattr(fault, "__name__", "").replace("_", " "): fault for fault in (*_EVERYWHERE, *more)}
