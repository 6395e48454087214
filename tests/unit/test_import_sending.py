"""What becomes of the todos of a file, and what the user is told."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from app.cli.importing.rows import Row
from app.cli.todos import import_rows, todos

SAMPLE = Path(__file__).parents[2] / "docs" / "sample"
Read = Callable[[str, str | bytes], list[Row]]


class Service:
    """Answers as the API does; from the given request on with something else."""

    def __init__(self, breaks_at: int = 0, answer: httpx.Response | httpx.HTTPError | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._breaks_at, self._answer = breaks_at, answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if len(self.requests) == self._breaks_at and self._answer is not None:
            if isinstance(self._answer, httpx.HTTPError):
                raise self._answer
            return self._answer
        todo = json.loads(request.content)
        if len(todo["title"]) > 80:
            flaw = {"pointer": "/title", "detail": "expected 1 to 80 characters"}
            return httpx.Response(400, json={"detail": "…", "errors": [flaw]})
        return httpx.Response(201, json={"id": 56 + len(self.requests), "title": todo["title"]})


def run(service: Service, rows: list[Row], *, quiet: bool = False) -> bool:
    with httpx.Client(base_url="http://todo.test/some", transport=httpx.MockTransport(service)) as client:
        return import_rows(client, rows, quiet=quiet)


A, B, C = Row(12, {"title": "Buy\nmilk"}), Row(13, {"title": "x" * 81}), Row(14, reason="expected an object")

Output = pytest.CaptureFixture[str]


def test_each_todo_is_reported_with_its_line(capsys: Output) -> None:
    service = Service()

    assert not run(service, [A, B, C, A])

    assert capsys.readouterr().out.splitlines() == [
        "line 12: taken as 57: Buy milk",
        "line 13: refused: title: expected 1 to 80 characters",
        "line 14: refused: expected an object",
        "line 12: taken as 59: Buy milk",
        "2 taken, 2 refused",
    ]
    assert {str(each.url) for each in service.requests} == {"http://todo.test/some/api/v1/todos"}
    assert json.loads(service.requests[0].content) == A.todo


def test_quiet_leaves_out_what_was_taken(capsys: Output) -> None:
    assert run(Service(), [A, A], quiet=True)
    assert capsys.readouterr().out == "2 taken, 0 refused\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(503, json={"detail": "No database."}), "answered 503 No database."),
        (httpx.Response(502, text="<html>"), "answered 502 Bad Gateway"),
        (httpx.Response(404), "answered 404 Not Found"),
        (httpx.Response(201, text="hello"), "answered 201 Created"),
        (httpx.ConnectError("refused"), "can't reach http://todo.test/some/: refused"),
        (httpx.ReadTimeout(""), "no answer, so it may have been taken: ReadTimeout"),
    ],
)
def test_a_service_that_fails_stops_the_import_and_says_where(
    answer: httpx.Response | httpx.HTTPError, reason: str, capsys: Output
) -> None:
    service = Service(3, answer)

    assert not run(service, [A, B, Row(20, {"title": "C"}), A])

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("stopped at line 20: ")
    assert reason in line
    assert line.endswith("; before it 1 taken, 1 refused")
    assert len(service.requests) == 3


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer()
    app.add_typer(todos, name="todos")
    return app


def test_a_service_that_is_not_there_is_one_line(command: typer.Typer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = CliRunner().invoke(command, ["todos", "import", str(SAMPLE / "todos.csv"), "--url", url])

    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith(f"stopped at line 2: can't reach {url}")


@pytest.mark.parametrize("url", ["localhost:6400", "http://[", "http://localhost:port"])
def test_an_address_that_is_none_is_one_line(command: typer.Typer, url: str) -> None:
    arguments = ["todos", "import", str(SAMPLE / "todos.csv")]

    result = CliRunner().invoke(command, arguments, env={"TASKOVERFLOW_URL": url})

    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1


def test_a_file_that_is_not_there_is_one_line(command: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "none.json"

    result = CliRunner().invoke(command, ["todos", "import", str(path)])

    assert result.exit_code == 1
    assert result.output == f"{path}: No such file or directory\n"
