"""The schema that clients are generated from."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import COMMAND, service

SNAPSHOT = Path(__file__).parent / "openapi.json"
CONFIG = Path(__file__).parent / "schemathesis.toml"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    done = subprocess.run([*COMMAND, "openapi"], capture_output=True, text=True, check=True)
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        yield from path.values()


def test_the_schema_changes_only_on_purpose(schema: dict[str, Any]) -> None:
    """On purpose: ``taskoverflow openapi > tests/contract/openapi.json``."""
    assert schema == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_every_operation_is_named_described_and_tagged(schema: dict[str, Any]) -> None:
    for operation in operations(schema):
        assert operation["operationId"].isalnum()
        assert operation["tags"]
        assert operation["summary"]
        assert operation["description"]
        for response in operation["responses"].values():
            assert response["description"] not in {"", "Successful Response"}  # the framework's own
        # The framework's own; the one 422 that is ours is a problem, as the next test sees.
        assert ("422" in operation["responses"]) == (operation["operationId"] == "createCalendar")
    assert {"createCalendar", "getCalendarStatus", "getCalendarResult"} <= {
        operation["operationId"] for operation in operations(schema)
    }


def test_errors_are_problems_and_files_are_calendars(schema: dict[str, Any]) -> None:
    for operation in operations(schema):
        for status, response in operation["responses"].items():
            if status >= "400" and operation["operationId"] != "getReadiness":
                assert list(response["content"]) == ["application/problem+json"], operation
    result = schema["paths"]["/api/v1/todos/ical/{task_id}/result"]["get"]["responses"]
    assert list(result["200"]["content"]) == ["text/calendar"]


def test_null_is_never_one_of_several_schemas(schema: dict[str, Any]) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            assert {"type": "null"} not in node.get("anyOf", []), node
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(schema)


def test_what_is_left_out_is_left_out(schema: dict[str, Any]) -> None:
    """Generated code would send defaults, also with a change of something else, or demand these members."""
    models = schema["components"]["schemas"]
    assert not [
        (model, name)
        for model in models
        for name, member in models[model].get("properties", {}).items()
        if "default" in member
    ]
    assert models["CalendarRequest"]["properties"]["component"]["description"].endswith('Default: `"event"`.')
    assert "Default" not in models["TodoUpdate"]["properties"]["completed"]["description"]


def test_models_have_names_that_clients_know_them_by(schema: dict[str, Any]) -> None:
    names = schema["components"]["schemas"].keys()
    assert {"Todo", "Task", "TaskState", "CalendarOptions", "Problem"} <= names
    assert not [name for name in names if name.endswith("Model") or not name.isalnum()]


def test_the_service_does_what_its_schema_says(database_url: str, broker_url: str, tmp_path: Path) -> None:
    with service(database_url, broker_url, tmp_path) as running:
        running.start_api()
        running.start("worker")  # so that what waits for a calendar gets one
        options = ["--seed=1", "--max-examples=25", "--phases=examples,coverage,fuzzing"]
        options += ["--generation-database=none", "--no-color"]
        schemathesis = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)]
        done = subprocess.run(
            [*schemathesis, "run", f"{running.url}/openapi.json", *options],
            env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.contract.formats"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
