"""What AWS does and demands, on both flavours: visibility, receipt handles, limits, errors in mid-run."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import pytest
from botocore.exceptions import ClientError
from dramatiq import Message
from dramatiq_sqs import MessageDelayTooLong, MessageTooLarge, SQSBroker

from app.queue.broker import BrokerMisconfigured, BrokerUnreachable, JobBroker
from app.queue.messages import RenderCalendar
from tests.support.asking import ask, held_up, state
from tests.support.aws_gate import Answer
from tests.support.aws_rules import Call, Refusal
from tests.support.brokers import SqsUnderTest, open_sender
from tests.support.ministack import REGION
from tests.support.processes import Service
from tests.support.sqs_queues import open_client
from tests.support.waiting import wait_until


@pytest.fixture(params=["sqs", "sqs-fifo"])
def broker(request: pytest.FixtureRequest) -> SqsUnderTest:
    chosen: SqsUnderTest = request.getfixturevalue(request.param.replace("-", "_"))
    return chosen


def logged(running: Service, words: str) -> bool:
    return any(words in log.read_text() for log in running.logs.glob("worker-*.log"))


async def test_the_message_of_a_long_job_stays_hidden(
    running: Service, client: httpx.Client, broker: SqsUnderTest
) -> None:
    running.settings["TASKOVERFLOW_SQS_VISIBILITY"] = "1"
    running.start("worker")
    async with held_up(running.database_url):
        url = ask(client)
        await state(client, url, "STARTED")
        # Three a visibility: after seven, more than two visibilities have passed.
        extensions = broker.gate.calls["ChangeMessageVisibilityBatch"]
        already = len(extensions)
        wait_until(lambda: len(extensions) >= already + 7, "seven extensions")
        assert (broker.waiting(), broker.unacknowledged()) == (0, 1)
    assert (await state(client, url, "SUCCESS"))["attempt"] == 1
    wait_until(lambda: broker.unacknowledged() == 0, "an empty queue")


async def test_deletes_that_fail_do_not_fill_the_worker_up(
    running: Service, client: httpx.Client, broker: SqsUnderTest
) -> None:
    running.start("worker")
    wait_until(lambda: logged(running, "worker_ready"), "the worker")
    # As many messages as it may hold, each with all the tries that botocore makes.
    broker.gate.refuse("DeleteMessage", Refusal("InternalError", "try again", 500), times=4 * 3)
    for url in [ask(client, name=f"calendar {number}") for number in range(12)]:
        assert (await state(client, url, "SUCCESS"))["attempt"] == 1
    wait_until(lambda: broker.waiting() == broker.unacknowledged() == 0, "the redelivered ones gone too")
    assert logged(running, "message_not_deleted")


async def test_a_receipt_handle_that_went_stale_harms_nothing(
    running: Service, client: httpx.Client, broker: SqsUnderTest
) -> None:
    stale = "Value for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."
    running.start("worker")
    wait_until(lambda: logged(running, "worker_ready"), "the worker")
    broker.gate.refuse("DeleteMessage", Refusal("InvalidParameterValue", stale))
    assert (await state(client, ask(client), "SUCCESS"))["attempt"] == 1
    assert (await state(client, ask(client), "SUCCESS"))["attempt"] == 1
    wait_until(lambda: broker.waiting() == broker.unacknowledged() == 0, "an empty queue")
    assert logged(running, "message_not_deleted")


@pytest.mark.parametrize(
    ("refusal", "line"),
    [
        (
            Refusal("OverLimit", "120000 messages are in flight", 403),
            "sqs:ReceiveMessage: OverLimit: 120000 messages are in flight",
        ),
        (Refusal("AccessDenied", "not authorized", 403), "no permission for sqs:ReceiveMessage on the queue"),
    ],
)
async def test_a_worker_whose_receives_are_refused_says_so_in_a_line_and_goes_on_once_they_are_not(
    running: Service, client: httpx.Client, broker: SqsUnderTest, refusal: Refusal, line: str
) -> None:
    broker.gate.refuse("ReceiveMessage", refusal, times=3)
    running.start("worker")
    assert (await state(client, ask(client), "SUCCESS"))["attempt"] == 1
    assert logged(running, line)
    assert not logged(running, "Traceback")


async def test_a_throttled_send_is_tried_again(
    client: httpx.Client, running: Service, broker: SqsUnderTest
) -> None:
    broker.gate.refuse("SendMessage", Refusal("RequestThrottled", "slow down", 403))
    running.start("worker")
    assert (await state(client, ask(client), "SUCCESS"))["attempt"] == 1


def test_many_messages_are_sent_ten_at_a_time(sender: JobBroker, broker: SqsUnderTest) -> None:
    sender.enqueue_all([RenderCalendar(uuid4()).encode() for _ in range(25)])
    assert len(broker.gate.calls["SendMessageBatch"]) == 3
    assert broker.waiting() == 25


def test_a_batch_stays_below_a_mebibyte(sender: JobBroker, broker: SqsUnderTest) -> None:
    large: list[Message[Any]] = [Message("ical", "x", ("a" * 300_000,), {}, {}) for _ in range(5)]
    sender.enqueue_all(large)
    assert len(broker.gate.calls["SendMessageBatch"]) == 3
    assert broker.waiting() == 5


def test_a_message_over_a_mebibyte_is_refused_before_it_is_sent(
    sender: JobBroker, broker: SqsUnderTest
) -> None:
    with pytest.raises(MessageTooLarge):
        sender.enqueue(Message("ical", "x", ("a" * 1_000_000,), {}, {}))
    assert not broker.gate.calls["SendMessage"]


def test_an_entry_of_a_batch_that_is_refused_is_an_error(sender: JobBroker, broker: SqsUnderTest) -> None:
    def all_but_the_last(call: Call) -> Answer:
        *others, last = call["Entries"]
        taken = broker.client.send_message_batch(QueueUrl=broker.queue_url, Entries=others)["Successful"]
        refused = {"Id": last["Id"], "Code": "x", "Message": "not this one", "SenderFault": True}
        return {"Successful": taken, "Failed": [refused]}

    broker.gate.faults["SendMessageBatch"] = all_but_the_last
    with pytest.raises(BrokerUnreachable, match="1 messages were refused: not this one"):
        sender.enqueue_all([RenderCalendar(uuid4()).encode() for _ in range(3)])
    assert broker.waiting() == 2


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(1, 1), (1000, 1), (899_001, 900), (900_000, 900), (900_001, None)]
)
def test_a_standard_queue_delays_for_up_to_fifteen_minutes(
    sqs: SqsUnderTest, monkeypatch: pytest.MonkeyPatch, milliseconds: int, seconds: int | None
) -> None:
    with closing(open_sender(sqs, monkeypatch)) as sender:
        if seconds is None:
            with pytest.raises(MessageDelayTooLong):
                sender.enqueue(RenderCalendar(uuid4()).encode(), delay=milliseconds)
        else:
            sender.enqueue(RenderCalendar(uuid4()).encode(), delay=milliseconds)
    assert sqs.attributes(sqs.queue_url)["ApproximateNumberOfMessagesDelayed"] == (
        "0" if seconds is None else "1"
    )


def test_a_missing_queue_is_made_only_when_that_is_asked_for(
    broker: SqsUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.queue = f"made-{broker.queue}"
    with (
        closing(open_sender(broker, monkeypatch)) as sender,
        pytest.raises(BrokerMisconfigured, match=broker.queue),
    ):
        sender.check()
    assert not broker.gate.calls["CreateQueue"]

    with closing(open_sender(broker, monkeypatch, create_queues=True)) as sender:
        sender.check(consumes=True)
        sender.enqueue(RenderCalendar(uuid4()).encode())

    url = broker.client.get_queue_url(QueueName=broker.queue)["QueueUrl"]
    made = broker.attributes(url)
    assert made["ApproximateNumberOfMessages"] == "1"
    assert made.get("FifoQueue") == ("true" if broker.is_fifo else None)
    assert f":{broker.dead_name}" in made["RedrivePolicy"]


def test_dead_letters_go_back_and_what_cannot_be_read_stays(broker: SqsUnderTest, sender: JobBroker) -> None:
    broker.bury("no message")
    sender.enqueue(RenderCalendar(uuid4()).encode())
    (message,) = broker.client.receive_message(QueueUrl=broker.queue_url)["Messages"]
    broker.bury(message["Body"])
    broker.client.delete_message(QueueUrl=broker.queue_url, ReceiptHandle=message["ReceiptHandle"])

    assert sender.redrive_dead_letters() == 1

    assert broker.waiting() == 1
    dead = broker.attributes(broker.dead_url)
    assert dead["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert sender.redrive_dead_letters() == 0


def test_dead_letters_without_their_queue_name_that_queue(broker: SqsUnderTest, sender: JobBroker) -> None:
    broker.client.delete_queue(QueueUrl=broker.dead_url)
    with pytest.raises(BrokerMisconfigured, match=f"no SQS queue '{broker.dead_name}'"):
        sender.redrive_dead_letters()


async def test_a_queue_that_is_deleted_is_made_again_where_that_is_asked_for(
    running: Service, client: httpx.Client, broker: SqsUnderTest
) -> None:
    running.settings["TASKOVERFLOW_CREATE_QUEUES"] = "true"
    worker = running.start("worker")
    await state(client, ask(client), "SUCCESS")
    broker.client.delete_queue(QueueUrl=broker.queue_url)
    wait_until(lambda: broker.queue in broker.queues(), "the queue again")
    assert (await state(client, ask(client), "SUCCESS"))["attempt"] == 1
    assert worker.poll() is None


class TestTheGate:
    """That it refuses what AWS refuses: otherwise the tests above would prove nothing."""

    @pytest.fixture
    def stock(self, sqs_fifo: SqsUnderTest) -> Iterator[SQSBroker]:
        stock = SQSBroker(
            endpoint_url=sqs_fifo.gate.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            middleware=[],
        )
        yield stock
        sqs_fifo.gate.violations.clear()
        stock.sqs.meta.client.close()

    def test_dramatiq_sqs_as_it_comes_cannot_send_to_fifo(
        self, stock: SQSBroker, sqs_fifo: SqsUnderTest
    ) -> None:
        stock.declare_queue(sqs_fifo.queue)
        with pytest.raises(ClientError, match="MessageGroupId"):
            stock.enqueue(Message(sqs_fifo.queue, "x", (), {}, {}))

    def test_dramatiq_sqs_as_it_comes_cannot_make_a_fifo_queue(
        self, stock: SQSBroker, sqs_fifo: SqsUnderTest
    ) -> None:
        stock.declare_queue(f"new-{sqs_fifo.queue}")
        with pytest.raises(ClientError, match="FifoQueue"):
            stock.enqueue(Message(f"new-{sqs_fifo.queue}", "x", (), {}, {}))

    def test_a_batch_of_eleven_is_refused(self, sqs: SqsUnderTest) -> None:
        entries: list[Any] = [{"Id": str(number), "MessageBody": "x"} for number in range(11)]
        with (
            closing(open_client(sqs.gate.url)) as client,
            pytest.raises(ClientError, match="TooManyEntries"),
        ):
            client.send_message_batch(QueueUrl=sqs.queue_url, Entries=entries)
        sqs.gate.violations.clear()
