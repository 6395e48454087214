"""``taskoverflow queue``: try what a standard and a FIFO queue of SQS do."""

from typing import Annotated

import typer

from app.cli.practice.connect import Queue, connect
from app.cli.practice.failures import QueueError, WrongUsageError
from app.cli.practice.json_lines import JsonLines
from app.cli.practice.receive import delete, receive
from app.cli.practice.report import Report
from app.cli.practice.screen import Screen
from app.cli.practice.send import numbered, send
from app.cli.practice.stop import Stop
from app.cli.practice.tally import Tally
from app.cli.printable import show_any_character

_SENDING = "When sending"
_RECEIVING = "When receiving"


def queue(
    *,
    name: Annotated[str, typer.Option(help="The queue; a FIFO one's name ends in .fifo.")],
    send_messages: Annotated[bool, typer.Option("--send", help="Send messages, the default.")] = False,
    receive_messages: Annotated[
        bool, typer.Option("--receive", help="Receive messages and delete them, until Ctrl-C.")
    ] = False,
    client_name: Annotated[
        str | None,
        typer.Option(
            help="Who sends, as receivers show it; required, and to be unlike any other sender's.",
            rich_help_panel=_SENDING,
        ),
    ] = None,
    prepend: Annotated[
        str,
        typer.Option(
            help='What each text begins with, exactly as typed: "Red " makes "Red Message 0".',
            rich_help_panel=_SENDING,
        ),
    ] = "",
    count: Annotated[int, typer.Option(help="How many messages.", rich_help_panel=_SENDING)] = 100,
    summary: Annotated[
        bool,
        typer.Option(
            "--summary",
            help="At the end, count for each sender what came, out of order, twice, or not at all.",
            rich_help_panel=_RECEIVING,
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object a line.")] = False,
    endpoint_url: Annotated[
        str | None, typer.Option(help="Where an emulator is; it needs no credentials.")
    ] = None,
    region: Annotated[str, typer.Option(help="The AWS region.")] = "us-east-1",
) -> None:
    """Send numbered messages to an SQS queue, or see in which order and how often they come.

    A FIFO queue drops a text that anybody sent within the last five minutes: give each sender a --prepend.
    """
    show_any_character()
    report: Report = JsonLines() if as_json else Screen()
    try:
        _refuse_contradictions(
            {
                "--send and --receive exclude each other": send_messages and receive_messages,
                "--summary counts what is received, so it needs --receive": summary and not receive_messages,
                "--client-name is missing: it says who sends": not client_name and not receive_messages,
                f"--count: expected 1 or more, got {count}": count < 1,
                "Expected options in UTF-8": not _is_text(f"{name}{client_name}{prepend}"),
            }
        )
        found = connect(name, region=region, endpoint_url=endpoint_url)
        report.connected(name)
        if receive_messages:
            _receive(found, report, summary=summary)
        else:
            _send(found, report, client=client_name or "", bodies=numbered(count, prepend))
    except QueueError as error:
        report.error(str(error))
        raise typer.Exit(error.exit_code) from None


def _refuse_contradictions(complaints: dict[str, bool]) -> None:
    for complaint, justified in complaints.items():
        if justified:
            raise WrongUsageError(complaint)


def _is_text(options: str) -> bool:
    # Python keeps bytes of the command line that are no UTF-8 as halves of surrogate pairs.
    return not any("\ud800" <= character <= "\udfff" for character in options)


def _send(queue: Queue, report: Report, *, client: str, bodies: list[str]) -> None:
    stop = Stop()
    stop.listen()
    report.sending(send(queue, bodies, client=client, stop=stop), total=len(bodies))


def _receive(queue: Queue, report: Report, *, summary: bool) -> None:
    stop, tally = Stop(), Tally()
    stop.listen()
    try:
        while not stop.asked:
            with report.waiting(), stop.at_second_signal():
                messages = receive(queue)
            for message in messages:
                tally.add(message.client, message.body)
                report.received(message)
            with stop.at_second_signal():
                failures = delete(queue, messages)
            for failure in failures:
                report.not_deleted(failure)
    except KeyboardInterrupt:
        return
    finally:
        if summary:
            report.summary(tally.counts())
