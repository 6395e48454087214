"""Postgres that speaks TLS itself: the embedded one is built without, Debian's is not."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from app.cli.local.ports import free_port
from app.cli.local.sandbox import sandbox
from tests.support.waiting import wait_until

PASSWORD = "pa/ss:word"


def programs() -> Path | None:
    """Where there is a Postgres with OpenSSL."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "postgres").exists() and b"OpenSSL" in (folder / "postgres").read_bytes():
            return folder
    return None


@contextmanager
def tls_postgres(folder: Path, bin_folder: Path, authority: trustme.CA) -> Iterator[int]:
    """Run it for the block, with a certificate for 127.0.0.1, and none to be had without TLS; yields its port."""
    box, data, port = sandbox(), folder / "data", free_port()
    (folder / "password").write_text(PASSWORD)
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    (folder / "server.key").chmod(0o600)
    (folder / "hba").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
    data.mkdir(mode=0o700)
    box.let_through(folder)
    for path in (data, *(folder / name for name in ("password", "server.key", "server.pem", "hba"))):
        box.give(path)
    with (folder / "log").open("ab") as log:
        init: list[str | Path] = [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            "taskoverflow",
            "--auth=scram-sha-256",
            "--no-sync",
        ]
        made = box.spawn(
            [*init, f"--pwfile={folder / 'password'}"], log=log, dying_with_parent=signal.SIGKILL
        )
        assert made.wait() == 0, (folder / "log").read_text()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "hba_file": folder / "hba",
            "ssl": "on",
            "ssl_cert_file": folder / "server.pem",
            "ssl_key_file": folder / "server.key",
            "fsync": "off",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        server = box.spawn(
            [bin_folder / "postgres", "-D", data, *settings], log=log, dying_with_parent=signal.SIGKILL
        )
    try:
        wait_until(lambda: server.poll() is not None or _answers(bin_folder, port), "Postgres")
        assert server.poll() is None, (folder / "log").read_text()
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _answers(bin_folder: Path, port: int) -> bool:
    asked: list[str | Path] = [bin_folder / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(asked, check=False).returncode == 0
