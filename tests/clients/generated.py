"""Clients that are generated from the schema, each beside the program that uses it."""

import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.clients.tools import HERE, Tools, link_packages

SCHEMA = HERE.parent / "contract" / "openapi.json"

PYTHON_PROJECT = "task-overflow-client"

GENERATE = {
    "python": "openapi-python-client generate --path ../openapi.json --fail-on-warning",
    "openapi_fetch": "openapi-typescript ../openapi.json --output client/schema.ts",
    "hey_api": "openapi-ts --input ../openapi.json --output client --no-log-file",
    "orval": "orval --fail-on-warnings",
}
"""What generates each client, run in the folder of its program."""

RUN = {
    "python": "python program.py",
    "openapi_fetch": "tsx program.ts",
    "hey_api": "tsx program.ts",
    "orval": "tsx program.ts",
}
"""What runs the program of each client."""


@dataclass(frozen=True)
class Generated:
    """A folder with one for each client, and what the generators said."""

    folder: Path
    output: Mapping[str, subprocess.CompletedProcess[str]]


def generate_clients(tools: Tools, folder: Path) -> Generated:
    """Generate all clients in a folder, at the same time."""
    for client in GENERATE:
        shutil.copytree(HERE / client, folder / client)
    for file in (SCHEMA, HERE / "package.json", HERE / "tsconfig.json"):
        shutil.copy(file, folder)
    link_packages(folder)

    def generate(client: str) -> subprocess.CompletedProcess[str]:
        return tools.run(*GENERATE[client].split(), folder=folder / client)

    with ThreadPoolExecutor() as pool:
        return Generated(folder, dict(zip(GENERATE, pool.map(generate, GENERATE), strict=True)))
