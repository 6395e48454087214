"""Messages of SQS that are held, and kept hidden; the client here only remembers what it was asked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.queue.sqs.held import Held
from tests.support.waiting import wait_until


class Client:
    def __init__(self) -> None:
        self.batches: list[list[tuple[str, int]]] = []
        self.errors: list[Exception] = []

    def change_message_visibility_batch(self, **call: Any) -> dict[str, Any]:
        assert call["QueueUrl"] == "url"
        if self.errors:
            raise self.errors.pop()
        self.batches.append(
            [(entry["ReceiptHandle"], entry["VisibilityTimeout"]) for entry in call["Entries"]]
        )
        return {}

    def close(self) -> None: ...

    def extended(self) -> set[str]:
        return {handle for batch in self.batches for handle, seconds in batch if seconds > 0}


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def held(client: Client) -> Iterator[Held]:
    held = Held(client, "url", timedelta(milliseconds=900))  # type: ignore[arg-type]
    yield held
    held.close()


def test_what_is_held_is_hidden_again_and_again_for_whole_seconds(held: Held, client: Client) -> None:
    held.take("a")
    wait_until(lambda: len(client.batches) >= 2, "two extensions")
    assert client.batches[:2] == [[("a", 1)], [("a", 1)]]


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("whatever a library raises")])
def test_an_extension_that_fails_is_not_the_last(held: Held, client: Client, error: Exception) -> None:
    client.errors = [error]
    held.take("a")
    wait_until(lambda: client.batches, "an extension after the one that failed")
    assert client.errors == []


def test_what_was_let_go_is_extended_no_more(held: Held, client: Client) -> None:
    held.take("a")
    held.take("b")
    held.let_go(["a"])
    wait_until(lambda: client.batches, "an extension")
    assert client.extended() == {"b"}
    assert len(held) == 1


def test_many_are_written_ten_at_a_time(held: Held, client: Client) -> None:
    held.show([str(number) for number in range(25)], after=0)
    assert [len(batch) for batch in client.batches] == [10, 10, 5]
    assert client.extended() == set()


def test_there_is_room_once_one_is_let_go_whatever_became_of_it(held: Held, client: Client) -> None:
    held.take("a")
    assert not held.wait_for_room(1, 0)
    client.errors = [OSError("gone")]
    with pytest.raises(OSError, match="gone"):
        held.show(["a"], after=0)
    assert held.wait_for_room(1, 0)
