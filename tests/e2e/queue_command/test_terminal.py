"""What a person sees, on a real terminal and without one."""

import re
import signal

import pytest

from tests.e2e.queue_command.conftest import OpenTerminal
from tests.support.aws_gate import Gate
from tests.support.aws_rules import Refusal
from tests.support.processes import PATIENCE_SECONDS
from tests.support.queue_runs import Runs
from tests.support.terminal import Terminal
from tests.support.waiting import wait_until

TIME = r"\d\d:\d\d:\d\d"
SPINNER = "Waiting for messages..."
FAILED = Refusal("InternalError", "try again", 500)


def stop_twice(command: Terminal) -> None:
    # By different signals: of two equal ones a process may notice but one.
    command.press_ctrl_c()
    command.process.send_signal(signal.SIGTERM)


def test_a_sender_draws_a_bar_that_reaches_the_end(runs: Runs, open_terminal: OpenTerminal) -> None:
    queue = runs.make_queue()
    sender = open_terminal(runs.command(queue, "--client-name", "Client 1"))
    assert sender.wait() == 0
    connected, sending, bar = sender.text().splitlines()
    assert (connected, sending) == (f"Connected to {queue}", "Sending Messages:")
    assert re.fullmatch(r"━+ 100% time left 0:00:00", bar)
    assert runs.left(queue) == 100


def test_a_sender_that_is_stopped_says_how_far_it_came(
    gate: Gate, runs: Runs, open_terminal: OpenTerminal
) -> None:
    gate.faults["SendMessage"] = lambda call: gate.hold() if call["MessageBody"] == "Message 24" else None
    queue = runs.make_queue()
    sender = open_terminal(runs.command(queue, "--client-name", "Client 1"))
    sender.wait_for(" 24% time left")
    sender.press_ctrl_c()
    gate.released.set()
    assert sender.wait() == 1
    *_, bar, error = sender.text().splitlines()
    assert " 25% " in bar
    assert error == "Stopped, 25 of 100 sent"
    assert runs.left(queue) == 25
    assert not sender.screen.cursor.hidden


def test_a_sender_that_waits_in_vain_ends_at_the_second_signal(
    gate: Gate, runs: Runs, open_terminal: OpenTerminal
) -> None:
    gate.faults["SendMessage"] = lambda _: gate.hold(FAILED)
    sender = open_terminal(runs.command(runs.make_queue(), "--client-name", "Client 1"))
    wait_until(lambda: gate.calls["SendMessage"], "the first message")
    stop_twice(sender)
    assert sender.wait() == 1
    error = "Stopped at Message 0, 0 of 100 sent before it: no answer yet, so it may have been sent"
    assert error in sender.text()


@pytest.mark.parametrize("by_keyboard", [True, False])
def test_a_receiver_shows_who_sent_what_until_it_is_stopped(
    runs: Runs, open_terminal: OpenTerminal, *, by_keyboard: bool
) -> None:
    queue = runs.make_fifo()
    runs.send(queue, "Client 1", "--count", "12")
    receiver = open_terminal(runs.command(queue, "--receive"))
    receiver.wait_for("Client 1: Message 11")
    receiver.wait_for(SPINNER)
    if by_keyboard:
        receiver.press_ctrl_c()
    else:
        receiver.process.send_signal(signal.SIGTERM)
    assert receiver.wait() == 0
    connected, *messages = [line for line in receiver.text().splitlines() if line not in ("", "^C")]
    assert connected == f"Connected to {queue}"
    assert [re.sub(TIME, "TIME", line) for line in messages] == [
        f"TIME Client 1: Message {number}" for number in range(12)
    ]
    assert not receiver.screen.cursor.hidden
    assert runs.left(queue) == 0


def test_a_receiver_deletes_what_it_has_shown_before_it_stops(
    gate: Gate, runs: Runs, open_terminal: OpenTerminal
) -> None:
    failure = {"Id": "0", "SenderFault": False, "Code": "InternalError", "Message": "try again"}
    gate.faults["DeleteMessageBatch"] = lambda _: gate.hold({"Successful": [], "Failed": [failure]})
    queue = runs.make_queue()
    runs.put(queue, "Message 0")
    receiver = open_terminal(runs.command(queue, "--receive"))
    receiver.wait_for("unknown: Message 0")
    receiver.press_ctrl_c()
    gate.released.set()
    assert receiver.wait() == 0
    assert "Not deleted, so it will come again: Message 0: try again" in receiver.text()


def test_what_is_handed_out_while_a_receiver_stops_is_shown_and_deleted(
    gate: Gate, runs: Runs, open_terminal: OpenTerminal
) -> None:
    message = {"MessageId": "1", "ReceiptHandle": "x", "Body": "Message 0"}
    gate.faults["ReceiveMessage"] = lambda _: gate.hold({"Messages": [message]})
    gate.faults["DeleteMessageBatch"] = lambda _: {"Successful": [{"Id": "0"}], "Failed": []}
    receiver = open_terminal(runs.command(runs.make_queue(), "--receive"))
    wait_until(lambda: gate.calls["ReceiveMessage"], "the first receive")
    receiver.press_ctrl_c()
    gate.released.set()
    assert receiver.wait() == 0
    assert "unknown: Message 0" in receiver.text()
    (deleted,) = gate.calls["DeleteMessageBatch"]
    assert deleted["Entries"] == [{"Id": "0", "ReceiptHandle": "x"}]


def test_a_receiver_that_waits_in_vain_ends_at_the_second_signal(
    gate: Gate, runs: Runs, open_terminal: OpenTerminal
) -> None:
    gate.faults["ReceiveMessage"] = lambda _: gate.hold(FAILED)
    receiver = open_terminal(runs.command(runs.make_queue(), "--receive", "--summary"))
    wait_until(lambda: gate.calls["ReceiveMessage"], "the first receive")
    stop_twice(receiver)
    assert receiver.wait() == 0
    assert "No messages came" in receiver.text()


def test_the_summary_is_a_row_for_each_client(runs: Runs, open_terminal: OpenTerminal) -> None:
    queue = runs.make_queue()
    runs.send(queue, "Client 1", "--count", "3")
    for body in ("Message 5", "Message 3", "Message 5", "Hello"):
        runs.put(queue, body)
    receiver = open_terminal(runs.command(queue, "--receive", "--summary"))
    receiver.wait_for("unknown: Hello")
    receiver.press_ctrl_c()
    assert receiver.wait() == 0
    cells = [re.split(r"\s*[│┃]\s*", line)[1:-1] for line in receiver.text().splitlines() if line[:1] in "│┃"]
    assert cells == [
        ["Client", "Received", "Out of order", "Duplicate", "Missing", "Not judged"],
        ["Client 1", "3", "0", "0", "0", "0"],
        ["unknown", "4", "1", "1", "4", "1"],
    ]


def test_the_text_of_a_message_has_no_power_over_the_terminal(
    runs: Runs, open_terminal: OpenTerminal
) -> None:
    # SQS itself refuses ESC and other C0 controls; these are the ones that it lets through.
    hostile = "[bold]a[/bold] :smile: \x9b2J\x9d0;owned\x9c\r\nConnected to b\u202e\x7f"
    queue = runs.make_queue()
    runs.put(queue, hostile)
    receiver = open_terminal(runs.command(queue, "--receive"))
    receiver.wait_for("unknown: ")
    receiver.press_ctrl_c()
    receiver.wait()
    written = r"[bold]a[/bold] :smile: \x9b2J\x9d0;owned\x9c\r\nConnected to b\u202e\x7f"
    assert f"unknown: {written}" in receiver.text()
    assert receiver.screen.title == ""
    assert not set("\x9b\x9d\x9c\x7f\u202e") & set(receiver.written.decode())


def test_a_sender_without_a_terminal_writes_lines_alone(runs: Runs) -> None:
    queue = runs.make_queue()
    done = runs.run(queue, "--client-name", "Client 1", "--count", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Connected to {queue}\nSending Messages:\nSent 3 of 3\n"


def test_a_receiver_without_a_terminal_writes_a_line_for_each_message(runs: Runs) -> None:
    queue = runs.make_queue()
    receiver = runs.start(queue, "--receive")
    runs.put(queue, "long " * 100)
    wait_until(lambda: "unknown: long" in receiver.output.read_text(), "the first message")
    runs.put(queue, "The end")
    wait_until(lambda: "The end\n" in receiver.output.read_text(), "the last message")
    receiver.process.send_signal(signal.SIGTERM)
    assert receiver.process.wait(PATIENCE_SECONDS) == 0
    connected, waiting, first, last = receiver.output.read_text().splitlines()
    assert (connected, waiting) == (f"Connected to {queue}", SPINNER)
    assert re.fullmatch(rf"{TIME} unknown: (long ){{100}}", first)
    assert re.fullmatch(rf"{TIME} unknown: The end", last)
