"""What compose.yaml asks of Docker, as far as it can be read there."""

from collections import Counter
from typing import Any

import pytest
import yaml

from tests.containers.shell import ROOT


@pytest.fixture
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


def test_each_image_is_built_by_one_service(services: dict[str, dict[str, Any]]) -> None:
    built = Counter(service["image"] for service in services.values() if "build" in service)

    assert len(built) == 2
    assert set(built.values()) == {1}


def test_what_is_built_here_is_looked_for_nowhere_else(services: dict[str, dict[str, Any]]) -> None:
    built = {service["image"] for service in services.values() if "build" in service}
    using = {
        name: service.get("pull_policy")
        for name, service in services.items()
        if service.get("image") in built and "build" not in service
    }

    assert using == {"migrate": "never", "secrets": "never"}
