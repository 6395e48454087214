"""Each thing that goes wrong is one clear line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.support.aws_gate import Gate
from tests.support.aws_rules import Refusal
from tests.support.queue_runs import Runs, run_queue
from tests.support.waiting import wait_until

SENDER = ("--client-name", "Client 1")
DENIED = Refusal("AccessDeniedException", "User: arn:x is not authorized", 403)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--send", "--receive"), "--send and --receive exclude each other"),
        (("--summary", *SENDER), "--summary counts what is received, so it needs --receive"),
        ((), "--client-name is missing: it says who sends"),
        (("--client-name", ""), "--client-name is missing: it says who sends"),
        (("--count", "0", *SENDER), "--count: expected 1 or more, got 0"),
        (("--client-name", os.fsdecode(b"\xff")), "Expected options in UTF-8"),
        (
            ("--receive", "--endpoint-url", "localhost:4566"),
            "--endpoint-url: expected an address such as http://localhost:4566, got localhost:4566",
        ),
        (
            ("--receive", "--endpoint-url", "http://[::1"),
            "--endpoint-url: expected an address such as http://localhost:4566, got http://[::1",
        ),
        (("--receive", "--endpoint-url", "http://a_b"), "Invalid endpoint: http://a_b"),
        (
            ("--receive", "--region", "no where"),
            "Provided region_name 'no where' doesn't match a supported format.",
        ),
    ],
)
def test_options_that_cannot_be_meant_are_refused(arguments: tuple[str, ...], complaint: str) -> None:
    done = run_queue("--name", "x", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{complaint}\n")


@pytest.mark.parametrize("arguments", [SENDER, ("--receive",)])
def test_a_queue_that_is_not_there_is_named(runs: Runs, arguments: tuple[str, ...]) -> None:
    done = runs.run("nobody's", *arguments)
    expected = (1, "", "Unable to find a Queue by this name nobody's\n")
    assert (done.returncode, done.stdout, done.stderr) == expected


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
            "No AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile with AWS_PROFILE, or run under a role",
        ),
        (
            {"AWS_SECRET_ACCESS_KEY": None},
            "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
        ),
        ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
    ],
)
def test_aws_without_credentials_says_what_to_set(changes: dict[str, str | None], complaint: str) -> None:
    done = run_queue("--name", "x", "--receive", **changes)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{complaint}\n")


@contextmanager
def instance_metadata() -> Iterator[tuple[str, list[str]]]:
    """What answers with credentials on EC2; yields its URL, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle(self) -> None:
            asked.append("a question")

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_an_emulator_needs_no_credentials_and_nobody_is_asked_for_any(runs: Runs) -> None:
    queue = runs.make_queue()
    with instance_metadata() as (url, asked):
        done = runs.run(
            queue,
            *SENDER,
            AWS_ACCESS_KEY_ID=None,
            AWS_SECRET_ACCESS_KEY=None,
            AWS_EC2_METADATA_DISABLED=None,
            AWS_EC2_METADATA_SERVICE_ENDPOINT=url,
        )
    assert (done.returncode, done.stderr, asked) == (0, "", [])


def test_an_endpoint_where_nobody_listens_is_named() -> None:
    done = run_queue("--name", "x", "--receive", "--endpoint-url", "http://127.0.0.1:1")
    expected = (1, "", "Can't reach http://127.0.0.1:1/\n")
    assert (done.returncode, done.stdout, done.stderr) == expected


def test_an_endpoint_that_is_no_sqs_is_named(gate: Gate, runs: Runs) -> None:
    gate.faults["GetQueueUrl"] = lambda _: {}
    done = runs.run("x", "--receive")
    assert (done.returncode, done.stderr) == (1, f"{gate.url} does not answer as SQS does\n")


@pytest.mark.parametrize(
    ("code", "message", "complaint"),
    [
        (
            "AccessDeniedException",
            "User: x is not authorized",
            "Access denied: sqs:GetQueueUrl is not allowed: User: x is not authorized",
        ),
        (
            "ExpiredTokenException",
            "The token is expired",
            "The AWS credentials have expired, sign in again: The token is expired",
        ),
        (
            "InvalidClientTokenId",
            "The token is invalid.",
            "The AWS credentials are not accepted: The token is invalid.",
        ),
        (
            "InvalidAddress",
            "The address\nis invalid",
            "sqs:GetQueueUrl failed: InvalidAddress: The address is invalid",
        ),
    ],
)
def test_what_aws_refuses_is_said_in_plain_words(
    gate: Gate, runs: Runs, code: str, message: str, complaint: str
) -> None:
    gate.faults["GetQueueUrl"] = lambda _: Refusal(code, message, 403)
    done = runs.run("x", "--receive")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{complaint}\n")


def test_a_message_that_is_refused_ends_the_sending(gate: Gate, runs: Runs) -> None:
    gate.faults["SendMessage"] = lambda call: DENIED if call["MessageBody"] == "Message 3" else None
    queue = runs.make_queue()
    done = runs.run(queue, *SENDER)
    assert done.returncode == 1
    assert done.stdout == f"Connected to {queue}\nSending Messages:\n"
    assert done.stderr == (
        "Stopped at Message 3, 3 of 100 sent before it: "
        "Access denied: sqs:SendMessage is not allowed: User: arn:x is not authorized\n"
    )
    assert runs.left(queue) == 3


def test_a_fifo_queue_without_content_based_deduplication_is_told_so(runs: Runs) -> None:
    done = runs.run(runs.make_queue(".fifo"), *SENDER)
    assert done.returncode == 1
    assert done.stderr == (
        "Stopped at Message 0, 0 of 100 sent before it: "
        "the queue has no content-based deduplication, turn its ContentBasedDeduplication on\n"
    )


def test_a_text_that_sqs_does_not_take_is_told_by_sqs(runs: Runs) -> None:
    done = runs.run(runs.make_queue(), *SENDER, "--prepend", "\x1b[2J")
    assert done.returncode == 1
    assert done.stderr.startswith(
        r"Stopped at \x1b[2JMessage 0, 0 of 100 sent before it: sqs:SendMessage failed"
    )
    assert len(done.stderr.splitlines()) == 1


def test_receiving_that_is_denied_ends_it_after_the_summary(gate: Gate, runs: Runs) -> None:
    gate.faults["ReceiveMessage"] = lambda _: DENIED
    queue = runs.make_queue()
    done = runs.run(queue, "--receive", "--summary")
    assert done.returncode == 1
    assert done.stdout == f"Connected to {queue}\nWaiting for messages...\nNo messages came\n"
    assert done.stderr == "Access denied: sqs:ReceiveMessage is not allowed: User: arn:x is not authorized\n"


def test_messages_that_cannot_be_deleted_are_told_in_one_line_and_it_goes_on(gate: Gate, runs: Runs) -> None:
    gate.faults["DeleteMessageBatch"] = lambda _: DENIED
    queue = runs.make_fifo()
    runs.send(queue, "Client 1", "--count", "2")
    receiver = runs.receive(queue)
    (failure,) = wait_until(lambda: receiver.events("not_deleted"), "the failure")
    assert failure["ids"] == [event["id"] for event in receiver.events("received")]
    assert (
        failure["reason"] == "Access denied: sqs:DeleteMessage is not allowed: User: arn:x is not authorized"
    )
    wait_until(lambda: len(gate.calls["ReceiveMessage"]) == 2, "another receive")
    receiver.stop()
    assert runs.left(queue) == 2
