"""Being asked to stop while a queue is waited for."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """Ctrl-C, SIGTERM or a terminal that closes: waiting ends at once, anything else is finished first."""

    def __init__(self) -> None:
        self._came = False
        self._at_once = False

    def listen(self) -> None:
        """Take note of signals from here on; a second one changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup a terminal that closes is to change nothing.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._take_note)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let a signal, also one that came before, end the block by ``KeyboardInterrupt``."""
        self._at_once = True
        try:
            if self._came:
                raise KeyboardInterrupt
            yield
        finally:
            self._at_once = False

    def _take_note(self, *_: object) -> None:
        self._came = True
        if self._at_once:
            # Another signal must not disturb what this one makes the block clean up.
            self._at_once = False
            raise KeyboardInterrupt
