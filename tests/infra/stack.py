"""The whole stack, made on moto while other tests run."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.aws import NAME, REGION, environment, import_certificate
from tests.infra.terraform import Terraform, initialised

_PARALLEL = "-parallelism=30"
"""Most of it is waiting: for the database and the load balancer, which the provider grants a minute each."""


@dataclass(frozen=True)
class Stack:
    """A stack with every part that a variable can add, except those that take another's place."""

    terraform: Terraform
    url: str
    applied: "Future[str]"

    def outputs(self) -> dict[str, Any]:
        shown = self.terraform.run("output", "-json")
        return {name: found["value"] for name, found in json.loads(shown).items()}

    def plan(self, **changed: str) -> dict[str, tuple[str, ...]]:
        """What would be done now, with some variables changed."""
        variables = [f"-var={name}={value}" for name, value in changed.items()]
        self.terraform.run("plan", "-input=false", "-out=plan", *variables)
        return self.terraform.changes("plan")

    def apply_plan(self) -> str:
        return self.terraform.run("apply", "-input=false", _PARALLEL, "plan")

    def destroy(self) -> str:
        # What it would look for first is what the state says: nobody else has changed anything.
        return self.terraform.run("destroy", "-input=false", "-auto-approve", "-refresh=false", _PARALLEL)


def begin(folder: Path, url: str, pool: ThreadPoolExecutor) -> Stack:
    """Begin to make the stack, and do not wait for it."""
    terraform = initialised(folder, environment(url))
    variables = {
        "region": REGION,
        "image_tag": "1.0.0",
        "certificate_arn": import_certificate(url),
        "public_url": f"https://{NAME}",
        "deletion_protection": False,
        "practice_queues": True,
        "worker_spot": True,
        "worker_night": {"begins": "0 22 * * ? *", "ends": "0 6 * * ? *", "timezone": "Europe/Oslo"},
        "alarm_emails": ["operator@example.org"],
    }
    (terraform.folder / "terraform.tfvars.json").write_text(json.dumps(variables))
    return Stack(
        terraform, url, pool.submit(terraform.run, "apply", "-input=false", "-auto-approve", _PARALLEL)
    )
