"""How many jobs a second each part can bear."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.storage.sweeps import BATCH, BATCH_BYTES
from benchmarks.scaling.bill import JOB_DAYS, RESULT_DAYS, Bill
from benchmarks.scaling.bursts import job_seconds
from benchmarks.scaling.figures import Aws, Costs
from benchmarks.scaling.stack import Stack

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """A part, what makes it the limit, and the jobs a second up to which it bears them."""

    part: str
    because: str
    jobs: float


def limits(costs: Costs, aws: Aws, stack: Stack, todos: int) -> Iterator[Limit]:
    """Those of a job of so many todos; first what more tasks mend, then what they don't."""
    one = 1 / job_seconds(costs, aws, stack, todos)
    tasks = stack.worker_tasks[1]
    yield Limit("one worker task", "its CPU", one)
    yield Limit(f"`worker_tasks.max`: {tasks}", "their CPU", tasks * one)
    bill = Bill(costs, aws, todos)
    api = stack.api_tasks[1] * stack.api_vcpu * aws.core_per_vcpu
    yield Limit(f"`api_tasks.max`: {stack.api_tasks[1]}", "their CPU", api / bill.api_seconds)
    database = aws.database_vcpus * aws.core_per_vcpu / costs.database(todos)
    yield Limit("Postgres, all its CPU", "`database_class`", database)
    yield Limit("notices", "one commit at a time", 1 / (costs.notices_per_job * aws.flush_seconds))
    yield Limit("commits", "flushes of the WAL", costs.commits_per_second / costs.commits_per_job)
    written = costs.wal_bytes_per_job + costs.wal_bytes_per_todo * todos + bill.stored_bytes
    yield Limit("the disk's speed", "WAL and pages", aws.disk_bytes_per_second / written)
    yield Limit("the sweeper", "removes files", _swept(costs, todos))
    yield Limit("the disk's size", "`database_storage.maximum`", _kept(costs, stack, bill.stored_bytes))
    indexed = aws.database_memory_gb * 1e9 / (costs.index_bytes_per_job * JOB_DAYS * DAY)
    yield Limit("memory", "30 days' indexes of jobs", indexed)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is done when a limit comes near, and the jobs a second from which on it is needed."""

    name: str
    jobs: float


def measures(costs: Costs, aws: Aws, stack: Stack, todos: int) -> Iterator[Measure]:
    """In the order of what they take; each is described in docs/scaling.md."""
    known = {limit.part: limit.jobs for limit in limits(costs, aws, stack, todos)}
    yield Measure("a larger `database_class`", known["Postgres, all its CPU"])
    yield Measure("files in S3", min(known["the disk's size"], known["the disk's speed"]))
    yield Measure("jobs by day", min(known["memory"], known["the sweeper"]))
    yield Measure("jobs ended in groups", known["notices"])
    largest = aws.largest_database_vcpus * aws.core_per_vcpu / costs.database(todos)
    yield Measure("owners on several databases", min(known["commits"], largest))


def _swept(costs: Costs, todos: int) -> float:
    """A batch a second: TASKOVERFLOW_SWEEP_INTERVAL."""
    return min(BATCH, BATCH_BYTES / (costs.stored_bytes_per_todo * todos))


def _kept(costs: Costs, stack: Stack, stored_bytes: float) -> float:
    of_one = RESULT_DAYS * stored_bytes + JOB_DAYS * costs.row_bytes_per_job
    return stack.database_storage_gib * 2**30 / (of_one * DAY)
