"""Postgres in a folder."""

import os
import shutil
import signal
import socket
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.local.binaries import postgres_programs
from app.cli.local.errors import LocalServerError
from app.cli.local.ports import free_port
from app.cli.local.sandbox import Sandbox
from app.cli.local.secret import kept_secret
from app.cli.local.server import stop

_USER = _DATABASE = "taskoverflow"
_PROTOCOL_3_0 = 196608
_STOP_SECONDS = 20.0
_TOO_FAST_TO_BE_SAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(slots=True)
class Postgres:
    """The embedded Postgres; ``durable=False`` is for tests, which may lose what a power cut takes."""

    folder: Path
    sandbox: Sandbox
    durable: bool = True
    port: int = field(default_factory=free_port)
    name: str = "Postgres"
    stop_signal: signal.Signals = signal.SIGINT
    """Postgres's fast shutdown."""

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def _data(self) -> Path:
        return self.folder / "postgres"

    @property
    def _secret(self) -> Path:
        return self.folder / "postgres.secret"

    @property
    def url(self) -> str:
        return f"postgresql://{_USER}:{kept_secret(self._secret)}@127.0.0.1:{self.port}/{_DATABASE}"

    def prepare(self) -> None:
        """Make the cluster and its database, once; what is half made is made anew."""
        self.sandbox.let_through(self.folder)
        if (self._data / "PG_VERSION").exists():
            if not self._secret.exists():
                raise LocalServerError(f"{self._secret} is missing, the password of the data in {self._data}")
            self._check_version()
            return
        kept_secret(self._secret)
        draft = self.folder / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self.sandbox.give(draft)
        self.sandbox.give(self._secret)
        programs = postgres_programs()
        initdb: list[str | Path] = [programs / "initdb", "-D", draft, "-U", _USER, "--auth=scram-sha-256"]
        self._run([*initdb, f"--pwfile={self._secret}", "-E", "UTF8", "--locale=C", "--no-sync"])
        self._run(
            [programs / "postgres", "--single", "-D", draft, "template1"], f"CREATE DATABASE {_DATABASE}\n"
        )
        draft.rename(self._data)

    def _check_version(self) -> None:
        made_by = (self._data / "PG_VERSION").read_text().strip()
        said = subprocess.run(  # noqa: S603 - our own arguments
            [postgres_programs() / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        here = said.stdout.split()[2].partition(".")[0]
        if here != made_by:
            raise LocalServerError(
                f"{self._data} was made by Postgres {made_by}, but this is Postgres {here}"
            )

    def _run(self, argv: list[str | Path], stdin: str | None = None) -> None:
        with self.log.open("ab") as log:
            process = self.sandbox.spawn(
                argv, log=log, dying_with_parent=signal.SIGTERM, stdin=subprocess.PIPE
            )
            try:
                process.communicate(None if stdin is None else stdin.encode())
            finally:
                stop(process, signal.SIGTERM, _STOP_SECONDS)
            if process.returncode != 0:
                raise LocalServerError(f"{argv[0]} failed; its log says why: {self.log}")

    def spawn(self) -> subprocess.Popen[bytes]:
        self._forget_a_stale_pid()
        options = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            "unix_socket_directories=",  # a path that is too long for a socket would keep it from starting
            "max_connections=200",
            *(() if self.durable else _TOO_FAST_TO_BE_SAFE),
        ]
        argv: list[str | Path] = [postgres_programs() / "postgres", "-D", self._data]
        argv += [part for option in options for part in ("-c", option)]
        with self.log.open("ab") as log:
            return self.sandbox.spawn(argv, log=log, dying_with_parent=self.stop_signal)

    def _forget_a_stale_pid(self) -> None:
        """Drop a lock file whose pid is another program's by now; Postgres would wait for that one to end.

        Containers have few pids, so this is what a power cut leaves behind. Where the pid is nobody's,
        Postgres sees so itself. No data is at risk: it also looks for whoever shares the folder's memory.
        """
        lock = self._data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split()[0])
            program = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return
        if os.fsencode(self._data) not in program:
            lock.unlink()

    def answers(self) -> bool:
        body = struct.pack("!i", _PROTOCOL_3_0) + f"user\0{_USER}\0database\0{_DATABASE}\0\0".encode()
        with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(struct.pack("!i", len(body) + 4) + body)
            # It asks for a password once it takes clients; while it recovers it answers with an error.
            return connection.recv(1) == b"R"
