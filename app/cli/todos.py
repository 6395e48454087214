"""``taskoverflow todos``: todos from files, through the public API."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.cli.importing.read import read_rows
from app.cli.importing.rows import Row, UnreadableFileError

todos = typer.Typer(no_args_is_help=True, help="Todos from files.")


class _ServiceError(Exception):
    """The service can't take todos now."""


@todos.callback()
def _group() -> None:
    """Keep ``import`` a subcommand, though it is the only one."""


@todos.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A .json, .jsonl, .csv or .ics file.", show_default=False)],
    url: Annotated[
        str, typer.Option(envvar="TASKOVERFLOW_URL", help="Where the service is.")
    ] = "http://localhost:6400",
    *,
    quiet: Annotated[bool, typer.Option(help="Say only what was refused.")] = False,
) -> None:
    """Add every todo of a file, and say of each line what became of it."""
    try:
        rows = read_rows(file)
    except UnreadableFileError as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(1) from None
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        taken, stopped = _send_all(client, rows, quiet=quiet)
    refused = len(rows) - taken
    typer.echo(f"{taken} taken, {refused} {'not sent or ' if stopped else ''}refused")
    if refused:
        raise typer.Exit(1)


def _send_all(client: httpx.Client, rows: list[Row], *, quiet: bool) -> tuple[int, bool]:
    taken = 0
    for row in rows:
        try:
            todo_id, reason = (None, row.reason) if row.todo is None else _send(client, row)
        except _ServiceError as error:
            typer.echo(f"line {row.line}: stopped here: {error}", err=True)
            return taken, True
        if todo_id is None:
            typer.echo(f"line {row.line}: refused: {reason}")
            continue
        taken += 1
        if not quiet:
            typer.echo(f"line {row.line}: taken as {todo_id}: {row.todo['title'] if row.todo else ''}")
    return taken, False


def _send(client: httpx.Client, row: Row) -> tuple[int | None, str | None]:
    """The id that the todo was given, or why it was refused."""
    try:
        answer = client.post("/api/v1/todos", json=row.todo)
        body = answer.json()
    except (httpx.TransportError, ValueError) as error:
        raise _ServiceError(f"{client.base_url} can't be reached: {error}") from None
    if answer.status_code == HTTPStatus.CREATED:
        return int(body["id"]), None
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        flaws = [f"{flaw['pointer'].lstrip('/')}: {flaw['detail']}" for flaw in body.get("errors", [])]
        return None, "; ".join(flaws) or body.get("detail", "")
    raise _ServiceError(f"{client.base_url} answered {answer.status_code}: {body.get('title', '')}")
