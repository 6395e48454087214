"""Requests at a constant rate, sent by k6."""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path

_K6 = Path(".bench/bin/k6")
_SCRIPT = Path(__file__).with_name("arrivals.js")


@dataclass(frozen=True, slots=True)
class Latencies:
    """What those who asked saw."""

    milliseconds: dict[str, float]
    """By percentile: ``med``, ``p(99)`` and so on."""
    accepted: int
    wrong: int
    """Answered otherwise, or never."""
    dropped: int
    """Not sent in time, since a thousand before them had no answer yet."""


async def open_loop(url: str, *, rate: int, seconds: float, folder: Path) -> Latencies:
    """POST to the URL so often a second."""
    summary = folder / "k6.json"
    process = await asyncio.create_subprocess_exec(
        *(_K6, "run", "--quiet", "--no-usage-report", "--summary-export", summary, _SCRIPT),
        env={**os.environ, "URL": url, "RATE": str(rate), "SECONDS": str(seconds)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RuntimeError(f"k6 failed: {said.decode()}")
    return read(json.loads(summary.read_text(encoding="utf-8"))["metrics"])


def read(metrics: dict[str, dict[str, float]]) -> Latencies:
    """What k6's summary says."""
    accepted, wrong = (int(metrics["checks"][name]) for name in ("passes", "fails"))
    dropped = int(metrics.get("dropped_iterations", {}).get("count", 0))
    return Latencies(metrics["http_req_duration"], accepted, wrong, dropped)
