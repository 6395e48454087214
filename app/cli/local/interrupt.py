"""Being asked to stop, by Ctrl-C, by SIGTERM or by a terminal that closes."""

import signal
import time
from dataclasses import dataclass


@dataclass(slots=True)
class Interrupt:
    """Takes effect at pauses alone, so that no process is started that nobody knows of."""

    came: int = 0
    """The number of the first one; 0 before."""

    def listen(self) -> None:
        """Take note of signals from here on; a second one changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup a terminal that closes is to change nothing.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._take_note)

    def _take_note(self, number: int, *_: object) -> None:
        self.came = self.came or number

    def pause(self, seconds: float) -> None:
        """Sleep; ``KeyboardInterrupt`` when a signal came."""
        if not self.came:
            time.sleep(seconds)
        if self.came:
            raise KeyboardInterrupt
