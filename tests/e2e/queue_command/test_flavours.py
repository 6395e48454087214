"""What the two kinds of queue do, as the command shows it."""

from tests.support.aws_gate import Gate
from tests.support.processes import PATIENCE_SECONDS
from tests.support.queue_runs import Event, Runs, Started
from tests.support.waiting import wait_until

HUNDRED = [f"Message {number}" for number in range(100)]


def received(*receivers: Started) -> list[Event]:
    return [event for receiver in receivers for event in receiver.events("received")]


def wait_for_messages(count: int, *receivers: Started) -> None:
    wait_until(lambda: len(received(*receivers)) >= count, f"{count} messages")


def counts(client: str, **changes: int) -> Event:
    nothing = {"received": 0, "out_of_order": 0, "duplicate": 0, "missing": 0, "not_numbered": 0}
    return {"client": client, **nothing, **changes}


def test_a_standard_queue_gives_each_message_to_one_of_several_receivers(runs: Runs) -> None:
    queue = runs.make_queue()
    receivers = [runs.receive(queue), runs.receive(queue)]
    for client in ("Client 1", "Client 2", "Client 3"):
        assert runs.send(queue, client) == HUNDRED
    wait_for_messages(300, *receivers)
    for receiver in receivers:
        receiver.stop()
    came = [(event["client"], event["message"]) for event in received(*receivers)]
    assert sorted(came) == sorted((f"Client {n}", body) for n in (1, 2, 3) for body in HUNDRED)
    assert runs.left(queue) == 0


def test_senders_at_the_same_time_are_all_heard(runs: Runs) -> None:
    queue = runs.make_queue()
    receiver = runs.receive(queue)
    senders = [runs.start(queue, "--client-name", client) for client in ("Client 1", "Client 2")]
    assert [sender.process.wait(PATIENCE_SECONDS) for sender in senders] == [0, 0]
    wait_for_messages(200, receiver)
    assert receiver.stop()["clients"] == [counts("Client 1", received=100), counts("Client 2", received=100)]


def test_a_fifo_queue_keeps_the_order_for_each_of_several_receivers(runs: Runs) -> None:
    queue = runs.make_fifo()
    receivers = [runs.receive(queue), runs.receive(queue)]
    sent = [
        body for colour in ("Red", "Blue") for body in runs.send(queue, colour, "--prepend", f"{colour} ")
    ]
    wait_for_messages(200, *receivers)
    for receiver in receivers:
        assert all(client["out_of_order"] == 0 for client in receiver.stop()["clients"])
        assert receiver.messages() == [body for body in sent if body in receiver.messages()]
    assert sorted(event["message"] for event in received(*receivers)) == sorted(sent)


def test_a_fifo_queue_drops_what_it_was_sent_before_whoever_sends_it_again(runs: Runs) -> None:
    queue = runs.make_fifo()
    receiver = runs.receive(queue)
    runs.send(queue, "Client 1")
    wait_for_messages(100, receiver)
    runs.send(queue, "Client 1")
    runs.send(queue, "Client 2")
    runs.send(queue, "Client 2", "--count", "1", "--prepend", "The last ")
    wait_until(lambda: "The last Message 0" in receiver.messages(), "the last message")
    assert receiver.stop()["clients"] == [
        counts("Client 1", received=100),
        counts("Client 2", received=1),
    ]


def test_a_standard_queue_delivers_all_that_is_sent_again(runs: Runs) -> None:
    queue = runs.make_queue()
    receiver = runs.receive(queue)
    runs.send(queue, "Client 1")
    wait_for_messages(100, receiver)
    runs.send(queue, "Client 1")
    wait_for_messages(200, receiver)
    assert receiver.stop()["clients"] == [counts("Client 1", received=200, duplicate=100)]


def test_what_goes_over_the_wire_is_what_aws_demands(gate: Gate, runs: Runs) -> None:
    standard, fifo = runs.make_queue(), runs.make_fifo()
    for queue in (standard, fifo):
        runs.send(queue, "Client 1", "--count", "1", "--prepend", "[Red]: ")
    receiver = runs.receive(fifo)
    wait_for_messages(1, receiver)
    receiver.stop()

    plain, ordered = gate.calls["SendMessage"]
    attributes = {"client": {"DataType": "String", "StringValue": "Client 1"}}
    for sent in (plain, ordered):
        assert sent.pop("QueueUrl").endswith((standard, fifo))
    assert plain == {"MessageBody": "[Red]: Message 0", "MessageAttributes": attributes}
    assert ordered == {**plain, "MessageGroupId": "default"}
    asked = gate.calls["ReceiveMessage"][0]
    assert (asked["MaxNumberOfMessages"], asked["WaitTimeSeconds"]) == (10, 1)
    assert asked["MessageAttributeNames"] == ["client"]
