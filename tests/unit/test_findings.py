from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from app.domain.encryption import encryption
from app.domain.findings import Level, clock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0, Level.OK, "agree"),
        (2, Level.OK, "agree"),
        (-3, Level.WARNING, "3.0 s behind"),
        (3, Level.WARNING, "3.0 s ahead"),
        (301, Level.FAILED, "301.0 s ahead"),
    ],
)
def test_clocks_that_differ_are_told_by_how_much(seconds: float, level: Level, words: str) -> None:
    found = clock("clock", NOON, NOON + timedelta(seconds=seconds))
    assert found.level is level
    assert words in found.detail
    assert (found.mend is None) == (level is Level.OK)


@pytest.mark.parametrize(
    ("tls", "address", "level", "words"),
    [
        ("TLSv1.3", "10.1.2.3", Level.OK, "TLSv1.3; the server's certificate is not verified"),
        (None, "127.0.0.1", Level.OK, "on this machine"),
        (None, "::1", Level.OK, "on this machine"),
        (None, None, Level.OK, "on this machine"),
        (None, "10.1.2.3", Level.WARNING, "the connection to 10.1.2.3 is not encrypted"),
        (None, "fd00::1", Level.WARNING, "the connection to fd00::1 is not encrypted"),
    ],
)
def test_only_a_server_on_this_machine_may_be_spoken_to_in_the_clear(
    tls: str | None, address: str | None, level: Level, words: str
) -> None:
    found = encryption(tls, ip_address(address) if address else None, sslmode="prefer")
    assert found.level is level
    assert words in found.detail
    assert (found.mend is None) == (level is Level.OK)
