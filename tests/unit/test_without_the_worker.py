"""What is said where the extra ``worker`` is not installed, as in the API's image."""

import subprocess
import sys
from pathlib import Path

_WITHOUT = """
import sys
sys.modules["icalendar"] = None  # as if it were not there
from app.cli.main import main
sys.argv = ["taskoverflow", *sys.argv[1:]]
main()
"""


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WITHOUT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_calendar_is_not_imported_and_the_extra_is_named(sample: Path) -> None:
    done = _run("todos", "import", sample / "todos.ics")
    assert done.returncode == 1
    assert done.stderr == (
        f"{sample / 'todos.ics'}: reading .ics files needs the extra `worker`: "
        "pip install 'taskoverflow[worker]', or use the image `worker`\n"
    )


def test_other_files_are_read_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[")
    assert "extra" not in _run("todos", "import", file).stderr


def test_a_worker_does_not_start_and_says_what_is_missing() -> None:
    done = _run("worker")
    assert done.returncode == 1
    assert done.stderr == (
        "What makes calendars is not installed here: use the image `worker`, "
        "or pip install 'taskoverflow[worker]'\n"
    )
