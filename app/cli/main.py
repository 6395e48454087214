"""The ``taskoverflow`` command: one module for each subcommand, loaded when it is asked for."""

from importlib import import_module

import click
import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

_COMMANDS = {
    "up": "app.cli.up",
    "api": "app.cli.serve",
    "worker": "app.cli.worker",
    "migrate": "app.cli.migrate",
    "openapi": "app.cli.openapi",
    "todos": "app.cli.todos",
}


class _Lazy(TyperGroup):
    """Loads no more than it runs: all of them together take seconds, which every start would wait for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        found = getattr(import_module(_COMMANDS[cmd_name]), cmd_name)
        if isinstance(found, typer.Typer):
            # As a group even where it has one command: it may get a second.
            command: click.Command = get_group(found)
        else:
            single = typer.Typer(add_completion=False)
            single.command(cmd_name)(found)
            command = get_command(single)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="taskoverflow", cls=_Lazy, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def _taskoverflow() -> None:
    """A todo service that makes a calendar of your todos in the background."""


def main() -> None:
    """Run the command line."""
    app()
