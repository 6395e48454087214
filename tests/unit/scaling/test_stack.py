"""The model has the defaults of infra/ and of the service."""

import re
from pathlib import Path

from app.settings import Settings
from benchmarks.scaling.bill import JOB_DAYS, RESULT_DAYS
from benchmarks.scaling.stack import Stack

INFRA = Path(__file__).parents[3] / "infra"
VARIABLES = "\n".join(file.read_text() for file in sorted(INFRA.glob("variables*.tf")))
SCALING = "\n".join(
    file.read_text() for file in sorted((INFRA / "modules" / "service").glob("scaling_worker*.tf"))
)


def default(variable: str) -> str:
    body = re.search(rf'^variable "{variable}" {{\n(.*?)^}}', VARIABLES, re.DOTALL | re.MULTILINE)
    assert body, variable
    found = re.search(r"^ +default += (.+)$", body[1], re.MULTILINE)
    assert found, variable
    return found[1]


def test_defaults_are_those_of_the_variables() -> None:
    stack = Stack()
    for name in (
        "worker_threads",
        "worker_cpu_target",
        "job_latency_seconds",
        "job_seconds",
        "alarm_queue_age_seconds",
        "api_cpu_target",
        "api_requests_target",
        "database_max_connections",
    ):
        assert float(default(name)) == getattr(stack, name), name
    for name in ("worker_tasks", "api_tasks"):
        fewest, most = getattr(stack, name)
        assert default(name) == f"{{ min = {fewest}, max = {most} }}"
    assert default("worker_size") == f"{{ cpu = {1024 * stack.worker_vcpu:.0f}, memory = 1024 }}"
    assert default("api_size") == f"{{ cpu = {1024 * stack.api_vcpu:.0f}, memory = 1024 }}"
    assert default("database_storage").endswith(f"maximum = {stack.database_storage_gib} }}")


def test_what_follows_from_variables_follows_as_in_terraform() -> None:
    main = (INFRA / "main.tf").read_text()

    assert "messages_per_task   = var.job_latency_seconds / var.job_seconds\n" in main
    assert "late_after_seconds  = max(60, var.alarm_queue_age_seconds / 5)\n" in main
    assert (Stack().messages_per_task, Stack().late_after_seconds) == (60, 60)
    assert "23 * var.api_tasks.max + (3 * var.worker_threads + 3) * var.worker_tasks.max + 10" in VARIABLES
    assert Stack().connections(6) == 23 * 4 + (3 * 4 + 3) * 6 + 10


def test_policies_have_the_pace_that_the_model_gives_them() -> None:
    assert re.findall(r"scale_in_cooldown += (\d+)", SCALING) == ["300", "300"]
    assert re.findall(r"scaling_adjustment += (\d+)", SCALING) == ["1", "2"]
    assert re.findall(r"period += (\d+)", SCALING) == ["60"]


def test_files_and_jobs_are_kept_for_as_long_as_the_service_keeps_them() -> None:
    fields = Settings.model_fields

    assert fields["result_ttl"].default.days == RESULT_DAYS
    assert fields["job_ttl"].default.days == JOB_DAYS
    assert fields["sweep_interval"].default.total_seconds() == 1
