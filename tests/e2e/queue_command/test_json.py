"""What a script reads."""

import json

from tests.support.queue_runs import Event, Runs
from tests.support.waiting import wait_until


def events(output: str) -> list[Event]:
    return [json.loads(line) for line in output.splitlines()]


def test_each_message_that_is_sent_is_a_line(runs: Runs) -> None:
    queue = runs.make_queue()
    done = runs.run(queue, "--client-name", "Client 1", "--count", "2", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    connected, *sent = events(done.stdout)
    assert connected == {"event": "connected", "queue": queue}
    assert all(message.pop("id") for message in sent)
    assert sent == [
        {"event": "sent", "message": "Message 0", "number": 1, "total": 2},
        {"event": "sent", "message": "Message 1", "number": 2, "total": 2},
    ]


def test_each_message_that_comes_is_a_line_with_its_text_as_it_is(runs: Runs) -> None:
    queue = runs.make_queue()
    runs.put(queue, "\x9b2J[bold]\r\nblåbær")
    runs.send(queue, "Client 1", "--count", "1")
    receiver = runs.receive(queue)
    wait_until(lambda: len(receiver.messages()) == 2, "two messages")
    summary = receiver.stop()
    unnamed, named = receiver.events("received")
    assert (unnamed["client"], unnamed["message"]) == (None, "\x9b2J[bold]\r\nblåbær")
    assert (named["client"], named["message"]) == ("Client 1", "Message 0")
    assert named["time"].endswith("+00:00")
    assert receiver.output.read_text().isascii()
    assert [client["client"] for client in summary["clients"]] == ["Client 1", None]
    assert [client["not_numbered"] for client in summary["clients"]] == [0, 1]


def test_an_error_is_a_line_as_well(runs: Runs) -> None:
    done = runs.run("missing", "--receive", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    message = "Unable to find a Queue by this name missing"
    assert events(done.stdout) == [{"event": "error", "message": message}]
