"""Being asked to stop, and then being asked again."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Stop:
    """Ctrl-C, SIGTERM or a terminal that closes: the first lets what is under way end, a second does not."""

    def __init__(self) -> None:
        self.asked = False
        self._hurries = False

    def listen(self) -> None:
        """Take note of signals from here on."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup a terminal that closes is to change nothing.
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._take_note)

    @contextmanager
    def at_second_signal(self) -> Iterator[None]:
        """Let a signal that is not the first end the block, which may hang, by ``KeyboardInterrupt``."""
        self._hurries = True
        try:
            yield
        finally:
            self._hurries = False

    def _take_note(self, *_: object) -> None:
        if self.asked and self._hurries:
            # A third one must not disturb what the block cleans up.
            self._hurries = False
            raise KeyboardInterrupt
        self.asked = True
