"""Postgres over TLS, as managed databases want it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.support import databases
from tests.support.parts import lacking
from tests.support.processes import run_command
from tests.support.tls_postgres import PASSWORD, programs, tls_postgres


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority, file = trustme.CA(), tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    return authority, file


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, authority: tuple[trustme.CA, Path]) -> Iterator[int]:
    found = programs()
    if found is None:
        lacking("there is no Postgres with TLS: apt-get install postgresql")
    with tls_postgres(tmp_path_factory.mktemp("postgres"), found, authority[0]) as port:
        yield port


def run(command: str, url: str, broker_url: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "TASKOVERFLOW_DATABASE_URL": url,
        "TASKOVERFLOW_DATABASE_PASSWORD": PASSWORD,
        "TASKOVERFLOW_BROKER_URL": broker_url,
    }
    return run_command(*command.split(), **environment)


def encryption(url: str, broker_url: str) -> str:
    # It has no tables, and doctor says so; the server may also be older than those would want.
    done = run("doctor --json", url, broker_url)
    found = {finding["subject"]: finding for finding in map(json.loads, done.stdout.splitlines())}
    assert "postgres encryption" in found, done.stdout + done.stderr
    detail: str = found["postgres encryption"]["detail"]
    return detail


@pytest.mark.parametrize("query", ["", "?sslmode=require"])
def test_what_is_encrypted_is_not_always_verified(port: int, broker_url: str, query: str) -> None:
    said = encryption(f"postgresql://taskoverflow@127.0.0.1:{port}/postgres{query}", broker_url)
    assert said.startswith("TLSv1.3; the server's certificate is not verified")


def test_a_certificate_is_verified_by_the_given_authority(
    port: int, broker_url: str, authority: tuple[trustme.CA, Path]
) -> None:
    query = f"sslmode=verify-full&sslrootcert={authority[1]}"
    said = encryption(f"postgresql://taskoverflow@127.0.0.1:{port}/postgres?{query}", broker_url)
    assert said == "TLSv1.3, and the server's certificate was verified"


def test_another_authoritys_certificate_is_refused(port: int, broker_url: str, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    query = f"sslmode=verify-full&sslrootcert={tmp_path / 'ca.pem'}"
    done = run("migrate upgrade", f"postgresql://taskoverflow@127.0.0.1:{port}/postgres?{query}", broker_url)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith("TASKOVERFLOW_DATABASE_URL: ")
    assert "certificate verify failed" in done.stderr


def test_a_server_that_wants_tls_is_not_spoken_to_without(port: int, broker_url: str) -> None:
    url = f"postgresql://taskoverflow@127.0.0.1:{port}/postgres?sslmode=disable"
    done = run("migrate current", url, broker_url)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "no encryption" in done.stderr
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize("sslmode", ["require", "verify-full"])
def test_a_server_without_tls_is_not_spoken_to_where_it_is_wanted(database_url: str, sslmode: str) -> None:
    done = databases.migrate(f"{database_url}?sslmode={sslmode}", "current")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith("TASKOVERFLOW_DATABASE_URL: ")
