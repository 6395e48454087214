"""What a log shows of errors that quote what they are about."""

import asyncpg
from sqlalchemy.exc import IntegrityError

from app.tracebacks import shown, without_data

ROW = 'new row violates check constraint "c"\nDETAIL:  Failing row contains (1, Buy milk,\nHINT:  and honey).'


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except type(error) as caught:
        return caught


def test_a_refused_row_is_not_quoted() -> None:
    text = shown(raised(IntegrityError("INSERT", {"title": "Buy milk"}, Exception(ROW))))
    assert 'new row violates check constraint "c"' in text
    assert "milk" not in text.replace('"title": "Buy milk"', "")
    assert "honey" not in text


def test_a_value_that_can_not_be_sent_is_not_quoted() -> None:
    error = asyncpg.DataError("invalid input for query argument $2: 'Buy\nmilk' (expected int)")
    assert shown(raised(error)).endswith("DataError: invalid input for query argument $2")


def test_an_error_that_was_put_into_a_reason_is_not_quoted_either() -> None:
    error = ValueError(ROW)
    assert "milk" not in without_data(str(error)) + without_data(repr(error))


def test_all_errors_are_told_in_the_order_in_which_they_came() -> None:
    text = shown(raised(KeyError("second"), raised(ValueError("first"))))
    assert text.index("ValueError: first") < text.index("direct cause") < text.index("KeyError: 'second'")
    assert text.count("Traceback (most recent call last):") == 2
    assert "in raised\n    raise error from cause" in text


def test_an_error_that_is_its_own_cause_is_told_once() -> None:
    error = ValueError("round")
    error.__context__ = KeyError("and")
    error.__context__.__context__ = error
    assert shown(error).count("round") == 1


def test_a_group_tells_of_each() -> None:
    text = shown(raised(ExceptionGroup("two", [ValueError("one"), KeyError("other")])))
    assert "ExceptionGroup: two (2 sub-exceptions)" in text
    assert "ValueError: one" in text
    assert "KeyError: 'other'" in text
