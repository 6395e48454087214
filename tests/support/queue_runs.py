"""The queue command as its users run it, and the queues that it runs on."""

import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.ministack import CREDENTIALS
from tests.support.processes import COMMAND, PATIENCE_SECONDS, run_in
from tests.support.sqs_queues import attributes_of, make_queue
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

Event = dict[str, Any]

_NUMBERS = count()


def environment(**changes: str | None) -> dict[str, str]:
    """What a command finds: the credentials of tests, and nothing of whoever runs them."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "PYTHON")) and not name.lower().endswith("_proxy")
    }
    theirs = {
        **CREDENTIALS,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **changes,
    }
    return {**ours, **{name: value for name, value in theirs.items() if value is not None}}


def run_queue(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    return run_in(environment(**changes), "queue", *arguments)


@dataclass
class Started:
    """A command that runs, and what it has told."""

    output: Path
    process: subprocess.Popen[bytes]

    def events(self, kind: str) -> list[Event]:
        # A line that is still being written is not told yet.
        lines = self.output.read_text().split("\n")[:-1]
        return [event for event in map(json.loads, lines) if event["event"] == kind]

    def messages(self) -> list[str]:
        return [event["message"] for event in self.events("received")]

    def stop(self) -> Event:
        """End it; returns its summary."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(PATIENCE_SECONDS) == 0
        (summary,) = self.events("summary")
        return summary


@dataclass
class Runs:
    """The queue command on one endpoint."""

    url: str
    sqs: "SQSClient"
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def make_queue(self, suffix: str = "", **attributes: str) -> str:
        """A queue that nobody else uses; returns its name."""
        name = f"queue-{next(_NUMBERS)}{suffix}"
        make_queue(self.sqs, name, **attributes)
        return name

    def make_fifo(self) -> str:
        return self.make_queue(".fifo", ContentBasedDeduplication="true")

    def put(self, name: str, body: str) -> None:
        """Send a message past the command: without the sender's name."""
        self.sqs.send_message(QueueUrl=self.sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=body)

    def left(self, name: str) -> int:
        """How many messages a queue holds, those that were handed out included."""
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        attributes = attributes_of(self.sqs, url)
        return sum(int(value) for name, value in attributes.items() if name.startswith("Approximate"))

    def command(self, name: str, *arguments: str) -> list[str]:
        return [*COMMAND, "queue", *self._options(name), *arguments]

    def run(self, name: str, *arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
        return run_queue(*self._options(name), *arguments, **changes)

    def send(self, name: str, client: str, *arguments: str) -> list[str]:
        """Send a hundred messages; returns them."""
        done = self.run(name, "--client-name", client, "--json", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        events = [json.loads(line) for line in done.stdout.splitlines()]
        return [event["message"] for event in events if event["event"] == "sent"]

    def start(self, name: str, *arguments: str) -> Started:
        """Run the command while the test goes on."""
        output = self.folder / f"output-{len(self.processes)}"
        with output.open("wb") as out:
            process = subprocess.Popen(self.command(name, *arguments), env=environment(), stdout=out)
        self.processes.append(process)
        return Started(output, process)

    def receive(self, name: str) -> Started:
        """Start a receiver for scripts."""
        receiver = self.start(name, "--receive", "--summary", "--json")
        wait_until(lambda: receiver.events("connected"), "the connection")
        return receiver

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    def _options(self, name: str) -> tuple[str, ...]:
        return ("--name", name, "--endpoint-url", self.url)
