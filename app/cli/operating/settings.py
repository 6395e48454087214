"""Where the service is that an operator looks after."""

import os
from pathlib import Path

import typer

from app.cli.local import running
from app.setting_files import without
from app.settings import SERVER_SETTINGS, LocalSettings, Settings, read_settings


def operator_settings() -> Settings:
    """The environment's settings, completed by the ``up`` that runs on the data folder.

    Where the environment names no database or no broker, those of that ``up`` are taken, unless the one that
    it does name is another: a database and a broker belong together.
    """
    local = read_settings(LocalSettings)
    folder = local.data_dir.resolve()
    given = {
        "TASKOVERFLOW_DATABASE_URL": local.database_url and str(local.database_url),
        "TASKOVERFLOW_BROKER_URL": local.broker_url and local.broker_url.url,
    }
    if None not in given.values():
        return read_settings(Settings)
    found = _of_up(folder)
    if all(url is None or url == found.get(variable) for variable, url in given.items()):
        # As if they alone had been set: what reads the environment later then finds the same.
        for variable in os.environ.keys() - without(dict(os.environ), *SERVER_SETTINGS).keys():
            del os.environ[variable]
        os.environ.update(found)
    try:
        return read_settings(Settings)
    except SystemExit:
        if not found:
            typer.echo(f"No `taskoverflow up` runs on the data folder {folder} either", err=True)
        raise


def _of_up(folder: Path) -> dict[str, str]:
    try:
        up = running.read(folder)
    except OSError as error:
        typer.echo(f"The data folder {folder} can't be read: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    if up is None:
        return {}
    return {"TASKOVERFLOW_DATABASE_URL": up.database_url, "TASKOVERFLOW_BROKER_URL": up.broker_url}
