"""The numbers that the model is fed with, each with where it comes from."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

COSTS = Path(__file__).with_name("costs.toml")
AWS = Path(__file__).with_name("aws.toml")

Figures = TypeVar("Figures", "Costs", "Aws")


@dataclass(frozen=True, slots=True)
class Costs:
    """What one unit of work costs our own processes and Postgres; seconds of CPU, or bytes."""

    api_per_post: float
    api_per_status: float
    api_per_megabyte: float
    worker_per_job: float
    worker_per_thousand_todos: float
    database_per_job: float
    database_per_thousand_todos: float
    commits_per_job: float
    notices_per_job: float
    result_bytes_per_todo: float
    stored_bytes_per_todo: float
    row_bytes_per_job: float
    index_bytes_per_job: float
    wal_bytes_per_job: float
    wal_bytes_per_todo: float
    log_bytes_per_job: float
    commits_per_second: float

    def worker(self, todos: int) -> float:
        """A worker's CPU seconds for one job."""
        return self.worker_per_job + self.worker_per_thousand_todos * todos / 1000

    def database(self, todos: int) -> float:
        """Postgres' CPU seconds for one job, from POST to the end."""
        return self.database_per_job + self.database_per_thousand_todos * todos / 1000


@dataclass(frozen=True, slots=True)
class Aws:
    """What is assumed of AWS, and its prices."""

    core_per_vcpu: float
    flush_seconds: float
    start_seconds: float
    metric_delay_seconds: float
    vcpu_hour: float
    gb_hour: float
    gb_per_vcpu: float
    database_hour: float
    database_vcpus: float
    database_memory_gb: float
    largest_database_vcpus: float
    disk_bytes_per_second: float
    disk_gb_month: float
    sqs_million: float
    log_gb: float
    out_gb: float
    s3_million_puts: float
    s3_gb_month: float


def read(kind: type[Figures], file: Path) -> Figures:
    """The figures of a file; one that is missing, unknown, no number or of unknown origin is an error."""
    entries = tomllib.loads(file.read_text())
    names = {field.name for field in fields(kind)}
    if entries.keys() != names:
        raise ValueError(f"{file.name}: missing or unknown: {', '.join(sorted(entries.keys() ^ names))}")
    for name, entry in entries.items():
        if not isinstance(entry.get("value"), int | float) or not entry.get("from"):
            raise ValueError(f"{file.name}: {name}: expected a value, and from what it is known")
    return kind(**{name: entry["value"] for name, entry in entries.items()})


def costs() -> Costs:
    """What was measured."""
    return read(Costs, COSTS)


def aws() -> Aws:
    """What is assumed."""
    return read(Aws, AWS)
