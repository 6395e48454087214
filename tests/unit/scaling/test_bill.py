"""The bill and the limits, by figures that can be reckoned in the head."""

from dataclasses import replace

import pytest

from benchmarks.scaling.bill import Bill, bytes_worth_s3
from benchmarks.scaling.bursts import job_seconds
from benchmarks.scaling.figures import aws, costs
from benchmarks.scaling.limits import limits
from benchmarks.scaling.stack import Stack

COSTS = replace(
    costs(),
    worker_per_job=0.001,
    worker_per_thousand_todos=0.002,
    stored_bytes_per_todo=100,
    result_bytes_per_todo=1000,
    row_bytes_per_job=1000,
    notices_per_job=2,
)
AWS = replace(
    aws(),
    core_per_vcpu=1,
    vcpu_hour=0.04,
    gb_hour=0.01,
    gb_per_vcpu=2,
    flush_seconds=0.001,
    disk_gb_month=0.3,
)


def test_a_million_jobs_of_two_thousand_todos() -> None:
    lines = Bill(COSTS, AWS, 2000).lines()

    # 5 ms each at half use: 10,000 s of a vCPU and its 2 GB, at 6 cents an hour.
    assert lines["worker tasks"] == pytest.approx(10_000 / 3600 * 0.06)
    # 200 GB for 7 days of 30; 1 GB for all of them.
    assert lines["Postgres, the files' disk"] == pytest.approx(200 * 7 / 30 * 0.3)
    assert lines["Postgres, the jobs' disk"] == pytest.approx(0.3)


def test_a_file_of_the_size_that_is_worth_s3_costs_as_much_in_both() -> None:
    size = bytes_worth_s3(AWS)
    bill = Bill(replace(COSTS, stored_bytes_per_todo=size), AWS, todos=1)

    assert bill.files_in_s3() == pytest.approx(bill.lines()["Postgres, the files' disk"])
    assert (
        Bill(COSTS, AWS, int(size / 100) + 100).files_in_s3()
        < (Bill(COSTS, AWS, int(size / 100) + 100).lines()["Postgres, the files' disk"])
    )


def test_limits_are_jobs_a_second() -> None:
    jobs = {limit.part: limit.jobs for limit in limits(COSTS, AWS, Stack(), 2000)}

    assert job_seconds(COSTS, AWS, Stack(), 2000) == pytest.approx(0.01)  # 5 ms on half a vCPU
    assert jobs["one worker task"] == pytest.approx(100)
    assert jobs["`worker_tasks.max`: 6"] == pytest.approx(600)
    assert jobs["notices"] == pytest.approx(500)
    assert jobs["the sweeper"] == pytest.approx(64 * 2**20 / 200_000)
    # Each of a day's jobs costs 7 days of 200 KB and 30 of 1 KB.
    assert jobs["the disk's size"] == pytest.approx(100 * 2**30 / 86_400 / (7 * 200_000 + 30 * 1000))
