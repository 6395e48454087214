"""``taskoverflow worker``: one worker, in the foreground."""

import os
import sys
from importlib.util import find_spec

import typer


def worker() -> None:
    """Make calendars until told to stop."""
    # Found, not imported: the app never imports the workers, they become this process.
    if find_spec("workers") is None or find_spec("icalendar") is None:
        typer.echo(
            "What makes calendars is not installed here: use the image `worker`, "
            "or pip install 'taskoverflow[worker]'",
            err=True,
        )
        raise typer.Exit(1)
    os.execv(sys.executable, [sys.executable, "-m", "workers"])  # noqa: S606 - our own module
