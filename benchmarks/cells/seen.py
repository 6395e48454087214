"""How long one client waits from its POST to the SUCCESS it is told of, while nobody else asks."""

import http.client
import json
import time
from http import HTTPStatus
from statistics import median

from benchmarks.bench import Bench, Measured
from benchmarks.cells.cell import Cell
from benchmarks.names import OURS, SEEN
from benchmarks.sides.side import CALENDARS, Side, all_working

_POLL_SECONDS = 0.005
_PAUSE_SECONDS = 0.05
_ROUND_SECONDS = 5.0
_SAMPLES, _QUICK_SAMPLES, _FEWEST = 25, 10, 3


async def _measure(bench: Bench) -> None:
    async def see(side: Side) -> Measured:
        return {SEEN: told_after(side, _QUICK_SAMPLES if bench.quick else _SAMPLES)}

    async with bench.side_by_side() as sides:
        for size in (10, 1_000) if bench.quick else (10, 1_000, 10_000):
            for side in sides:
                await side.fill(size)
            async with all_working(sides):
                await bench.in_turn(sides, size, see)


def told_after(side: Side, samples: int) -> float:
    """The median of some jobs' times in milliseconds; of few, where they take long."""
    connection = http.client.HTTPConnection("127.0.0.1", side.port, timeout=60)
    see = _told if side.name == OURS else _polled
    see(connection)  # which also opens the connection
    began, seen = time.monotonic(), list[float]()
    while len(seen) < _FEWEST or (len(seen) < samples and time.monotonic() - began < _ROUND_SECONDS):
        time.sleep(_PAUSE_SECONDS)
        asked = time.perf_counter()
        see(connection)
        seen.append(time.perf_counter() - asked)
    connection.close()
    side.asked += len(seen) + 1
    return median(seen) * 1000


def _told(connection: http.client.HTTPConnection) -> None:
    """The answer waits for the calendar."""
    connection.request("POST", CALENDARS, headers={"Prefer": "wait=30"})
    answer = connection.getresponse()
    body = json.load(answer)
    if answer.status != HTTPStatus.OK or body["task_status"] != "SUCCESS":
        raise AssertionError(f"{answer.status}: {body}")


def _polled(connection: http.client.HTTPConnection) -> None:
    """The client asks again and again."""
    connection.request("POST", CALENDARS)
    task = json.load(connection.getresponse())["task_id"]
    while True:
        connection.request("GET", f"{CALENDARS}/{task}/status")
        if json.load(connection.getresponse())["task_status"] == "SUCCESS":
            return
        time.sleep(_POLL_SECONDS)


CELL = Cell("seen", "One client's wait, while nobody else asks", (SEEN,), _measure)
