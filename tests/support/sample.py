"""What a user does first: the sample in, a calendar out, against a service wherever it runs."""

import json
import subprocess
from pathlib import Path

import httpx
import vobject
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from tests.support.asking import ask, state
from tests.support.processes import COMMAND


async def the_sample_becomes_a_calendar(url: str, client: httpx.Client, sample: Path) -> None:
    """Import it by the command line into a service that has no todos, and read the calendar with three parsers."""
    done = subprocess.run(
        [*COMMAND, "todos", "import", sample / "todos.json", "--url", url],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    count = len(json.loads((sample / "todos.json").read_text(encoding="utf-8")))
    assert count >= 60
    assert "taken as 1: " in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[-1] == f"{count} taken, 0 refused"

    status = await state(client, ask(client, component="both", timezone="Europe/Oslo", alarm=30), "SUCCESS")

    assert (status["todos"], status["skipped"]) == (count, 0)
    file = client.get(status["result_url"]).content
    dated = sum(todo["deadline_at"] is not None for todo in client.get("/todos").json())
    parsed = Calendar.from_ical(file)
    assert (len(parsed.walk("VEVENT")), len(parsed.walk("VTODO"))) == (dated, count)
    assert not [component for component in parsed.walk() if component.errors]
    events = list(IcsCalendarStream.calendar_from_ics(file.decode()).events)
    assert len(events) == dated
    for component in vobject.readOne(file.decode()).components():
        assert component.validate(raiseException=True)
