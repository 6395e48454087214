"""On what it was measured."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

_GIB = 1024**3


def describe() -> dict[str, str]:
    """What to know of the machine, and when it was."""
    memory = psutil.virtual_memory().total / _GIB
    return {
        "processor": f"{os.cpu_count()} cores, {_model()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
