"""A terminal for a command, and what a person sees on it."""

import fcntl
import os
import select
import struct
import subprocess
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pyte

from tests.support.waiting import wait_until

_CTRL_C = b"\x03"


class Terminal:
    """A command that runs on a terminal of its own, and its screen."""

    def __init__(
        self, command: Sequence[str], environment: dict[str, str], columns: int = 100, rows: int = 150
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.written = b""
        self._stream = pyte.ByteStream(self.screen)
        self._keyboard, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        _keep_what_is_written(theirs)
        self.process = subprocess.Popen(
            command,
            env={**environment, "TERM": "xterm-256color"},
            # Makes it the controlling terminal: only then does Ctrl-C send a signal.
            preexec_fn=partial(os.login_tty, theirs),  # noqa: PLW1509 - one thread starts processes
        )
        os.close(theirs)

    def text(self) -> str:
        """What is on the screen now."""
        self._read()
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.text() or self.process.poll() is not None, text)
        assert text in self.text(), self.text()

    def press_ctrl_c(self) -> None:
        os.write(self._keyboard, _CTRL_C)

    def wait(self) -> int:
        """Watch until the command ends; returns its exit code."""

        def ended() -> bool:
            # A command whose output nobody reads would never end.
            self._read()
            return self.process.poll() is not None

        wait_until(ended, "the end of the command")
        return self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._keyboard)

    def _read(self) -> None:
        while select.select([self._keyboard], [], [], 0)[0]:
            try:
                read = os.read(self._keyboard, 65536)
            except OSError:  # nobody has the other end any more
                return
            self.written += read
            self._stream.feed(read)


def _keep_what_is_written(device: int) -> None:
    """Let Ctrl-C throw nothing away: it does so after the signal, so also what a quick command answers it."""
    attributes = termios.tcgetattr(device)
    attributes[3] |= termios.NOFLSH
    termios.tcsetattr(device, termios.TCSANOW, attributes)


@contextmanager
def terminal(command: Sequence[str], environment: dict[str, str], columns: int = 100) -> Iterator[Terminal]:
    opened = Terminal(command, environment, columns)
    try:
        yield opened
    finally:
        opened.close()
