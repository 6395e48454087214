"""``taskoverflow migrate``: the schema of the database."""

from collections.abc import Callable
from typing import Annotated

import typer
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from app.settings import DatabaseSettings, read_settings
from app.storage.flaws import database_flaw
from app.storage.migrations import SCRIPTS

migrate = typer.Typer(no_args_is_help=True, help="Bring the database's schema up or down.")


def alembic_config() -> Config:
    """Alembic's configuration, found from any folder."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config


@migrate.callback()
def _check() -> None:
    read_settings(DatabaseSettings)


@migrate.command()
def upgrade(revision: Annotated[str, typer.Argument(help="Up to which migration.")] = "head") -> None:
    """Apply the migrations that are missing; nothing where none is."""
    _run(lambda: command.upgrade(alembic_config(), revision))


@migrate.command()
def downgrade(revision: Annotated[str, typer.Argument(help="Down to which migration, or -1.")]) -> None:
    """Take migrations back, and the data that they made room for."""
    _run(lambda: command.downgrade(alembic_config(), revision))


@migrate.command()
def current() -> None:
    """Say which migration the database is at."""
    _run(lambda: command.current(alembic_config()))


@migrate.command()
def check() -> None:
    """Fail if the code's tables are not those of the migrations; for developers."""
    _run(lambda: command.check(alembic_config()))


def _run(call: Callable[[], None]) -> None:
    try:
        call()
    except CommandError as error:
        typer.echo(str(error), err=True)
    except Exception as error:
        flaw = database_flaw(error)
        if flaw is None:
            raise
        typer.echo(flaw, err=True)
    else:
        return
    raise typer.Exit(1)
