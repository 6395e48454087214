"""Terraform, on a copy of infra/: nothing is written into the tree."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from tests.infra.environment import ROOT
from tests.support.parts import lacking

_SHARED = (Path("/opt"), Path("/usr/share"), Path("/usr/local/share"))
_PLUGIN = "*/hashicorp/aws/*/*/terraform-provider-aws_*"


@dataclass(frozen=True)
class Terraform:
    """One copy, initialised, with a state of its own."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str, expect: tuple[int, ...] = (0,)) -> str:
        """What it prints; fails on another exit code than expected."""
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode in expect, done.stdout
        return done.stdout

    def changes(self, plan: str) -> dict[str, tuple[str, ...]]:
        """What a plan that was saved would do, by the addresses of what it would do it to."""
        shown = self.run("show", "-json", plan)
        resources = json.loads(shown[shown.index("{") :])["resource_changes"]
        actions = {one["address"]: tuple(one["change"]["actions"]) for one in resources}
        return {address: done for address, done in actions.items() if done not in {("no-op",), ("read",)}}

    def state(self) -> dict[str, Any]:
        """What there is, with all values that were known only once it was made."""
        shown = self.run("show", "-json")
        values: dict[str, Any] = json.loads(shown[shown.index("{") :])["values"]
        return values


def initialised(folder: Path, environment: Mapping[str, str]) -> Terraform:
    """A copy of infra/ in the folder, with the provider from this machine or else from the registry."""
    if shutil.which("terraform") is None:
        lacking("Terraform is not installed")
    copy = folder / "infra"
    shutil.copytree(
        ROOT / "infra", copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.tf")
    )
    inherited = dict(os.environ)
    if not Path(inherited.get("TF_CLI_CONFIG_FILE", "")).is_file():
        inherited.pop("TF_CLI_CONFIG_FILE", None)
    told = {"TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color", "CHECKPOINT_DISABLE": "1"}
    terraform = Terraform(copy, {**inherited, **told, "TF_DATA_DIR": str(folder / "data"), **environment})
    where = plugin_folder()
    source = [] if where is None else [f"-plugin-dir={where}"]
    try:
        terraform.run("init", "-input=false", "-lockfile=readonly", *source)
    except AssertionError as error:
        lacking(f"the AWS provider is neither on this machine (TF_PLUGIN_DIR) nor to be had: {error}")
    return terraform


def plugin_folder() -> Path | None:
    """Where the AWS provider lies on this machine: in TF_PLUGIN_DIR, or where such folders usually are."""
    for folder in _folders():
        if any(folder.glob(_PLUGIN)):
            return folder
    return None


def _folders() -> Iterator[Path]:
    if named := os.environ.get("TF_PLUGIN_DIR"):
        yield Path(named)
    yield Path.home() / ".terraform.d" / "plugins"
    for shared in _SHARED:
        yield from chain([shared], sorted(shared.glob("*/")), sorted(shared.glob("*/plugins/")))
