"""``taskoverflow doctor``: what is wrong, and how to mend it."""

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.operating.settings import operator_settings
from app.domain.findings import Finding, Level
from app.services.doctor import examine
from app.settings import Settings

_MARKS = {
    Level.OK: ("ok", typer.colors.GREEN),
    Level.WARNING: ("warning", typer.colors.YELLOW),
    Level.FAILED: ("FAILED", typer.colors.RED),
}


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")] = False
) -> None:
    """Check Postgres, its migrations, broker and queue, the bucket, and the clocks; 1 if anything failed."""
    settings = operator_settings()
    failed = asyncio.run(_report(settings, as_json=as_json))
    if failed:
        raise typer.Exit(1)


async def _report(settings: Settings, *, as_json: bool) -> bool:
    worst = dict.fromkeys(Level, 0)
    async for finding in examine(settings):
        worst[finding.level] += 1
        if as_json:
            typer.echo(json.dumps(asdict(finding)))
        else:
            _show(finding)
    if not as_json:
        typer.echo(_summary(worst))
    return worst[Level.FAILED] > 0


def _show(finding: Finding) -> None:
    mark, colour = _MARKS[finding.level]
    typer.echo(f"{typer.style(mark.ljust(8), colour)} {finding.subject}: {finding.detail}")
    if finding.mend is not None:
        typer.echo(f"{'':8}   mend: {finding.mend}")


def _summary(counts: dict[Level, int]) -> str:
    if counts[Level.FAILED]:
        return f"\n{counts[Level.FAILED]} failed, {counts[Level.WARNING]} to look at"
    return f"\nAll is well; {counts[Level.WARNING]} to look at" if counts[Level.WARNING] else "\nAll is well"
