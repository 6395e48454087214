"""``taskoverflow jobs``: for whoever looks after the service."""

import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from app.cli.operating.columns import HEADERS, as_json, row
from app.cli.operating.history import history_json, print_history
from app.cli.operating.service import operate
from app.cli.operating.tables import open_console, print_table
from app.cli.operating.text import json_line, on_one_line
from app.cli.operating.watch import watch
from app.domain.jobs import JobState
from app.services.operations import NotDone, OperationsService

jobs = typer.Typer(
    no_args_is_help=True,
    help="Look at jobs, whoever owns them, and act on them. A job is named by its id or the first 4 or more "
    "of its digits. Without TASKOVERFLOW_DATABASE_URL, those of the `up` that runs on the data folder.",
)

Reference = Annotated[str, typer.Argument(metavar="ID", help="The job.")]
References = Annotated[list[str], typer.Argument(metavar="ID...", help="The jobs.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, an object a line.")]


@jobs.command("list")
def list_jobs(
    state: Annotated[
        list[JobState] | None, typer.Option(help="Only jobs in this state; repeatable.", case_sensitive=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 20,
    as_json_lines: AsJson = False,  # noqa: FBT002 - typer makes a flag of it
) -> None:
    """List jobs, newest first."""
    found = operate(lambda service: service.newest(state or (), limit))
    if as_json_lines:
        for job in found.jobs:
            typer.echo(json_line(as_json(job)))
    else:
        print_table(open_console(), HEADERS, [row(job, found.now) for job in found.jobs])


@jobs.command()
def show(job: Reference, *, as_json_line: AsJson = False) -> None:
    """Show one job: all that is known of it, and what happened to it."""
    found = operate(lambda service: service.history(job))
    if as_json_line:
        typer.echo(json_line(history_json(found)))
    else:
        print_history(open_console(), found)


@jobs.command()
def cancel(ids: References) -> None:
    """End jobs that have not ended; an attempt that runs stops at its next heartbeat."""
    _for_each(ids, _cancel)


@jobs.command()
def retry(ids: References) -> None:
    """Run jobs in RETRY now, and make new ones in place of those that ended without a file."""
    _for_each(ids, _retry)


@jobs.command()
def redrive(
    older_than: Annotated[
        float, typer.Option(min=0, max=1e9, help="Only jobs that have waited for so many seconds; 0 for all.")
    ] = 300,
) -> None:
    """Ring again for jobs that wait, and put the broker's dead letters back in their queue."""
    done = operate(lambda service: service.redrive(timedelta(seconds=older_than)))
    typer.echo(f"jobs rung for: {done.jobs}, dead letters put back: {done.dead_letters}")


@jobs.command("watch")
def watch_jobs(
    interval: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between looks.")] = 1,
) -> None:
    """Watch the states and the newest jobs until Ctrl-C; in a pipe, a line for each look."""
    # Being told to end in another way must leave the terminal as it was, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        operate(partial(watch, console=open_console(), interval=interval))
    except KeyboardInterrupt:
        raise typer.Exit from None


def _for_each(ids: list[str], act: Callable[[OperationsService, str], Awaitable[str]]) -> None:
    async def act_on_all(service: OperationsService) -> bool:
        all_done = True
        for each in ids:
            try:
                typer.echo(await act(service, each))
            except NotDone as reason:
                typer.echo(on_one_line(str(reason)), err=True)
                all_done = False
        return all_done

    if not operate(act_on_all):
        raise typer.Exit(1)


async def _cancel(service: OperationsService, reference: str) -> str:
    done = await service.cancel(reference)
    return f"{done.job_id} was cancelled before" if done.already else f"{done.job_id} is cancelled"


async def _retry(service: OperationsService, reference: str) -> str:
    done = await service.retry(reference)
    what = f"{done.job_id} runs now"
    if done.new_id is not None:
        what = f"{done.job_id} stays as it ended; {done.new_id} runs in its place"
    if done.unsent is not None:
        # What it could not be told does not matter to the job: its row waits, and the sweeper looks at rows.
        what += f"; the broker can't be reached ({on_one_line(done.unsent)}), so the sweeper will ring"
    return what
