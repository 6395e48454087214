"""``taskoverflow up`` as a newcomer runs it."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from app.cli.local.ports import free_port
from tests.support.metrics import scrape
from tests.support.processes import COMMAND, gone
from tests.support.waiting import wait_until


class Up:
    """A running ``up``, its output and its descendants."""

    def __init__(self, folder: Path, port: int, **settings: str) -> None:
        self.port = port
        self.output = folder / f"up-{port}.log"
        environment = {
            **os.environ,
            "TASKOVERFLOW_PORT": str(port),
            "TASKOVERFLOW_DATA_DIR": str(folder / "data"),
            # So that jobs of killed workers are soon taken up again; nothing depends on how soon.
            "TASKOVERFLOW_LEASE": "1",
            "TASKOVERFLOW_RESEND_AFTER": "1",
            "TASKOVERFLOW_SWEEP_INTERVAL": "0.1",
            **settings,
        }
        with self.output.open("wb") as log:
            # A session of its own, as in a terminal: a signal to its group must not reach the tests.
            # Nor may it ignore what tests that run under nohup do.
            self.process = subprocess.Popen(
                [*COMMAND, "up"],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509 - no thread here
            )

    def ready(self) -> "Up":
        wait_until(lambda: "TaskOverflow is running" in self.text() or self.process.poll() is not None, "up")
        assert self.process.poll() is None, self.text()
        return self

    def text(self) -> str:
        return self.output.read_text()

    def descendants(self) -> list[psutil.Process]:
        children: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return children

    def one(self, *words: str) -> psutil.Process:
        def find() -> psutil.Process | None:
            for process in self.descendants():
                with suppress(psutil.Error):  # it may have ended since it was seen
                    if all(word in " ".join(process.cmdline()) for word in words):
                        return process
            return None

        return wait_until(find, " ".join(words))


@contextmanager
def up(folder: Path, **settings: str) -> Iterator[Up]:
    started = Up(folder, free_port(), **settings)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.send_signal(signal.SIGTERM)
        started.process.wait()


def make_calendar(port: int) -> None:
    base = f"http://127.0.0.1:{port}/api/v1"

    def finished() -> bool:
        try:
            url = httpx.post(f"{base}/todos/ical", trust_env=False).json()["task_url"]
            return bool(
                wait_until(
                    lambda: httpx.get(url, trust_env=False).json()["task_status"] == "SUCCESS", "a calendar"
                )
            )
        except (httpx.TransportError, KeyError):
            return False

    assert wait_until(finished, "a calendar")


def jobs(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TASKOVERFLOW_DATA_DIR": str(folder / "data")}
    return subprocess.run(
        [*COMMAND, "jobs", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_everything_runs_and_stops_and_the_data_stays(tmp_path: Path) -> None:
    with up(tmp_path) as first:
        first.ready()
        todo = {"title": "Stays"}
        assert httpx.post(
            f"http://127.0.0.1:{first.port}/api/v1/todos", json=todo, trust_env=False
        ).is_success
        make_calendar(first.port)
        # Nothing but the data folder says where its servers are.
        listed = jobs(tmp_path, "list", "--state", "SUCCESS")
        assert listed.returncode == 0, listed.stderr
        job_id = listed.stdout.splitlines()[1].split()[0]
        assert "claimed" in jobs(tmp_path, "show", job_id).stdout
        assert jobs(tmp_path, "redrive").returncode == 0
        family = first.descendants()
        assert len(family) >= 5
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait() == 0, first.text()
        assert gone(family)
    assert not (tmp_path / "data" / "running.json").exists()
    with up(tmp_path) as second:
        second.ready()
        (kept,) = httpx.get(f"http://127.0.0.1:{second.port}/api/v1/todos", trust_env=False).json()
        assert kept["title"] == "Stays"
        refused = Up(tmp_path, free_port())
        assert refused.process.wait() == 1
        assert refused.text().startswith("TaskOverflow already runs on the data folder")
        assert len(refused.text().splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_terminals_signals_to_the_whole_group_stop_it_in_order(
    tmp_path: Path, number: signal.Signals
) -> None:
    with up(tmp_path) as running:
        running.ready()
        family = running.descendants()
        # Impatient people press Ctrl-C more than once.
        for _ in range(3):
            os.killpg(running.process.pid, number)
        assert running.process.wait() == 0, running.text()
        assert gone(family)
        assert "Traceback" not in running.text()
    assert "database system is shut down" in (tmp_path / "data" / "postgres.log").read_text()


def test_a_stop_in_the_middle_of_the_start_leaves_nothing(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        running.one("postgres", "-D")
        family = running.descendants()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait() == 0, running.text()
        assert gone(family)
    with up(tmp_path) as again:
        again.ready()


def test_what_keeps_dying_ends_it_all(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        running.ready()
        family = running.descendants()

        def kill_the_servers_program() -> bool:
            for process in running.descendants():
                with suppress(psutil.Error):
                    if "valkey-server" in " ".join(process.cmdline()):
                        process.kill()
            return running.process.poll() is not None

        wait_until(kill_the_servers_program, "giving up")
        assert running.process.returncode == 1
        assert running.text().splitlines()[-1] == "Valkey died 6 times within a minute: giving up"
        assert gone(family)


def test_what_dies_is_started_again(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        running.ready()
        for words in (("workers",), ("postgres", "-D"), ("valkey-server",), ("app.cli", "api")):
            victim = running.one(*words)
            victim.kill()
            wait_until(lambda victim=victim: gone([victim]), "the death")  # type: ignore[misc]
            make_calendar(running.port)


def test_every_worker_has_metrics_where_it_was_said_and_has_them_there_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with up(tmp_path, TASKOVERFLOW_METRICS_PORT=str(taken)) as running:
            said = re.search(r"/metrics; of the workers on port (\d+), (\d+)\n", running.ready().text())
            assert said is not None, running.text()
            ports = [*map(int, said.groups())]
            assert len({taken, running.port, *ports}) == 4
            for port in (running.port, *ports):
                assert wait_until(partial(scrape, port), "metrics")["taskoverflow_database_up"] == 1
            workers = [each for each in running.descendants() if "workers" in each.cmdline()]
            for worker in workers:
                worker.kill()
            wait_until(partial(gone, workers), "their death")
            for port in ports:
                wait_until(partial(scrape, port), "metrics of its successor")


def test_nothing_outlives_a_launcher_that_is_killed(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        running.ready()
        family = running.descendants()
        running.process.kill()
        running.process.wait()
        wait_until(lambda: gone(family), "the end of all")
        # It could not clean up, but is not taken for one that runs.
        assert "No `taskoverflow up` runs on" in jobs(tmp_path, "list").stderr
    with up(tmp_path) as again:
        again.ready()
        make_calendar(again.port)


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = Up(tmp_path, taken.getsockname()[1])
        assert refused.process.wait() == 1
    assert refused.text() == f"Port {refused.port} is taken: choose another with TASKOVERFLOW_PORT\n"


@pytest.mark.parametrize("variable", ["TASKOVERFLOW_DATA_DIR"])
def test_a_data_folder_that_cannot_be_is_one_clear_line(tmp_path: Path, variable: str) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    refused = Up(tmp_path, free_port())
    assert (refused.process.wait(), variable) == (1, "TASKOVERFLOW_DATA_DIR")
    assert refused.text().startswith("The data folder")
