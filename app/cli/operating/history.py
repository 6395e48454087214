"""One job and its timeline, on a terminal."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console

from app.cli.operating.columns import as_json
from app.cli.operating.tables import print_table
from app.cli.operating.text import moment, on_one_line, span
from app.domain.jobs import JOB_VERSION, WAITING, Job
from app.domain.operations import JobHistory

_HEADERS = ("time", "since start", "attempt", "what", "detail")


def history_json(history: JobHistory) -> dict[str, Any]:
    """All that is known, for programs."""
    events = [
        {name: value for name, value in asdict(event).items() if name != "job_id"} for event in history.events
    ]
    return {**as_json(history.job), "events": events}


def print_history(console: Console, history: JobHistory) -> None:
    """All that is known, for people."""
    facts = list(_facts(history))
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        console.print(f"{name:{width}}  {on_one_line(value)}", soft_wrap=True)
    console.print()
    print_table(console, _HEADERS, list(_timeline(history)))


def _facts(history: JobHistory) -> Iterator[tuple[str, str]]:
    job, now = history.job, history.now
    yield "job", str(job.id)
    yield "state", job.state
    yield "attempt", str(job.attempt)
    yield "owner", str(job.owner)
    yield "version", _version(job)
    if job.feed_id is not None:
        yield "renders", f"the file of the feed {job.feed_id}"
    yield "options", ", ".join(f"{name}={value}" for name, value in job.options.to_json().items())
    moments = [("accepted", job.created_at), ("started", job.started_at), ("finished", job.finished_at)]
    moments.append(("lease ends", job.lease_until))
    if job.state in WAITING:
        moments += [("runs from", job.run_at), ("rings again", job.ring_at)]
    for name, time in moments:
        if time is not None:
            yield (
                name,
                f"{moment(time)}, {f'{span(now - time)} ago' if time <= now else f'in {span(time - now)}'}",
            )
    yield from _outcome(job)


def _version(job: Job) -> str:
    if job.version <= JOB_VERSION:
        return str(job.version)
    return f"{job.version}, which takes newer workers than this release's ({JOB_VERSION})"


def _outcome(job: Job) -> Iterator[tuple[str, str]]:
    if job.error is not None:
        yield "error", job.error
    if job.counts is not None:
        yield "todos", f"{job.counts.todos}, of which {job.counts.skipped} without a deadline were left out"
        yield "file", f"{job.counts.bytes} bytes, SHA-256 {job.digest}"
    # A feed's file is not kept here: it is the feed's.
    if job.removed_at is not None and job.feed_id is None:
        yield "removed", moment(job.removed_at)


def _timeline(history: JobHistory) -> Iterator[tuple[str, ...]]:
    start = history.job.created_at
    yield moment(start), span(start - start), "0", "accepted", ""
    for event in history.events:
        yield (
            moment(event.at),
            span(event.at - start),
            str(event.attempt),
            on_one_line(event.kind.replace("_", " ")),
            on_one_line(event.detail or ""),
        )
