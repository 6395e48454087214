"""Being told to stop while a command still starts.

A container's first process never dies of a signal that it has no handler for. One that comes before that is
lost, and the container is killed when its time to stop is over.
"""

import os
import signal

_STOPS = (signal.SIGTERM, signal.SIGINT)


def put_off() -> None:
    """Keep signals for when ``heed`` is called, by the program that this process may become, too."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)


def heed() -> None:
    """Let signals come; those that were kept come now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


def end_by(number: int) -> None:
    """End by a signal, as uvicorn does, but for Ctrl-C; a container's first process can only go on."""
    if number != signal.SIGINT:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


def die_of_sigterm() -> None:
    """End at once, as any other process does, with the exit code that shells give to that."""
    # An exception could be raised just where some library swallows it.
    signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))
