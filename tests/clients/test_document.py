"""What docs/clients.md shows is what the tests run."""

import json
import re

import pytest

from tests.clients.generated import GENERATE
from tests.clients.tools import HERE

DOCUMENT = (HERE.parents[1] / "docs" / "clients.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(?:python|ts)\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


def lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


@pytest.fixture(scope="module")
def programs() -> str:
    files = [file for client in GENERATE for file in (HERE / client).iterdir() if file.is_file()]
    return "\n".join(lines(file.read_text(encoding="utf-8")) for file in files)


def test_every_paragraph_of_code_is_part_of_a_program(programs: str) -> None:
    paragraphs = [paragraph for block in BLOCKS for paragraph in block.split("\n\n")]
    assert len(paragraphs) > len(GENERATE)
    assert not [paragraph for paragraph in paragraphs if lines(paragraph) not in programs]


def test_the_versions_are_those_that_are_tested() -> None:
    packages = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    for name in ("openapi-typescript", "openapi-fetch", "@hey-api/openapi-ts", "orval"):
        assert packages[name] in DOCUMENT
    pinned = re.search("openapi-python-client==(.*)", (HERE / "requirements.in").read_text(encoding="utf-8"))
    assert pinned is not None
    assert pinned[1] in DOCUMENT
