"""RabbitMQ for tests: Debian's server, in folders and on ports of its own."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pika
from pika.exceptions import AMQPError

from app.cli.local.ports import free_port
from app.cli.local.sandbox import child_setup
from tests.support.waiting import wait_until

_TRIES = 5
"""Another program may have taken the port for a moment, as what a connection comes from."""

_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


def is_installed() -> bool:
    return _SERVER.exists() and shutil.which("epmd") is not None


class Rabbitmq:
    """One node, which can be killed and started again on the same data and port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self._names_port = free_port(), free_port()
        self._processes: list[subprocess.Popen[bytes]] = []

    def url(self, vhost: str) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{vhost}"

    def start(self) -> None:
        # Erlang's own name server would be started as a daemon, and outlive the test.
        self._spawn(["epmd", "-port", str(self._names_port), "-address", "127.0.0.1"])
        wait_until(lambda: _listens(self._names_port), "epmd")
        for _ in range(_TRIES):
            node = self._spawn([str(_SERVER)])
            wait_until(lambda node=node: node.poll() is not None or self._answers(), "RabbitMQ")  # type: ignore[misc]
            if node.poll() is None:
                return
        raise AssertionError(self._log.read_text())

    def kill(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self._processes.clear()

    @property
    def is_running(self) -> bool:
        return bool(self._processes)

    def add_vhost(self, name: str) -> None:
        """Room of its own for a test, as a database is on Postgres."""
        for arguments in (["add_vhost", name], ["set_permissions", "-p", name, "guest", ".*", ".*", ".*"]):
            self.control(*arguments)

    def control(self, *arguments: str) -> bytes:
        """What ``rabbitmqctl`` prints; it takes most of a second to start."""
        return subprocess.run(
            [_SERVER.with_name("rabbitmqctl"), "-n", self._node, "--quiet", *arguments],
            env=self._environment,
            check=True,
            capture_output=True,
        ).stdout

    @property
    def _node(self) -> str:
        return f"tests{self.port}@localhost"

    @property
    def _log(self) -> Path:
        return self.folder / "rabbitmq.log"

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HOME": str(self.folder),  # where the cookie is
            "ERL_EPMD_PORT": str(self._names_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RUNNING_UNDER_SYSTEMD": "true",  # makes the script become the server, and no child of it
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
        }

    def _spawn(self, argv: list[str]) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                argv,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=child_setup(signal.SIGKILL),  # noqa: PLW1509 - there is one thread
            )
        self._processes.append(process)
        return process

    def _answers(self) -> bool:
        try:
            pika.BlockingConnection(pika.URLParameters(self.url("%2F"))).close()
        except (AMQPError, OSError):
            return False
        return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def rabbitmq(folder: Path) -> Iterator[Rabbitmq]:
    """Run a node for the block."""
    node = Rabbitmq(folder)
    try:
        node.start()
        yield node
    finally:
        node.kill()
