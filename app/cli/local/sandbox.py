"""Starting a server so that it dies with its parent, and not as root."""

import ctypes
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from app.cli.local.errors import LocalServerError

_CLONE_NEWUSER, _PR_SET_PDEATHSIG = 0x10000000, 1
_NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How a server that refuses to run as root is started by root; otherwise as who starts it."""

    namespace: bool = False
    """In a user namespace where root is seen as nobody: no user is made, and files stay root's."""
    user: int | None = None
    """As another user, where user namespaces are forbidden."""

    def spawn(
        self,
        argv: Sequence[str | Path],
        *,
        log: IO[bytes],
        dying_with_parent: signal.Signals,
        stdin: int | IO[bytes] = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own, so that a terminal's Ctrl-C does not reach it."""
        more: dict[str, Any] = {}
        if self.user is not None:
            more = {"user": self.user, "group": self.user, "extra_groups": []}
        try:
            return subprocess.Popen(  # noqa: S603 - our own arguments
                [str(part) for part in argv],
                cwd="/",
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=child_setup(dying_with_parent, namespace=self.namespace),  # noqa: PLW1509 - one thread
                **more,
            )
        except (OSError, subprocess.SubprocessError) as error:
            who = "" if self.user is None else " by the user nobody, which root's Postgres needs here"
            raise LocalServerError(f"{argv[0]} can't be started{who}: {error}") from None

    def give(self, path: Path) -> None:
        """Let the server write to a folder or read a file."""
        if self.user is not None:
            os.chown(path, self.user, self.user)

    def let_through(self, folder: Path) -> None:
        """Let the server reach what lies in a folder; one that everybody may enter keeps its owner."""
        if not folder.stat().st_mode & stat.S_IXOTH:
            self.give(folder)


def child_setup(dying_with_parent: signal.Signals, *, namespace: bool = False) -> Callable[[], None]:
    """What a child does between fork and exec."""
    parent = os.getpid()

    def set_up() -> None:
        if namespace:
            _become_nobody()
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(dying_with_parent))
            # The parent may have died before it was asked to be told.
            if os.getppid() != parent:
                os._exit(1)

    return set_up


def sandbox() -> Sandbox:
    """The sandbox that works here."""
    if os.geteuid() != 0:
        return Sandbox()
    if _namespaces_work():
        return Sandbox(namespace=True)
    return Sandbox(user=pwd.getpwnam("nobody").pw_uid)


def _become_nobody() -> None:
    assert _libc is not None  # noqa: S101 - namespaces are tried on Linux alone
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, entry in (
        ("uid_map", f"{_NOBODY} {uid} 1"),
        ("setgroups", "deny"),
        ("gid_map", f"{_NOBODY} {gid} 1"),
    ):
        Path("/proc/self", name).write_text(entry, encoding="ascii")


@lru_cache(maxsize=1)
def _namespaces_work() -> bool:
    if _libc is None:
        return False
    try:
        trial = child_setup(signal.SIGTERM, namespace=True)
        subprocess.run([sys.executable, "-S", "-c", ""], preexec_fn=trial, check=True)
    except (subprocess.SubprocessError, OSError):
        return False
    return True
