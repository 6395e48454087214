"""The commands that are to be copied from the documentation, as far as they can be judged unrun."""

import re

import pytest

from tests.containers.shell import ROOT

_PAGES = ("README.md", "docs/containers.md", "infra/README.md")
_BUILD = re.compile(r"docker build (?:[^\n]|(?<=\\)\n)+")


@pytest.mark.parametrize("page", [page for page in _PAGES if "docker build " in (ROOT / page).read_text()])
def test_an_image_is_built_from_the_containerfile(page: str) -> None:
    commands = _BUILD.findall((ROOT / page).read_text())

    # Docker looks for a Dockerfile, and for nothing else.
    assert commands
    assert not [command for command in commands if "--file Containerfile" not in command]
