"""The recommended rules of those who lint schemas."""

from tests.clients.generated import SCHEMA
from tests.clients.tools import HERE, Tools


def test_spectral_finds_nothing(tools: Tools) -> None:
    done = tools.run("spectral", "lint", "--fail-severity", "hint", str(SCHEMA), folder=HERE)
    assert done.returncode == 0, done.stdout


def test_redocly_finds_nothing(tools: Tools) -> None:
    done = tools.run("redocly", "lint", "--format", "json", str(SCHEMA), folder=HERE)
    assert done.returncode == 0, done.stdout
    assert '"warnings": 0' in done.stdout, done.stdout
