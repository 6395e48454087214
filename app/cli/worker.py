"""``taskoverflow worker``: one worker, in the foreground."""

import os
import sys
from importlib.util import find_spec


def worker() -> None:
    """Make calendars until told to stop."""
    # Found, not imported: the app never imports the workers, they become this process.
    if find_spec("workers") is None or find_spec("icalendar") is None:
        sys.stderr.write(
            "What makes calendars is not installed here: use the image `worker`, "
            "or pip install 'taskoverflow[worker]'\n"
        )
        raise SystemExit(1)
    os.execv(sys.executable, [sys.executable, "-m", "workers"])  # noqa: S606 - our own module
