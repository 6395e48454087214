"""The two images: what they hold, how large they are, and how little is built anew when code changes."""

import json
import shutil
from pathlib import Path
from typing import Any

from tests.containers.shell import ROOT, run
from tests.containers.stack import Stack

LIMIT = 200_000_000
"""Of bytes that an image may add to its base."""

_COPIED = ("app", "workers", "migrations", "infra", "compose.yaml", "Containerfile", ".dockerignore")
_COPIED_TOO = ("pyproject.toml", "README.md", "LICENSE")


def images(stack: Stack) -> dict[str, str]:
    """The image of each target."""
    return {name: stack.environment[f"TASKOVERFLOW_{name.upper()}_IMAGE"] for name in ("api", "worker")}


def see_sizes(stack: Stack) -> str:
    """What each image adds to its base; fails if that is too much."""
    base = _inspect(stack.environment.get("PYTHON_IMAGE", "python:3.11-slim-bookworm"))["Size"]
    added = {name: _inspect(image)["Size"] - base for name, image in images(stack).items()}
    assert max(added.values()) < LIMIT, added
    return ", ".join(f"{name} adds {size / 1e6:.0f} MB" for name, size in added.items())


def see_contents(stack: Stack) -> None:
    """The API's image has nothing of the workers, and neither has what images are built with."""
    for name, image in images(stack).items():
        config = _inspect(image)["Config"]
        assert config["User"] == "10001:10001"
        assert config["Entrypoint"] == ["taskoverflow"]
        assert config["Healthcheck"]["Test"]
        assert config["StopSignal"] == "SIGTERM"
        assert config["Labels"]["org.opencontainers.image.licenses"] == "MIT"
        absent = {"pip", "uv", "ensurepip", *({"icalendar", "workers"} if name == "api" else ())}
        present = {"app", "alembic", "pika", *({"icalendar", "workers"} if name == "worker" else ())}
        found = (
            f"import importlib.util as u; print(*(n for n in {sorted(absent | present)} if u.find_spec(n)))"
        )
        said = run("docker", "run", "--rm", "--network=none", "--entrypoint=python3", image, "-c", found)
        assert set(said.split()) == present, f"{name} holds {said}"


def see_that_code_alone_is_rebuilt(stack: Stack, folder: Path) -> None:
    """Build both from changed code: every layer but the last is the one that was there."""
    for name in (*_COPIED, *_COPIED_TOO, *(path.name for path in ROOT.glob("requirements*.lock"))):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    with (folder / "app/__init__.py").open("a") as code:
        code.write("CHANGED = True\n")
    changed = {
        f"TASKOVERFLOW_{name.upper()}_IMAGE": f"{image}-changed" for name, image in images(stack).items()
    }
    run(
        *("docker", "compose", "--file", folder / "compose.yaml", "build", "--quiet", "api", "worker"),
        environment={**stack.environment, **changed},
    )
    for image in images(stack).values():
        before, after = (_inspect(each)["RootFS"]["Layers"] for each in (image, f"{image}-changed"))
        assert before[:-1] == after[:-1]
        assert before[-1] != after[-1]


def _inspect(image: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(run("docker", "image", "inspect", image))
    return found[0]
