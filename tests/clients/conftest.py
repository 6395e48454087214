"""Tools and generated clients, made once for all tests of this folder."""

import pytest

from tests.clients.generated import Generated, generate_clients
from tests.clients.tools import Tools, installed_tools


@pytest.fixture(scope="session")
def tools() -> Tools:
    return installed_tools()


@pytest.fixture(scope="session")
def generated(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate_clients(tools, tmp_path_factory.mktemp("clients"))
