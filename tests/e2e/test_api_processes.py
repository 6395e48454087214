"""One API in two processes, as its clients and those who run it see it."""

import re
import select
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.support.metrics import samples, scrape
from tests.support.processes import Service, gone, run_command, service
from tests.support.waiting import wait_until

CONNECTIONS = 32
"""So many that each of two processes has some, but for one time in two billion."""

HEALTH = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
ACCEPTED = "taskoverflow_jobs_accepted_total"


@pytest.fixture
def running(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Service]:
    # Nothing depends on how long an idle connection lasts, but that it does not end meanwhile.
    settings = {"TASKOVERFLOW_API_PROCESSES": "2", "TASKOVERFLOW_KEEP_ALIVE": "300"}
    with service(database_url, broker_url, tmp_path, **settings) as running:
        yield running
        for process in running.processes:
            # Killed, it would leave the folder behind in which its processes count.
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def serving(running: Service) -> list[psutil.Process]:
    """The processes that serve, as soon as both do."""

    def both() -> list[psutil.Process] | None:
        log = running.log_of(running.processes[0])
        found: list[psutil.Process] = psutil.Process(running.processes[0].pid).children()
        ready = [each for each in found if f"[{each.pid}]" in log]
        return ready if len(ready) == 2 else None

    return wait_until(both, "both processes")


def answered(ending: ExitStack, running: Service) -> dict[psutil.Process, list[HTTPConnection]]:
    """Connections that have been served once, by the process that has done so."""
    processes, connections = serving(running), {}
    for _ in range(CONNECTIONS):
        connection = HTTPConnection("127.0.0.1", running.port, timeout=60)
        ending.callback(connection.close)
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        connections[connection.sock.getsockname()[1]] = connection
    return {
        process: [
            connections[each.raddr.port]
            for each in process.net_connections("tcp")
            if each.status == psutil.CONN_ESTABLISHED and each.laddr.port == running.port
        ]
        for process in processes
    }


def connected(ending: ExitStack, running: Service) -> list[socket.socket]:
    """Connections, on each of which a request was sent."""
    connections = [
        ending.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=60))
        for _ in range(CONNECTIONS)
    ]
    for connection in connections:
        connection.sendall(HEALTH)
    return connections


def post(running: Service) -> str:
    """Ask for a calendar on a connection of its own; where to look at it."""
    answer = httpx.post(f"{running.url}/api/v1/todos/ical", trust_env=False).raise_for_status()
    url: str = answer.json()["task_url"]
    return url


def scrapes(running: Service, name: str) -> set[float]:
    """What is answered on many connections, and so by both processes."""
    return {scrape(running.port)[name] for _ in range(CONNECTIONS // 4)}


def test_both_serve(running: Service) -> None:
    running.start_api()
    with ExitStack() as ending:
        counts = [len(each) for each in answered(ending, running).values()]
    assert min(counts) > 0
    assert sum(counts) == CONNECTIONS


def test_what_waits_for_a_process_that_dies_is_served_by_the_next(running: Service) -> None:
    running.start_api()
    stopped, other = serving(running)
    stopped.suspend()
    with ExitStack() as ending:
        connections = connected(ending, running)
        # The other one serves meanwhile.
        assert wait_until(lambda: select.select(connections, [], [], 0)[0], "an answer")
        stopped.kill()
        answers = [connection.recv(4096) for connection in connections]
    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 200"}
    assert other in serving(running)
    assert stopped not in serving(running)
    assert "SIGKILL): starting it again" in running.log_of(running.processes[0])


def test_all_processes_count_together_and_a_dead_one_has_not_counted_in_vain(running: Service) -> None:
    running.start_api()
    dying, _ = serving(running)
    for _ in range(CONNECTIONS):
        post(running)
    assert scrapes(running, ACCEPTED) == {CONNECTIONS}

    dying.kill()
    wait_until(lambda: dying not in serving(running), "another process")

    assert scrapes(running, ACCEPTED) == {CONNECTIONS}
    post(running)
    assert scrapes(running, ACCEPTED) == {CONNECTIONS + 1}


def test_those_who_wait_are_counted_in_whichever_process_they_do(running: Service) -> None:
    running.start_api()
    path = urlsplit(post(running)).path
    with ExitStack() as ending:
        (dying, (waits, *_)), (_, (asks, *_)) = answered(ending, running).items()

        def waiting() -> float:
            asks.request("GET", "/metrics")
            return samples(asks.getresponse().read().decode())["taskoverflow_waiting_clients"]

        assert waiting() == 0
        waits.request("GET", f"{path}?wait=60")
        wait_until(lambda: waiting() == 1, "one that waits")
        dying.kill()
        wait_until(lambda: dying not in serving(running), "another process")
        assert waiting() == 0


def test_a_scrape_has_what_can_be_told_of_all_processes(running: Service) -> None:
    running.start_api()
    serving(running)
    text = httpx.get(f"{running.url}/metrics", trust_env=False).text
    names = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    assert {"http_requests_total", "http_requests_in_progress", "taskoverflow_database_up"} <= names
    assert "taskoverflow_build_info" in names
    # Which would be those of the process that answers.
    assert not [name for name in names if name.startswith(("process_", "python_gc_"))]


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
def test_it_ends_as_one_process_does_and_answers_whom_it_has(
    running: Service, processes: str, number: int, code: int
) -> None:
    running.settings["TASKOVERFLOW_API_PROCESSES"] = processes
    running.start_api()
    (api,) = running.processes
    children = serving(running) if processes == "2" else []
    counted_in = [Path(each.environ()["PROMETHEUS_MULTIPROC_DIR"]) for each in children]
    assert all(folder.is_dir() for folder in counted_in)
    url = post(running)
    answers: list[int] = []
    waiting = Thread(
        target=lambda: answers.append(
            httpx.get(url, params={"wait": 60}, trust_env=False, timeout=60).status_code
        )
    )
    waiting.start()
    wait_until(lambda: scrape(running.port)["taskoverflow_waiting_clients"], "one that waits")

    api.send_signal(number)

    assert api.wait(60) == code
    waiting.join()
    assert answers == [200]
    assert gone(children)
    assert not any(folder.exists() for folder in counted_in)
    assert "Traceback" not in running.log_of(api)


def test_while_it_stops_it_lets_nobody_in_and_answers_who_is_there(running: Service) -> None:
    running.start_api()
    serving(running)
    (api,) = running.processes
    body = b'{"title": "Late"}'
    head = b"POST /api/v1/todos HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n"

    def refused() -> bool:
        try:
            socket.create_connection(("127.0.0.1", running.port)).close()
        except ConnectionRefusedError:
            return True
        return False

    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as early:
        early.sendall(head + b"content-length: %d\r\n\r\n" % len(body))
        assert early.recv(4096).startswith(b"HTTP/1.1 100")
        api.send_signal(signal.SIGTERM)
        assert wait_until(refused, "its letting nobody in")
        assert api.poll() is None
        early.sendall(body)
        assert early.recv(4096).startswith(b"HTTP/1.1 201")
    assert api.wait(60) == -signal.SIGTERM


def test_none_outlives_the_one_that_sees_to_them(running: Service) -> None:
    running.start_api()
    processes = serving(running)
    counted_in = processes[0].environ()["PROMETHEUS_MULTIPROC_DIR"]
    running.processes[0].send_signal(signal.SIGKILL)
    wait_until(lambda: gone(processes), "their end")
    shutil.rmtree(counted_in)


def test_all_end_when_one_keeps_dying(running: Service) -> None:
    running.start_api()
    (api,) = running.processes
    other = serving(running)[1]

    def kill() -> int | None:
        with suppress(psutil.Error):  # it may have ended
            for process in psutil.Process(api.pid).children():
                if process != other:
                    process.kill()
        return api.poll()

    assert wait_until(kill, "its giving up") == 1
    assert "died 6 times within a minute: giving up" in running.log_of(api)
    assert gone([other])


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_port_on_which_it_listens_already_is_refused_in_the_same_words(
    running: Service, processes: str
) -> None:
    running.start_api()
    done = run_command("api", **{**running.environment, "TASKOVERFLOW_API_PROCESSES": processes})
    assert done.returncode == 3
    assert (
        f"[Errno 98] error while attempting to bind on address ('127.0.0.1', {running.port}): "
        "address already in use"
    ) in done.stderr


def test_a_number_of_processes_that_makes_no_sense_is_refused(running: Service) -> None:
    done = run_command("api", **{**running.environment, "TASKOVERFLOW_API_PROCESSES": "65"})
    assert done.returncode == 2
    assert done.stderr == "TASKOVERFLOW_API_PROCESSES: Input should be less than or equal to 64\n"


def test_what_is_wrong_with_the_broker_is_said_once(
    running: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    wrong = {**running.environment, "TASKOVERFLOW_BROKER_URL": "sqs://"}
    several = run_command("api", **wrong)
    one = run_command("api", **{**wrong, "TASKOVERFLOW_API_PROCESSES": "1"})
    assert several.returncode == one.returncode == 2
    assert several.stderr == one.stderr
    assert several.stderr.startswith("TASKOVERFLOW_BROKER_URL: ")
    assert several.stderr.count("\n") == 1
