"""The ``taskoverflow`` command: one module for each subcommand."""

import typer

from app.cli.migrate import migrate
from app.cli.openapi import openapi
from app.cli.serve import api, worker
from app.cli.todos import todos
from app.cli.up import up

app = typer.Typer(
    name="taskoverflow",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A todo service that makes a calendar of your todos in the background.",
)
app.command()(up)
app.command()(api)
app.command()(worker)
app.command()(openapi)
app.add_typer(migrate, name="migrate")
app.add_typer(todos, name="todos")


def main() -> None:
    """Run the command line."""
    app()
