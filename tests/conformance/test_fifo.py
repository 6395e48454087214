"""What FIFO promises beyond the rest: order within a group, and no doubles of one send."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dramatiq import Message
from dramatiq_sqs import MessageDelayTooLong

from app.queue.broker import JobBroker
from tests.support.brokers import RECEIVES, SqsUnderTest
from tests.support.processes import Service, service
from tests.support.recording_worker import ACTOR, POISON
from tests.support.waiting import wait_until


@pytest.fixture
def broker(sqs_fifo: SqsUnderTest) -> SqsUnderTest:
    return sqs_fifo


@pytest.fixture
def running(broker: SqsUnderTest, tmp_path: Path) -> Iterator[Service]:
    settings = {**broker.environment, "TASKOVERFLOW_WORKER_THREADS": "2"}
    with service("postgresql://nowhere/none", broker.url, tmp_path, **settings) as started:
        yield started


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return tmp_path / "lines"


@pytest.fixture
def start_recorder(running: Service, lines: Path) -> Iterator[Callable[[], None]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        with (running.logs / f"recorder-{len(started)}.log").open("wb") as log:
            argv = [sys.executable, "-m", "tests.support.recording_worker", str(lines)]
            process = subprocess.Popen(
                argv, env=running.environment, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
            started.append(process)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def a_message(group: str, what: str, **options: Any) -> Message[Any]:
    return Message("ical", ACTOR, (group, what), {}, {"message_group_id": group, **options})


def read(lines: Path) -> list[list[str]]:
    return [line.split() for line in lines.read_text().splitlines()] if lines.exists() else []


def test_messages_of_a_group_are_worked_on_in_order_by_several_workers(
    sender: JobBroker, start_recorder: Callable[[], None], lines: Path
) -> None:
    groups = [f"group-{number}" for number in range(8)]
    sender.enqueue_all([a_message(group, str(number)) for group in groups for number in range(5)])
    start_recorder()
    start_recorder()
    # None of them ends before it may: were two of a group worked on at once, it would show here.
    wait_until(lambda: len(read(lines)) == 4, "both threads of both workers at work")
    assert len({pid for *_, pid in read(lines)}) == 2
    Path(f"{lines}.go").touch()

    wait_until(lambda: sum(event == "end" for event, *_ in read(lines)) == 40, "every message worked on")

    in_order = [f"{event} {number}" for number in range(5) for event in ("start", "end")]
    for group in groups:
        assert [f"{event} {number}" for event, of, number, _ in read(lines) if of == group] == in_order


def test_poison_holds_up_its_group_until_it_is_a_dead_letter_and_no_other(
    sender: JobBroker, broker: SqsUnderTest, start_recorder: Callable[[], None], lines: Path
) -> None:
    Path(f"{lines}.go").touch()
    sender.enqueue_all(
        [a_message("sick", POISON), a_message("sick", "next"), a_message("sound", "free")],
    )
    start_recorder()

    wait_until(lambda: sum(event == "end" for event, *_ in read(lines)) == 2, "the other two")

    sick = [what for event, of, what, _ in read(lines) if event == "start" and of == "sick"]
    assert sick == [POISON] * RECEIVES + ["next"]
    ends = [what for event, _, what, _ in read(lines) if event == "end"]
    assert ends == ["free", "next"]
    assert broker.dead_letters() == 1


def test_a_send_that_is_tried_twice_arrives_once(sender: JobBroker, broker: SqsUnderTest) -> None:
    message = a_message("group", "1")
    sender.enqueue(message)
    sender.enqueue(message)
    assert broker.waiting() == 1
    sender.enqueue(a_message("group", "1", message_deduplication_id=message.message_id))
    assert broker.waiting() == 1
    sender.enqueue(a_message("group", "1"))
    assert broker.waiting() == 2


def test_a_delay_is_refused_and_not_lost(sender: JobBroker, broker: SqsUnderTest) -> None:
    with pytest.raises(MessageDelayTooLong):
        sender.enqueue(a_message("group", "1"), delay=1000)
    assert broker.waiting() == 0
