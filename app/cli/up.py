"""``taskoverflow up``: everything on one machine, nothing installed before."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Never

import httpx
import typer

from app.cli.configuration import read_settings
from app.cli.local.errors import LocalServerError
from app.cli.local.lock import locked
from app.cli.local.ports import is_free
from app.cli.local.postgres import Postgres
from app.cli.local.sandbox import child_setup, sandbox
from app.cli.local.server import start
from app.cli.local.supervisor import Supervisor
from app.cli.local.valkey import Valkey
from app.settings import LocalSettings

_READY_SECONDS = 30.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


def up() -> None:
    """Start Postgres, Valkey, the API and workers, and stop them all on Ctrl-C."""
    settings = read_settings(LocalSettings)
    supervisor = Supervisor(say=lambda line: typer.echo(line, err=True))
    for number in _SIGNALS:
        signal.signal(number, _stop)
    try:
        with locked(settings.data_dir.resolve()), ExitStack() as at_end:
            at_end.callback(supervisor.stop)
            # From here on one signal is enough, and further ones must not cut the stopping short.
            at_end.callback(_ignore_signals)
            _start(settings, supervisor)
            _tell(settings)
            supervisor.run()
    except LocalServerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("Stopped; the data stays.")


def _stop(*_: object) -> Never:
    _ignore_signals()
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _start(settings: LocalSettings, supervisor: Supervisor) -> None:
    if not is_free(settings.host, settings.port):
        raise LocalServerError(f"Port {settings.port} is taken: choose another with TASKOVERFLOW_PORT")
    environment = dict(os.environ)
    environment["TASKOVERFLOW_DATABASE_URL"] = _database(settings, supervisor)
    environment["TASKOVERFLOW_BROKER_URL"] = _broker(settings, supervisor)
    if subprocess.run(_command("migrate", "upgrade"), env=environment, check=False).returncode != 0:  # noqa: S603
        raise LocalServerError("The migration failed; what it said stands above")
    supervisor.keep("The API", _spawner("api", environment))
    for _ in range(settings.workers):
        supervisor.keep("A worker", _spawner("worker", environment))
    _wait_until_ready(settings, supervisor)


def _database(settings: LocalSettings, supervisor: Supervisor) -> str:
    if settings.database_url is not None:
        return str(settings.database_url)
    postgres = Postgres(settings.data_dir.resolve(), sandbox())
    postgres.prepare()
    supervisor.take_over(start(postgres))
    return postgres.url


def _broker(settings: LocalSettings, supervisor: Supervisor) -> str:
    if settings.broker_url is not None:
        return str(settings.broker_url)
    valkey = Valkey(settings.data_dir.resolve())
    valkey.prepare()
    supervisor.take_over(start(valkey))
    return valkey.url


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *arguments]


def _spawner(name: str, environment: dict[str, str]) -> Callable[[], subprocess.Popen[bytes]]:
    def spawn() -> subprocess.Popen[bytes]:
        # In a session of its own: a terminal's Ctrl-C is for us, and we tell the others in order.
        return subprocess.Popen(  # noqa: S603 - our own command
            _command(name),
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=child_setup(signal.SIGTERM),  # noqa: PLW1509 - there is one thread
        )

    return spawn


def _wait_until_ready(settings: LocalSettings, supervisor: Supervisor) -> None:
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/readyz"
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        for each in supervisor.kept:
            if each.process.poll() is not None:
                raise LocalServerError(f"{each.name} does not start; what it said stands above")
        time.sleep(0.05)
    raise LocalServerError(f"The API is not ready after {_READY_SECONDS:.0f} s; what it said stands above")


def _tell(settings: LocalSettings) -> None:
    where = f"http://localhost:{settings.port}"
    typer.echo(
        f"\n  TaskOverflow is running.\n\n"
        f"  API     {where}/api/v1/todos\n"
        f"  Docs    {where}/docs\n"
        f"  Data    {settings.data_dir.resolve()}\n\n"
        f"  Ctrl-C stops it; the data stays.\n"
    )
