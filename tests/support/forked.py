"""Commands as forks of a process that has loaded their code and has run none of it.

Tests start hundreds, and each would load for one to two seconds of CPU time what the last one loaded, and then run
for a quarter of one. A fork runs ``python -m app.cli`` from its first line, with arguments, an environment and an
output of its own.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import IO, Any, NoReturn

_LOADED = {
    "api": ["app.cli.api", "app.cli.serving.server"],
    "worker": ["app.cli.worker", "workers.main"],
    "doctor": ["typer", "app.cli.doctor"],
    "jobs": ["typer", "app.cli.jobs"],
    "migrate": ["typer", "app.cli.migrate"],
    "queue": ["typer", "app.cli.queue"],
}
"""What the commands that can be forked load."""

_READ_LATE = ("TASKOVERFLOW_", "AWS_", "PYTEST_")
"""Settings that are read when a command runs; any other may be read as code is loaded, as Dramatiq's are."""

_NUMBER = struct.Struct("i")
_LONGEST = 1 << 17


def is_forkable(command: str, environment: Mapping[str, str]) -> bool:
    """Whether a process that has loaded the command serves others as well, and forks as Linux does."""
    usual = {*os.environ, *(name for name in environment if name.startswith((*_READ_LATE, "dramatiq_")))}
    return sys.platform == "linux" and command in _LOADED and environment.keys() <= usual


class Forked(subprocess.Popen[bytes]):
    """A command that runs; its parent is not this process, so that another one tells how it ended."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], output: IO[Any], errors: IO[Any]
    ) -> None:
        self.args = arguments
        self.stdin = self.stdout = self.stderr = None
        self.returncode = None
        self._told, telling = socket.socketpair()
        weakref.finalize(self, self._told.close)
        early = frozenset(item for item in environment.items() if not item[0].startswith(_READ_LATE))
        with telling:
            asked = json.dumps([arguments, dict(environment)]).encode()
            files = [telling.fileno(), output.fileno(), errors.fileno()]
            socket.send_fds(_loaded(arguments[0], early).asking, [asked], files)
        (self.pid,) = _NUMBER.unpack(self._told.recv(_NUMBER.size))

    def poll(self) -> int | None:
        return self.wait() if select.select([self._told], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        if not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        # Left to be read again: several threads may ask.
        code: int = _NUMBER.unpack(self._told.recv(_NUMBER.size, socket.MSG_PEEK))[0]
        self.returncode = code
        return code


class _Loaded(subprocess.Popen[bytes]):
    """A process that has loaded a command, and forks until nobody is left who could ask it to."""

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        self.asking, asked = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with asked:
            told = (command, str(asked.fileno()))
            super().__init__(
                [sys.executable, "-m", __name__, *told],
                env=environment,
                pass_fds=[asked.fileno()],
                start_new_session=True,  # Ctrl-C is for the tests, which then end what they started
            )
        atexit.register(self._end)

    def _end(self) -> None:
        self.asking.close()
        self.wait()


@cache
def _loaded(command: str, environment: frozenset[tuple[str, str]]) -> _Loaded:
    return _Loaded(command, dict(environment))


def main() -> None:
    """Fork when asked to; only a fork gets past that, and runs the command."""
    command, asked = sys.argv[1:]
    for module in _LOADED[command]:
        import_module(module)
    gc.freeze()
    # Those who wait for forks are waited for by nobody.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(asked)) as asking:
        _wait_for_one(asking)
    # The command becomes the worker, whose code is here already.
    os.execv = _become  # type: ignore[assignment]
    _run("app.cli")


def _wait_for_one(asking: socket.socket) -> None:
    """Return in forks alone, each as it was asked for."""
    while True:
        message, fds, _, _ = socket.recv_fds(asking, _LONGEST, 3)
        if not message:
            raise SystemExit
        if os.fork() == 0:
            break
        for fd in fds:
            os.close(fd)
    telling, output, errors = fds
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if pid := os.fork():
        _tell(pid, telling)
    os.dup2(output, 1)
    os.dup2(errors, 2)
    for fd in fds:
        os.close(fd)
    sys.argv[1:], environment = json.loads(message)
    os.environ.clear()
    os.environ.update(environment)


def _tell(pid: int, telling: int) -> NoReturn:
    """Tell of a fork, and how it ended, if anybody still listens."""
    with suppress(BrokenPipeError):
        os.write(telling, _NUMBER.pack(pid))
        _, status = os.waitpid(pid, 0)
        os.write(telling, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _become(_program: str, arguments: list[str]) -> NoReturn:
    _, _, module, *sys.argv[1:] = arguments
    _run(module)
    raise SystemExit


def _run(module: str) -> None:
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
