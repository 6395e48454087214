"""Apps that follow a feed, as their users would set them up."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.tools import Tools, link_packages
from tests.support.parts import lacking

_PROGRAM = Path(__file__).parent / "subscribe.mjs"

_VDIRSYNCER = """
[general]
status_path = "{folder}/status"

[pair todos]
a = "theirs"
b = "mine"
collections = null
conflict_resolution = "a wins"

[storage theirs]
type = "http"
url = "{url}"

[storage mine]
type = "filesystem"
path = "{folder}/todos"
fileext = ".ics"
"""

_KHAL = """
[calendars]
[[todos]]
path = {folder}/todos
readonly = True

[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M

[sqlite]
path = {folder}/khal.db
"""


@dataclass(frozen=True)
class Khal:
    """khal, whose calendar vdirsyncer fetches."""

    folder: Path

    @classmethod
    def subscribed_to(cls, url: str, folder: Path) -> "Khal":
        for command in ("khal", "vdirsyncer"):
            if shutil.which(command) is None:
                lacking(f"{command} is not installed: on Debian, apt-get install {command}")
        for name in ("todos", "home"):
            (folder / name).mkdir()
        (folder / "vdirsyncer.conf").write_text(_VDIRSYNCER.format(folder=folder, url=url))
        (folder / "khal.conf").write_text(_KHAL.format(folder=folder))
        khal = cls(folder)
        khal._run("vdirsyncer", "-c", str(folder / "vdirsyncer.conf"), "discover")
        return khal

    def refreshed(self) -> str:
        """What khal shows once vdirsyncer has looked again."""
        self._run("vdirsyncer", "-c", str(self.folder / "vdirsyncer.conf"), "sync")
        listed = ["list", "--format", "{start} {status}{title}", "2030-01-01", "31d"]
        return self._run("khal", "-c", str(self.folder / "khal.conf"), *listed)

    def _run(self, *command: str) -> str:
        # Neither may find settings of whoever runs the tests.
        home = str(self.folder / "home")
        environment = {"HOME": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def read_in_node(tools: Tools, url: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What ical.js and node-ical read at the URL, by the name of each."""
    if not (program := folder / _PROGRAM.name).exists():
        shutil.copy(_PROGRAM, program)
        link_packages(folder)
    done = tools.run("node", str(program), url, folder=folder)
    assert done.returncode == 0, done.stdout
    read: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return read
