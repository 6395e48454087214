"""Settings that a file holds."""

import os
from pathlib import Path

import pytest

from app.setting_files import PREFIX, without
from app.settings import DatabaseSettings, LocalSettings, Settings, read_settings

Kind = type[DatabaseSettings] | type[LocalSettings]

SECRET = 's3cr3t\'s "word" expected'


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TASKOVERFLOW_DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setenv("TASKOVERFLOW_BROKER_URL", "redis://localhost")


def give(monkeypatch: pytest.MonkeyPatch, name: str, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    monkeypatch.delenv(f"TASKOVERFLOW_{name}", raising=False)
    monkeypatch.setenv(f"TASKOVERFLOW_{name}_FILE", str(file))


def refused(capsys: pytest.CaptureFixture[str], kind: Kind = Settings) -> str:
    with pytest.raises(SystemExit) as ended:
        read_settings(kind)
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("kind", [DatabaseSettings, Settings, LocalSettings])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_file_gives_a_value_without_the_newline_at_its_end(
    kind: Kind, end: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    give(monkeypatch, "DATABASE_URL", tmp_path / "url", b"postgresql://host/from-file" + end)
    assert str(kind().database_url) == "postgresql://host/from-file"


def test_a_file_is_read_as_the_environment_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    give(monkeypatch, "TRUSTED_PROXIES", tmp_path / "proxies", b"10.0.0.0/8, ::1\n")
    give(monkeypatch, "LEASE", tmp_path / "lease", b"\xef\xbb\xbf1.5")
    give(monkeypatch, "PUBLIC_URL", tmp_path / "url", b"https://todo.example")
    settings = Settings()
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.lease.total_seconds() == 1.5
    assert str(settings.public_url) == "https://todo.example/"


def test_spaces_and_further_newlines_belong_to_a_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    give(monkeypatch, "DATABASE_PASSWORD", tmp_path / "password", b" two\nlines \n\n")
    password = Settings().database_password
    assert password is not None
    assert password.get_secret_value() == " two\nlines \n"


def test_an_empty_variable_names_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TASKOVERFLOW_PORT_FILE", "")
    monkeypatch.setenv("TASKOVERFLOW_LEASE", "")
    monkeypatch.setenv("TASKOVERFLOW_LEASE_FILE", str(tmp_path / "lease"))
    (tmp_path / "lease").write_text("3")
    assert (Settings().port, Settings().lease.total_seconds()) == (6400, 3)


def test_a_value_and_a_file_are_not_both_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, "PORT", tmp_path / "port", b"7000")
    monkeypatch.setenv("TASKOVERFLOW_PORT", "7000")
    assert refused(capsys) == "TASKOVERFLOW_PORT_FILE: TASKOVERFLOW_PORT is set as well; give one of them\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"1" * 70_000, "has more than 64 KiB"),
    ],
)
def test_a_file_without_a_value_is_refused(
    content: bytes,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    give(monkeypatch, "DATABASE_PASSWORD", tmp_path / "password", content)
    assert refused(capsys) == f"TASKOVERFLOW_DATABASE_PASSWORD_FILE: the file {words}\n"


def test_all_files_that_can_not_be_read_are_named_and_no_path_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Who takes one variable for the other puts a secret where a path belongs.
    monkeypatch.setenv("TASKOVERFLOW_DATABASE_PASSWORD_FILE", SECRET)
    monkeypatch.setenv("TASKOVERFLOW_BROKER_PASSWORD_FILE", str(tmp_path))
    assert refused(capsys).splitlines() == [
        "TASKOVERFLOW_DATABASE_PASSWORD_FILE: the file can't be read: No such file or directory",
        "TASKOVERFLOW_BROKER_PASSWORD_FILE: the file can't be read: Is a directory",
    ]


@pytest.mark.parametrize("field", sorted({*Settings.model_fields, *LocalSettings.model_fields}))
@pytest.mark.parametrize(
    "form",
    ["{}", "sqs://eu-west-1/{}", "sqs://{}", "sqs+http://h?region={}", "postgresql://{}", "amqp://{}@h"],
)
def test_no_error_shows_what_a_file_holds(
    field: str, form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = form.format(SECRET)
    give(monkeypatch, field.upper(), tmp_path / "value", content.encode())
    kind: Kind = Settings if field in Settings.model_fields else LocalSettings
    try:
        shown = repr(read_settings(kind)) if field.endswith(("password", "url")) else ""
    except SystemExit:
        shown = capsys.readouterr().err
        assert shown.startswith(f"TASKOVERFLOW_{field.upper()}_FILE: ")
    assert "s3cr3t" not in shown
    assert "word" not in shown.replace("password", "").replace("PASSWORD", "")


def test_a_wrong_value_in_a_file_is_named_by_the_variable_that_was_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(monkeypatch, "LEASE", tmp_path / "lease", b"soon")
    give(monkeypatch, "BROKER_URL", tmp_path / "broker", b"sqs://eu-west-1/a.b")
    assert refused(capsys).splitlines() == [
        "TASKOVERFLOW_BROKER_URL_FILE: the file holds no value of the kind that is expected here",
        "TASKOVERFLOW_LEASE_FILE: expected a number of seconds",
    ]


def test_an_environment_without_settings_has_neither_their_values_nor_their_files() -> None:
    given = {"TASKOVERFLOW_PORT": "1", "taskoverflow_port_file": "x", "TASKOVERFLOW_PORTS": "2", "PATH": "y"}
    assert without(given, "port") == {"TASKOVERFLOW_PORTS": "2", "PATH": "y"}
