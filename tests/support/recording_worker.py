"""A worker on the project's broker whose one actor writes down what it is given: ``python -m`` with a file.

Each message is a line when it starts and another when it ends; none ends before the file ``<file>.go`` is there.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import dramatiq
from dramatiq.middleware import Retries

from app.logs import configure_logs
from app.queue.open import open_broker
from app.settings import Settings, read_settings
from tests.support.waiting import wait_until

ACTOR = "record"
POISON = "poison"


def main() -> None:
    lines = Path(sys.argv[1])
    settings = read_settings(Settings)
    configure_logs(settings.log_format, settings.log_level)
    broker = open_broker(settings, patience=timedelta(seconds=60), middleware=[Retries(max_retries=0)])

    def note(event: str, group: str, what: str) -> None:
        with lines.open("a") as file:
            file.write(f"{event} {group} {what} {os.getpid()}\n")

    def record(group: str, what: str) -> None:
        note("start", group, what)
        wait_until(Path(f"{lines}.go").exists, "leave to go on")
        if what == POISON:
            raise ValueError(what)
        note("end", group, what)

    dramatiq.actor(broker=broker, actor_name=ACTOR, queue_name="ical", max_retries=0)(record)
    worker = dramatiq.Worker(broker, worker_threads=settings.worker_threads, worker_timeout=100)
    worker.start()
    sys.stdin.read()
    worker.stop()
    broker.close()


if __name__ == "__main__":
    main()
