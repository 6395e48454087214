"""Settings for commands: what is wrong with them, in one line for each."""

from typing import TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings

T = TypeVar("T", bound=BaseSettings)


def read_settings(kind: type[T]) -> T:
    """Read the environment, or end the command with a line that names each variable that is wrong."""
    try:
        return kind()
    except ValidationError as error:
        for flaw in error.errors():
            variable = "TASKOVERFLOW_" + str(flaw["loc"][0]).upper()
            reason = "is not set" if flaw["type"] == "missing" else flaw["msg"].removeprefix("Value error, ")
            typer.echo(f"{variable}: {reason}", err=True)
        raise typer.Exit(2) from None
