"""Clients who ask for calendars all the time, and remember what they were promised."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from uuid import UUID

import httpx

from tests.support.waiting import wait_until

PATIENCE_SECONDS = 10
"""An answer that takes longer is one that hangs: POST's own waits for Postgres and the broker are shorter."""

CLIENTS = 4


@dataclass
class Load:
    """Steady requests from several clients, for as long as it is on."""

    url: str
    options: Callable[[], dict[str, object]]
    """What to ask for, each time."""
    a_second: float = 8
    accepted: set[UUID] = field(default_factory=set)
    refused: int = 0
    """Answers 503 with ``Retry-After``."""
    unanswered: int = 0
    """Connections that broke: what an API that is killed owes nobody."""
    wrong: Counter[str] = field(default_factory=Counter)
    """What must never be answered, and no answer at all."""
    slowest: float = 0.0
    _over: Event = field(default_factory=Event)
    _paused: Event = field(default_factory=Event)
    _changing: Lock = field(default_factory=Lock)

    def ask(self, client: httpx.Client, **options: object) -> UUID | None:
        """Ask for a calendar; its job, if it was accepted."""
        began = time.monotonic()
        try:
            answer = client.post("/todos/ical", json=options)
        except httpx.TimeoutException:
            return self._note(None, "no answer")
        except httpx.TransportError:
            self.unanswered += 1
            return None
        with self._changing:
            self.slowest = max(self.slowest, time.monotonic() - began)
        return self._note(answer, f"{answer.status_code} {answer.text[:200]}")

    def _note(self, answer: httpx.Response | None, what: str) -> UUID | None:
        with self._changing:
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                job = UUID(answer.json()["task_id"])
                self.accepted.add(job)
                return job
            if answer is not None and answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                if int(answer.headers.get("retry-after", 0)) > 0:
                    self.refused += 1
                    return None
                what = "503 without Retry-After"
            self.wrong[what] += 1
        return None

    def more(self, count: int = 3) -> None:
        """Wait until so many more jobs were accepted: the service takes them again."""
        wanted = len(self.accepted) + count
        wait_until(lambda: len(self.accepted) >= wanted, "jobs that are accepted")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Ask for nothing in the block, but for what is just being asked for."""
        self._paused.set()
        try:
            yield
        finally:
            self._paused.clear()

    def more_refused(self, count: int = 2) -> None:
        """Wait until so many more were answered with 503."""
        wanted = self.refused + count
        wait_until(lambda: self.refused >= wanted, "answers 503")

    def stop(self) -> None:
        self._over.set()

    def keep_asking(self) -> None:
        with open_client(self.url) as client:
            while not self._over.wait(CLIENTS / self.a_second):
                if not self._paused.is_set():
                    self.ask(client, **self.options())


def open_client(url: str) -> httpx.Client:
    return httpx.Client(base_url=f"{url}/api/v1", trust_env=False, timeout=PATIENCE_SECONDS)


def open_todos() -> dict[str, object]:
    """Of todos that are not completed, so that a test of many may have the completed ones to itself."""
    return {"completed": False}


@contextmanager
def load_on(url: str, options: Callable[[], dict[str, object]] = open_todos) -> Iterator[Load]:
    """Ask for calendars until the block ends, or ``stop`` is called."""
    load = Load(url, options)
    clients = [Thread(target=load.keep_asking, name=f"client-{number}") for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield load
    finally:
        load.stop()
        for client in clients:
            client.join()
