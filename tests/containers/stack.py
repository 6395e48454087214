"""The stack of compose.yaml as a user brings it up, and what is done to it from outside."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Self

import httpx

from tests.containers.shell import ROOT, FailedError, run

_HOLD = "BEGIN; LOCK TABLE todos IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n"
_PSQL = ("psql", "--quiet", "--no-align", "--tuples-only", "--username=taskoverflow", "--dbname=taskoverflow")


@dataclass(frozen=True)
class Stack:
    """One project of Compose."""

    environment: Mapping[str, str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def project(self) -> str:
        return self.environment["COMPOSE_PROJECT_NAME"]

    def on(self, broker: str) -> Self:
        """The same with another broker."""
        return replace(self, environment={**self.environment, "TASKOVERFLOW_BROKER": broker})

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=f"{self.url}/api/v1", trust_env=False, timeout=30)

    def compose(self, *arguments: str) -> str:
        """What ``docker compose`` says; ``FailedError`` if it fails."""
        return run("docker", "compose", *arguments, environment=self.environment)

    def up(self, *arguments: str) -> None:
        """Bring it up, and wait until all of it is healthy."""
        self.compose("up", "--detach", "--wait", "--no-build", "--pull", "never", *arguments)

    def down(self) -> None:
        """Take it down, its data included, and see that nothing of it is left."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5")
        mine = f"label=com.docker.compose.project={self.project}"
        for kind, listing in {"container": ("--all",), "volume": (), "network": ()}.items():
            if left := run("docker", kind, "ls", "--quiet", *listing, "--filter", mine):
                raise FailedError(f"left by docker compose down, of {kind}s: {left}")

    def exec(self, service: str, *command: str) -> str:
        """What a program says that runs in a service's container."""
        return self.compose("exec", "--no-TTY", service, *command)

    def containers(self, service: str) -> list[dict[str, Any]]:
        """What Docker knows of a service's containers."""
        ids = self.compose("ps", "--all", "--quiet", service).split()
        found: list[dict[str, Any]] = json.loads(run("docker", "inspect", *ids)) if ids else []
        return found

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Jobs can be claimed, and can't go on before the block ends or Postgres does."""
        command = ["docker", "compose", "exec", "--no-TTY", "db", *_PSQL]
        environment = {**os.environ, **self.environment}
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as psql:
            assert psql.stdin is not None
            assert psql.stdout is not None
            psql.stdin.write(_HOLD)
            psql.stdin.flush()
            assert psql.stdout.readline().strip() == "held"
            try:
                yield
            finally:
                with suppress(BrokenPipeError):  # Postgres was restarted
                    psql.stdin.close()

    def logs(self) -> str:
        """The last that each container said."""
        return self.compose("--profile", "*", "logs", "--no-color", "--tail", "15")
