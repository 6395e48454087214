"""A server that was started, and how to wait for it and stop it."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.cli.local.errors import LocalServerError

_POLL_SECONDS = 0.02
_START_SECONDS = 30.0
_TRY_AGAIN_SECONDS = 5.0
_STOP_SECONDS = 20.0


class Server(Protocol):
    """One of the embedded servers; its port and data stay the same when it is started again."""

    name: str
    stop_signal: signal.Signals

    @property
    def log(self) -> Path:
        """Where it writes what goes wrong."""

    @property
    def url(self) -> str:
        """Where clients reach it, password included."""

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process."""

    def answers(self) -> bool:
        """Whether it is ready for clients; ``OSError`` while it is not there at all."""


@dataclass(slots=True)
class Running:
    """A server and its process."""

    server: Server
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Ask it to stop, and insist if it does not."""
        stop(self.process, self.server.stop_signal, _STOP_SECONDS)


def start(server: Server, pause: Callable[[float], None] = time.sleep) -> Running:
    """Start a server and wait until it answers; ``pause`` may raise to end the wait, and the server.

    One that ends at once is tried again for a few seconds: after kill -9 its forerunner's children may
    still be there, and another program may just have taken the port.
    """
    running = Running(server, server.spawn())
    try:
        _wait_until_it_answers(running, pause)
    except BaseException:
        running.stop()
        raise
    return running


def _wait_until_it_answers(running: Running, pause: Callable[[float], None]) -> None:
    server, began = running.server, time.monotonic()
    while not _answers(server.answers):
        waited = time.monotonic() - began
        if running.process.poll() is not None:
            if waited > _TRY_AGAIN_SECONDS:
                raise LocalServerError(f"{server.name} does not start; its log says why: {server.log}")
            pause(10 * _POLL_SECONDS)
            running.process = server.spawn()
        if waited > _START_SECONDS:
            raise LocalServerError(f"{server.name} does not answer; its log may say why: {server.log}")
        pause(_POLL_SECONDS)


def stop(process: subprocess.Popen[bytes], number: signal.Signals, patience: float) -> None:
    """Send a signal once, wait, and kill what is still there after ``patience`` seconds."""
    if process.poll() is None:
        process.send_signal(number)
    wait_or_kill(process, patience)


def wait_or_kill(process: subprocess.Popen[bytes], patience: float) -> None:
    """Wait for a process that was asked to stop, and kill what is still there after ``patience`` seconds."""
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except OSError:
        return False
