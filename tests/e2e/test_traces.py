"""Traces of processes as they run, sent to a collector."""

import signal
from pathlib import Path

import httpx

from tests.support.asking import state
from tests.support.collector import Told, collector
from tests.support.processes import service
from tests.support.waiting import wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADERS = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


async def test_a_request_and_its_job_are_one_trace_and_what_is_left_is_sent_at_the_end(
    database_url: str, broker_url: str, tmp_path: Path
) -> None:
    with collector() as collected:
        # So rarely are spans sent that these are only because the processes end.
        seldom = {"OTEL_EXPORTER_OTLP_ENDPOINT": collected.url, "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
        with service(database_url, broker_url, tmp_path, **seldom) as parts:
            parts.start_api()
            parts.start("worker")
            with httpx.Client(base_url=f"{parts.url}/api/v1", trust_env=False) as client:
                asked = client.post("/todos/ical", headers=HEADERS).json()
                await state(client, asked["task_url"], "SUCCESS")
            for process in parts.processes:
                process.send_signal(signal.SIGTERM)
                # The API's server ends by the signal that it was sent.
                assert process.wait() in {0, -signal.SIGTERM}
            said = [parts.log_of(process) for process in parts.processes]
    assert Told("taskoverflow-api", "POST /api/v1/todos/ical", TRACE) in collected.told
    assert Told("taskoverflow-worker", "attempt render_calendar", TRACE) in collected.told
    assert all('"event":"traced"' in log and "Traceback" not in log for log in said)


async def test_a_collector_that_is_not_there_holds_nobody_up(
    database_url: str, broker_url: str, tmp_path: Path
) -> None:
    nowhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    with service(database_url, broker_url, tmp_path, **nowhere) as parts:
        parts.start_api()
        worker = parts.start("worker")
        with httpx.Client(base_url=f"{parts.url}/api/v1", trust_env=False) as client:
            await state(client, client.post("/todos/ical").json()["task_url"], "SUCCESS")
        worker.send_signal(signal.SIGTERM)
        wait_until(lambda: worker.poll() is not None, "the end of the worker")
        assert worker.returncode == 0
