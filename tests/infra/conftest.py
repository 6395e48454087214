"""The stack on moto, begun before the first test of this folder: the quick ones run while it is made."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.infra.aws import aws
from tests.infra.stack import Stack, begin
from tests.infra.terraform import Terraform, initialised


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with aws(folder) as url, ThreadPoolExecutor(max_workers=1) as pool:
        yield begin(folder, url, pool)


@pytest.fixture(scope="session")
def stack(begun: Stack) -> Stack:
    """The stack, made."""
    begun.applied.result()
    return begun


@pytest.fixture(scope="session")
def terraform(begun: Stack, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """A copy that nothing was made with."""
    del begun
    return initialised(tmp_path_factory.mktemp("terraform"), {})
