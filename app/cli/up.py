"""``taskoverflow up``: everything on one machine, nothing installed before."""

import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial

import typer

from app.cli.local import running
from app.cli.local.errors import LocalServerError
from app.cli.local.interrupt import Interrupt
from app.cli.local.lock import locked
from app.cli.local.ports import ports_from, require_free
from app.cli.local.postgres import Postgres
from app.cli.local.processes import Environment, Pause, migrate, spawn
from app.cli.local.readiness import wait_until_ready
from app.cli.local.sandbox import sandbox
from app.cli.local.server import start
from app.cli.local.supervisor import Supervisor
from app.cli.local.valkey import Valkey
from app.setting_files import without
from app.settings import SERVER_SETTINGS, LocalSettings, read_settings

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to
_LOOPBACK = {"127.0.0.1", "::1"}


def up() -> None:
    """Start Postgres, Valkey, the API and workers, and stop them all on Ctrl-C."""
    settings = read_settings(LocalSettings)
    supervisor = Supervisor(say=_say)
    interrupt = Interrupt()
    interrupt.listen()
    try:
        with locked(settings.data_dir.resolve()), ExitStack() as at_end:
            at_end.callback(supervisor.stop)
            at_end.callback(running.forget, settings.data_dir.resolve())
            metrics_ports = _start(settings, supervisor, interrupt.pause)
            _tell(settings, metrics_ports)
            supervisor.run(interrupt.pause)
    except LocalServerError as error:
        _say(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _say("Stopped; the data stays.", to_stderr=False)


def _start(settings: LocalSettings, supervisor: Supervisor, pause: Pause) -> list[int]:
    """Start everything in order; where the workers' metrics are is known only now."""
    require_free(settings.host, settings.port)
    # URLs are passed on with the passwords and files that were given for them.
    environment = without(dict(os.environ), *SERVER_SETTINGS)
    environment["TASKOVERFLOW_DATABASE_URL"] = _database(settings, supervisor, pause)
    environment["TASKOVERFLOW_BROKER_URL"] = _broker(settings, supervisor, pause)
    migrate(environment, pause)
    running.tell(
        settings.data_dir.resolve(),
        environment["TASKOVERFLOW_DATABASE_URL"],
        environment["TASKOVERFLOW_BROKER_URL"],
    )
    first = settings.metrics_port or settings.port + 1
    metrics_ports = ports_from(settings.metrics_host, first, settings.workers)
    _start_processes(environment, metrics_ports, supervisor)
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    wait_until_ready(_base(host, settings.port), supervisor.dead, pause)
    return metrics_ports


def _start_processes(environment: Environment, metrics_ports: Sequence[int], supervisor: Supervisor) -> None:
    supervisor.keep("The API", partial(spawn, environment, "api"))
    for number, port in enumerate(metrics_ports, start=1):
        # Its own for as long as we run: whoever scrapes is to find it again after it died.
        own = {**without(environment, "metrics_port"), "TASKOVERFLOW_METRICS_PORT": str(port)}
        supervisor.keep(f"Worker {number}", partial(spawn, own, "worker"))


def _database(settings: LocalSettings, supervisor: Supervisor, pause: Pause) -> str:
    if settings.database_url is not None:
        return str(settings.database_url)
    postgres = Postgres(settings.data_dir.resolve(), sandbox())
    postgres.prepare()
    supervisor.take_over(start(postgres, pause))
    return postgres.url


def _broker(settings: LocalSettings, supervisor: Supervisor, pause: Pause) -> str:
    if settings.broker_url is not None:
        return settings.broker_url.url
    valkey = Valkey(settings.data_dir.resolve())
    valkey.prepare()
    supervisor.take_over(start(valkey, pause))
    return valkey.url


def _base(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _tell(settings: LocalSettings, metrics_ports: Sequence[int]) -> None:
    by_name = settings.host in _LOOPBACK or settings.host in _ANY_ADDRESS
    where = _base("localhost" if by_name else settings.host, settings.port)
    _say(
        f"\n  TaskOverflow is running.\n\n"
        f"  Page    {where}/\n"
        f"  API     {where}/api/v1/todos\n"
        f"  Docs    {where}/docs\n"
        f"  Metrics {where}/metrics; of the workers on port {', '.join(map(str, metrics_ports))}\n"
        f"  Data    {settings.data_dir.resolve()}\n\n"
        f"  Ctrl-C stops it; the data stays.\n",
        to_stderr=False,
    )


def _say(line: str, *, to_stderr: bool = True) -> None:
    # A terminal that was closed must not keep us from stopping in order.
    with suppress(OSError):
        typer.echo(line, err=to_stderr)
