"""Passwords and other settings from files, with servers that ask for them."""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from redis import Redis

from app.cli.local.ports import free_port
from tests.e2e.test_up import make_calendar, up
from tests.support import databases
from tests.support.processes import run_command

PASSWORD = "a:b/c?d#e@f%20 +&=['\"]é"
HIDDEN = "TASKOVERFLOW_DATABASE_PASSWORD", "TASKOVERFLOW_BROKER_PASSWORD"


def with_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.hostname}:{parts.port}"))


@pytest.fixture
async def settings_by_file(database_url: str, broker_url: str, tmp_path: Path) -> dict[str, str]:
    """What a container platform would give: URLs, and files with what is secret in them."""
    quoted = PASSWORD.replace("'", "''")
    user = f"u{free_port()}"
    await databases.execute(database_url, f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{quoted}'")
    with Redis.from_url(broker_url) as server:
        server.acl_setuser(user, enabled=True, passwords=[f"+{PASSWORD}"], keys=["*"], channels=["*"], categories=["+@all"])  # fmt: skip
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    (tmp_path / "broker").write_text(f"{with_user(broker_url, user)}\n")
    return {
        "TASKOVERFLOW_DATABASE_URL": with_user(database_url, user),
        "TASKOVERFLOW_BROKER_URL_FILE": str(tmp_path / "broker"),
        **{f"{name}_FILE": str(tmp_path / "password") for name in HIDDEN},
    }


def test_up_and_what_operators_run_take_passwords_from_files(
    settings_by_file: dict[str, str], tmp_path: Path
) -> None:
    with up(tmp_path, TASKOVERFLOW_WORKERS="1", **settings_by_file) as running:
        make_calendar(running.ready().port)
        # Where only one of the two is named, the other is that of the `up` that runs, as it was given to it.
        of_up = {name: value for name, value in settings_by_file.items() if "BROKER" not in name}
        for environment in (settings_by_file, of_up):
            for command in ("doctor", "migrate current", "jobs list"):
                done = run_command(
                    *command.split(), TASKOVERFLOW_DATA_DIR=str(tmp_path / "data"), **environment
                )
                assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD not in running.text()


def test_a_wrong_password_is_refused_and_not_shown(settings_by_file: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "password").write_text("0ther")
    done = run_command("doctor", **settings_by_file)
    assert done.returncode == 1
    assert "FAILED   postgres: Postgres refuses: password authentication failed" in done.stdout
    assert "FAILED   broker: " in done.stdout
    assert "0ther" not in done.stdout + done.stderr
