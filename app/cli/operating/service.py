"""The service behind the operator's commands, and how its errors end them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Never, TypeVar

import typer

from app.cli.operating.settings import operator_settings
from app.cli.operating.text import on_one_line
from app.cli.printable import show_any_character
from app.queue.broker import BrokerMisconfigured
from app.queue.publisher import Publisher, SendFailed
from app.services.operations import NotDone, OperationsService
from app.settings import Settings
from app.storage.database import open_engine, open_sessions
from app.storage.flaws import database_flaw

_PATIENCE = timedelta(seconds=10)
"""How long an operator waits for the broker: nobody waits behind them."""

T = TypeVar("T")

Operation = Callable[[OperationsService], Awaitable[T]]


def operate(operation: Operation[T]) -> T:
    """Do what a command is for; what can't be done is one line, and exit code 1."""
    settings = operator_settings()
    show_any_character()
    try:
        return asyncio.run(_operate(settings, operation))
    except NotDone as error:
        _end(str(error))
    except (SendFailed, BrokerMisconfigured) as error:
        _end(f"TASKOVERFLOW_BROKER_URL: the broker can't be reached: {error}")
    except Exception as error:
        line = database_flaw(error)
        if line is None:
            raise
        _end(line)


async def _operate(settings: Settings, operation: Operation[T]) -> T:
    engine = open_engine(settings.database_url, pool_size=1, name="taskoverflow-operator")
    try:
        async with aclosing(Publisher.open(settings, patience=_PATIENCE)) as publisher:
            return await operation(OperationsService(open_sessions(engine), publisher))
    finally:
        await engine.dispose()


def _end(line: str) -> Never:
    typer.echo(on_one_line(line), err=True)
    raise typer.Exit(1)
