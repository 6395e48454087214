"""Valkey in a folder."""

import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.local.binaries import valkey_program
from app.cli.local.ports import free_port
from app.cli.local.sandbox import Sandbox
from app.cli.local.secret import kept_secret


@dataclass(slots=True)
class Valkey:
    """The embedded Valkey; it appends every write to a file, so kill -9 loses none."""

    folder: Path
    port: int = field(default_factory=free_port)
    name: str = "Valkey"
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def log(self) -> Path:
        return self.folder / "valkey.log"

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def _password(self) -> str:
        return kept_secret(self.folder / "valkey.secret")

    def prepare(self) -> None:
        """Make the folder that it writes to."""
        (self.folder / "valkey").mkdir(mode=0o700, exist_ok=True)

    def spawn(self) -> subprocess.Popen[bytes]:
        # The password goes through a file: every user of the machine sees a program's arguments.
        configuration = self.folder / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            "bind 127.0.0.1\n"
            f"port {self.port}\n"
            f"dir {_quoted(self.folder / 'valkey')}\n"
            'save ""\n'
            "appendonly yes\n"
            "maxmemory-policy noeviction\n"
            f"requirepass {self._password}\n",
            encoding="utf-8",
        )
        with self.log.open("ab") as log:
            return Sandbox().spawn(
                [valkey_program(), configuration], log=log, dying_with_parent=self.stop_signal
            )

    def answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2 and (more := connection.recv(256)):  # noqa: PLR2004 - commands
                answer += more
            return answer == b"+OK\r\n+PONG\r\n"


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
