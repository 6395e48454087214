from datetime import timedelta

import pytest
from pydantic import ValidationError

from app.settings import Settings

NEEDED = {"database_url": "postgresql://localhost/x", "broker_url": "redis://localhost"}


def test_a_bare_number_means_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**NEEDED, "lease": "30", "drain_seconds": "1.5"}.items():
        monkeypatch.setenv(f"TASKOVERFLOW_{name.upper()}", value)
    settings = Settings()
    assert settings.lease == timedelta(seconds=30)
    assert settings.drain_seconds == timedelta(seconds=1.5)


def test_proxies_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**NEEDED, "trusted_proxies": "10.0.0.0/8, ::1"}.items():
        monkeypatch.setenv(f"TASKOVERFLOW_{name.upper()}", value)
    assert [str(network) for network in Settings().trusted_proxies] == ["10.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("broker_url", "ftp://localhost"),
        ("database_url", "mysql://localhost/x"),
        ("timezone", "Europe/Olso"),
        ("lease", "0"),
        ("lease", "soon"),
        ("port", "70000"),
        ("api_processes", "0"),
        ("api_processes", "65"),
        ("job_ttl", "3600"),
        ("job_ttl", "1e12"),
        ("result_ttl", "1e12"),
        ("resend_after", "1e12"),
        ("max_todos", "0"),
        ("feed_interval", "3600"),
        ("trusted_proxies", "everyone"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({**NEEDED, name: value})


def test_what_is_no_network_is_told_from_what_is_one() -> None:
    with pytest.raises(
        ValidationError, match=r"such as 10\.0\.0\.0/16.*: 10\.0\.1\.7/24 has host bits"
    ) as raised:
        Settings.model_validate({**NEEDED, "trusted_proxies": "10.0.0.0/24, 10.0.1.7/24"})
    assert raised.value.error_count() == 1


def test_a_job_must_outlive_its_result() -> None:
    with pytest.raises(
        ValidationError, match="TASKOVERFLOW_JOB_TTL: expected no less than TASKOVERFLOW_RESULT"
    ):
        Settings.model_validate({**NEEDED, "result_ttl": "172801", "job_ttl": "172800"})
