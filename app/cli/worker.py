"""``taskoverflow worker``: one worker, in the foreground."""

import os
import sys


def worker() -> None:
    """Make calendars until told to stop."""
    # The app never imports the workers: they become this process.
    os.execv(sys.executable, [sys.executable, "-m", "workers"])  # noqa: S606 - our own module
