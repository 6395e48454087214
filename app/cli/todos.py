"""``taskoverflow todos``: todos by the hundred."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import httpx
import typer

from app.cli.importing.read import read_file
from app.cli.importing.rows import Row, UnreadableFileError
from app.cli.importing.send import StoppedError, Taken, send
from app.cli.printable import show_any_character
from app.settings import LocalSettings, read_settings

_TIMEOUT_SECONDS = 30

todos = typer.Typer(no_args_is_help=True, help="Bring todos into the service.")


@todos.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A .json, .jsonl, .csv or .ics file.")],
    url: Annotated[
        str | None,
        typer.Option(envvar="TASKOVERFLOW_URL", help="Where the service is, if not on this machine."),
    ] = None,
    quiet: Annotated[  # noqa: FBT002 - typer makes a flag of it
        bool, typer.Option("--quiet", help="Say only what was refused, and the summary.")
    ] = False,
) -> None:
    """Add the todos of a file, in its order; the exit code is 1 unless all were taken."""
    show_any_character()
    try:
        rows = read_file(file)
    except UnreadableFileError as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(1) from None
    url = url or f"http://localhost:{read_settings(LocalSettings).port}"
    try:
        client = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS)
    except httpx.InvalidURL as error:
        typer.echo(f"{url}: {error}", err=True)
        raise typer.Exit(1) from None
    with client:
        complete = import_rows(client, rows, quiet=quiet)
    if not complete:
        raise typer.Exit(1)


def import_rows(client: httpx.Client, rows: Iterable[Row], *, quiet: bool) -> bool:
    """Send rows and report on each; True if all of them were taken."""
    taken = refused = 0
    try:
        for outcome in send(client, rows):
            if isinstance(outcome, Taken):
                taken += 1
                if not quiet:
                    # A title may hold newlines, and a report has one line for each todo.
                    title = " ".join(outcome.title.split())
                    typer.echo(f"line {outcome.line}: taken as {outcome.id}: {title}")
            else:
                refused += 1
                typer.echo(f"line {outcome.line}: refused: {outcome.reason}")
    except StoppedError as error:
        typer.echo(f"{error}; before it {taken} taken, {refused} refused", err=True)
        return False
    typer.echo(f"{taken} taken, {refused} refused")
    return refused == 0
