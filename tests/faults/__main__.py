"""The whole battery, ``python -m tests.faults``: some kinds of broker at a time, and one table of them all."""

import argparse
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.table import Line, table, timelines

_AT_ONCE = 2
"""Faults are mostly waits, so two of them fit on a machine with two cores."""

_LONGEST_FIRST = ("redis", "rabbitmq", "sqs-fifo", "sqs", "none")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timelines", action="store_true", help="show what a job saw of each fault")
    parser.add_argument("kinds", nargs="*", default=_LONGEST_FIRST, help="kinds of broker")
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(_AT_ONCE) as pool:
        runs = list(pool.map(lambda kind: _run(kind, Path(folder)), arguments.kinds))
        lines = [line for kind in arguments.kinds for line in _read(Path(folder) / f"{kind}.jsonl")]
    faults = list(dict.fromkeys(line.fault for line in lines))
    lines.sort(key=lambda line: faults.index(line.fault))
    for done in runs:
        if done.returncode != 0:
            sys.stdout.write(done.stdout)
    shown = [*table(lines), *(timelines(lines) if arguments.timelines else ())]
    sys.stdout.write("\n".join([*shown, f"{time.monotonic() - began:.0f} s in all", ""]))
    return max(done.returncode for done in runs)


def _run(kind: str, folder: Path) -> subprocess.CompletedProcess[str]:
    lines = folder / f"{kind}.jsonl"
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "",
            "tests/faults",
            f"--broker={kind}",
            f"--lines={lines}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _read(path: Path) -> list[Line]:
    return (
        [Line.from_json(text) for text in path.read_text(encoding="utf-8").splitlines()]
        if path.exists()
        else []
    )


if __name__ == "__main__":
    sys.exit(main())
