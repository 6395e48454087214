"""Programs that this script runs: what they say is shown when they fail."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


class FailedError(Exception):
    """A program ended with an error, or did not do what it is expected to."""


def run(
    *command: str | Path,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    stdin: bytes | None = None,
) -> str:
    """Run it, in the project's folder by default; its standard output."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        input=stdin,
        capture_output=True,
        check=False,
    )
    said = done.stdout.decode(errors="replace")
    if done.returncode:
        shown = " ".join(map(str, command))
        raise FailedError(
            f"{shown}\nended with {done.returncode}:\n{said}{done.stderr.decode(errors='replace')}"
        )
    return said
