"""What is counted of the messages that came."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.practice.tally import Counts, Tally

ONE = "Client 1"


def tally(*bodies: str, client: str | None = ONE) -> Counts:
    counted = Tally()
    for body in bodies:
        counted.add(client, body)
    (counts,) = counted.counts()
    return counts


def messages(numbers: Iterable[int], prepend: str = "") -> list[str]:
    return [f"{prepend}Message {number}" for number in numbers]


def test_messages_in_order_are_only_received() -> None:
    assert tally(*messages(range(100))) == Counts(ONE, received=100)


def test_each_that_was_overtaken_is_out_of_order() -> None:
    assert tally(*messages([2, 0, 1, 3])) == Counts(ONE, received=4, out_of_order=2)


def test_a_number_that_came_already_is_a_duplicate_and_not_out_of_order() -> None:
    assert tally(*messages([0, 1, 2, 0, 2])) == Counts(ONE, received=5, duplicate=2)


def test_gaps_below_the_highest_number_are_missing_until_they_come() -> None:
    assert tally(*messages([1, 4])) == Counts(ONE, received=2, missing=3)
    assert tally(*messages([1, 4, 0])) == Counts(ONE, received=3, missing=2, out_of_order=1)


def test_texts_before_the_number_make_series_of_their_own() -> None:
    bodies = [*messages([0, 1], "Red "), *messages([0, 1]), *messages([2, 2], "Blue ")]
    assert tally(*bodies) == Counts(ONE, received=6, duplicate=1, missing=2)


def test_a_second_run_of_the_same_texts_is_all_duplicates() -> None:
    assert tally(*messages(range(10)), *messages(range(10))) == Counts(ONE, received=20, duplicate=10)


def test_clients_are_counted_apart_by_name_and_those_without_one_last() -> None:
    counted = Tally()
    for client in (None, "b", "a", "b", "unknown"):
        counted.add(client, "Message 0")
    assert counted.counts() == [
        Counts("a", received=1),
        Counts("b", received=2, duplicate=1),
        Counts("unknown", received=1),
        Counts(None, received=1),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Hello",
        "Message",
        "Message ",
        "Message 1 ",
        "Message 01",
        "Message -1",
        "message 1",
        "Message \u0661",
        "Message 1234567890",
    ],
)
def test_what_is_not_of_the_form_is_received_and_not_judged(body: str) -> None:
    assert tally(body, body) == Counts(ONE, received=2, not_numbered=2)


def test_a_text_before_the_number_may_span_lines() -> None:
    assert tally("a\nMessage 0", "a\nMessage 1") == Counts(ONE, received=2)


NUMBERS = st.lists(st.integers(0, 30), min_size=1)


@given(NUMBERS)
def test_every_message_is_the_first_of_its_number_or_a_duplicate(numbers: list[int]) -> None:
    counts = tally(*messages(numbers))
    assert counts.received == len(numbers)
    assert counts.received - counts.duplicate == len(set(numbers))
    assert counts.missing == len(set(range(max(numbers))) - set(numbers))


@given(NUMBERS)
def test_out_of_order_are_the_first_deliveries_that_a_higher_number_overtook(numbers: list[int]) -> None:
    overtaken = {
        index
        for index, number in enumerate(numbers)
        if number not in numbers[:index] and any(before > number for before in numbers[:index])
    }
    assert tally(*messages(numbers)).out_of_order == len(overtaken)


@given(NUMBERS.flatmap(lambda numbers: st.tuples(st.just(numbers), st.permutations(numbers))))
def test_order_changes_nothing_but_what_is_out_of_it(orders: tuple[list[int], list[int]]) -> None:
    one, other = (tally(*messages(numbers)) for numbers in orders)
    assert (one.received, one.duplicate, one.missing) == (other.received, other.duplicate, other.missing)


@given(NUMBERS)
def test_nothing_is_out_of_order_where_numbers_never_fall(numbers: list[int]) -> None:
    assert tally(*messages(sorted(numbers))).out_of_order == 0
