"""The ``taskoverflow`` command: one module for each subcommand."""

import sys
from importlib import import_module
from typing import Any

from app.cli import loading, stopping

_MODULES = {
    "up": "app.cli.up",
    "api": "app.cli.api",
    "worker": "app.cli.worker",
    "migrate": "app.cli.migrate",
    "openapi": "app.cli.openapi",
    "doctor": "app.cli.doctor",
    "todos": "app.cli.todos",
    "queue": "app.cli.queue",
    "jobs": "app.cli.jobs",
}

_STOP_IN_ORDER = {"api", "worker"}
"""They heed signals once they can."""

_PLAIN = (["api"], ["worker"])
"""With no option to read they need no typer, whose loading each start of theirs would wait for."""


def main() -> None:
    """Run the command line."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    # Before anything that takes time to load.
    if asked in _STOP_IN_ORDER:
        stopping.put_off()
    else:
        stopping.die_of_sigterm()
    loading.begin()
    if sys.argv[1:] in _PLAIN:
        command = _load(asked)
        loading.done()
        command()
        return
    import typer  # noqa: PLC0415

    app = typer.Typer(
        name="taskoverflow", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    app.callback()(_taskoverflow)
    # All modules together take seconds to load, which every start would wait for: only help needs them all.
    for name in [asked] if asked in _MODULES else _MODULES:
        command = _load(name)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    loading.done()
    app()


def _load(name: str) -> Any:  # noqa: ANN401 - a function, or what typer makes of several
    return getattr(import_module(_MODULES[name]), name)


def _taskoverflow() -> None:
    """A todo service that makes a calendar of your todos in the background."""
