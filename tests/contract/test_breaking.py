"""Clients that were generated from the last release's schema work with this one."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.breaking import breaking_changes

RELEASED: dict[str, Any] = json.loads((Path(__file__).parent / "released.json").read_text(encoding="utf-8"))
PRESENT: dict[str, Any] = json.loads((Path(__file__).parent / "openapi.json").read_text(encoding="utf-8"))

TODOS, TODO, JOBS = "/api/v1/todos", "/api/v1/todos/{todo_id}", "/api/v1/todos/ical"
STATUS = f"{JOBS}/{{task_id}}/status"


def test_this_schema_breaks_no_client_of_the_last_release() -> None:
    assert breaking_changes(RELEASED, PRESENT) == []


def test_a_schema_does_not_break_its_own_clients() -> None:
    assert breaking_changes(PRESENT, PRESENT) == []


class Schema:
    """A copy of the released one that a test changes."""

    def __init__(self) -> None:
        self.all = copy.deepcopy(RELEASED)
        self.paths: dict[str, Any] = self.all["paths"]

    def model(self, name: str) -> dict[str, Any]:
        model: dict[str, Any] = self.all["components"]["schemas"][name]
        return model

    def member(self, model: str, name: str) -> dict[str, Any]:
        member: dict[str, Any] = self.model(model)["properties"][name]
        return member

    def parameter(self, path: str, name: str) -> dict[str, Any]:
        return next(p for p in self.paths[path]["get"]["parameters"] if p["name"] == name)


BREAKS: dict[str, tuple[Callable[[Schema], Any], str]] = {
    "a path that is gone": (lambda s: s.paths.pop("/healthz"), "GET /healthz is gone"),
    "a method that is gone": (lambda s: s.paths[TODO].pop("patch"), f"PATCH {TODO} is gone"),
    "an operation of another name": (
        lambda s: s.paths[TODO]["get"].update(operationId="readTodo"),
        f"GET {TODO}: the operation getTodo is called readTodo",
    ),
    "a parameter that is gone": (
        lambda s: s.paths[TODOS]["get"]["parameters"].pop(0),
        f"GET {TODOS}: the query parameter completed is gone",
    ),
    "a parameter that is required": (
        lambda s: s.parameter(TODOS, "window").update(required=True),
        f"GET {TODOS}: the query parameter window is required",
    ),
    "a new parameter that is required": (
        lambda s: s.paths[TODOS]["get"]["parameters"].append(
            {"in": "header", "name": "X-Team", "required": True, "schema": {"type": "string"}}
        ),
        f"GET {TODOS}: the header parameter X-Team is required",
    ),
    "a lower maximum of a parameter": (
        lambda s: s.parameter(JOBS, "limit")["schema"].update(maximum=100),
        f"GET {JOBS} limit: the maximum is 100",
    ),
    "a state that can't be asked for": (
        lambda s: s.parameter(JOBS, "state")["schema"].update(items={"enum": ["SUCCESS"]}),
        f"GET {JOBS} state[]: the value RETRY is gone",
    ),
    "a body that is required": (
        lambda s: s.paths[JOBS]["post"]["requestBody"].update(required=True),
        f"POST {JOBS}: a body is required",
    ),
    "a body that is gone": (
        lambda s: s.paths[JOBS]["post"].pop("requestBody"),
        f"POST {JOBS}: the body is gone",
    ),
    "a body of another media type": (
        lambda s: s.paths[TODOS]["post"]["requestBody"].update(content={"application/xml": {}}),
        f"POST {TODOS}: the request is no application/json any more",
    ),
    "a member of a request that is gone": (
        lambda s: s.model("CalendarRequest")["properties"].pop("alarm"),
        f"POST {JOBS} request: the member alarm is gone",
    ),
    "a new member that is required": (
        lambda s: s.model("TodoCreate").update(required=["title", "list"]),
        f"POST {TODOS} request: the member list is required",
    ),
    "a value that is refused": (
        lambda s: s.member("CalendarRequest", "component").update(enum=["event", "todo"]),
        f"POST {JOBS} request.component: the value both is gone",
    ),
    "a text that must be shorter": (
        lambda s: s.member("TodoCreate", "title").update(maxLength=40),
        f"POST {TODOS} request.title: the maxLength is 40",
    ),
    "a text that must look in another way": (
        lambda s: s.member("TodoCreate", "title").update(pattern="^[a-z]+$"),
        f"POST {TODOS} request.title: the pattern must be ^[a-z]+$",
    ),
    "a null that is refused": (
        lambda s: s.member("TodoCreate", "deadline_at").update(type="string"),
        f"POST {TODOS} request.deadline_at: the request may not be null",
    ),
    "a status that is gone": (
        lambda s: s.paths[JOBS]["post"]["responses"].pop("202"),
        f"POST {JOBS}: the status 202 is gone",
    ),
    "a header that is gone": (
        lambda s: s.paths[TODOS]["get"]["responses"]["200"]["headers"].pop("Link"),
        f"GET {TODOS} 200: the header Link is gone",
    ),
    "an answer of another media type": (
        lambda s: s.paths[STATUS]["get"]["responses"]["404"].update(content={"application/json": {}}),
        f"GET {STATUS} 404: the answer is no application/problem+json any more",
    ),
    "a member of an answer that is gone": (
        lambda s: s.model("TaskStatus")["properties"].pop("bytes"),
        f"GET {STATUS} 200 answer: the member bytes is gone",
    ),
    "a member of an answer that may be left out": (
        lambda s: s.model("TaskStatus")["required"].remove("attempt"),
        f"GET {STATUS} 200 answer: the member attempt may be left out",
    ),
    "a member of an answer that may be null": (
        lambda s: s.member("TaskStatus", "error").update(type=["string", "null"]),
        f"GET {STATUS} 200 answer.error: the answer may be null",
    ),
    "a date that is any text": (
        lambda s: s.member("TaskStatus", "created_at").pop("format"),
        f"GET {STATUS} 200 answer.created_at: the format date-time is gone",
    ),
    "a state that is gone": (
        lambda s: s.model("JobState")["enum"].remove("RETRY"),
        f"GET {STATUS} 200 answer.task_status: the value RETRY is gone",
    ),
    "a state that clients don't know": (
        lambda s: s.model("JobState")["enum"].append("PAUSED"),
        f"GET {STATUS} 200 answer.task_status: the value PAUSED is new to clients",
    ),
    "a state that is any text": (
        lambda s: s.model("JobState").pop("enum"),
        f"GET {STATUS} 200 answer.task_status: the values of the answer are others",
    ),
    "a member deep in a list": (
        lambda s: s.model("FlawModel")["properties"].pop("pointer"),
        f"POST {TODOS} 400 answer.errors[]: the member pointer is gone",
    ),
    "another alternative of an answer": (
        lambda s: s.paths[TODO]["delete"]["responses"]["200"]["content"]["application/json"]["schema"][
            "anyOf"
        ].append({"type": "string"}),
        f"DELETE {TODO} 200 answer: the answer has another alternative",
    ),
}

HARMLESS: dict[str, Callable[[Schema], Any]] = {
    "a new path": lambda s: s.paths.update({"/new": s.paths["/healthz"]}),
    "a new parameter": lambda s: s.paths[TODOS]["get"]["parameters"].append(
        {"in": "query", "name": "q", "schema": {"type": "string"}}
    ),
    "a new member of a request": lambda s: s.model("TodoCreate")["properties"].update(
        color={"type": "string"}
    ),
    "a new member of an answer": lambda s: s.model("TaskStatus")["properties"].update(
        progress={"type": "number"}
    ),
    "a new status": lambda s: s.paths[JOBS]["post"]["responses"].update({"200": {"description": "Done."}}),
    "a new value of a request": lambda s: s.member("CalendarRequest", "component")["enum"].append("journal"),
    "a text that may be longer": lambda s: s.member("TodoCreate", "title").update(maxLength=200),
    "a number where there was an integer": lambda s: s.member("CalendarRequest", "alarm").update(
        type="number"
    ),
    "a null that is allowed": lambda s: s.member("CalendarRequest", "name").update(type=["string", "null"]),
    "another description": lambda s: s.member("TodoCreate", "title").update(description="Say it."),
    "a model of another name": lambda s: s.all.update(
        json.loads(json.dumps(s.all).replace("JobState", "TaskState"))
    ),
}


@pytest.mark.parametrize(("change", "found"), BREAKS.values(), ids=BREAKS)
def test_a_breaking_change_is_found(change: Callable[[Schema], Any], found: str) -> None:
    schema = Schema()
    change(schema)
    assert found in breaking_changes(RELEASED, schema.all)


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_change_is_none(change: Callable[[Schema], Any]) -> None:
    schema = Schema()
    change(schema)
    assert breaking_changes(RELEASED, schema.all) == []


def test_that_other_members_are_refused_is_found() -> None:
    lax = Schema()
    lax.model("TodoCreate").pop("additionalProperties")
    assert f"POST {TODOS} request: other members are refused" in breaking_changes(lax.all, RELEASED)
