"""The tools that generate, check and run clients: Node and Python in an environment of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.parts import lacking

HERE = Path(__file__).parent
_ROOT = HERE.parents[1]
_HOME = _ROOT / ".clients"


@dataclass(frozen=True)
class Tools:
    """Runs them by name, as a user with both environments activated would."""

    environment: dict[str, str]

    def run(self, *command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def installed_tools() -> Tools:
    """The tools as their locks name them; what is missing is installed first."""
    made = subprocess.run(
        ["make", "--silent", "-C", str(_ROOT), ".clients/.synced", f"PYTHON={sys.executable}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        lacking(f"the tools for generated clients can't be installed: {made.stdout}{made.stderr}")
    binaries = [_HOME / "node_modules" / ".bin", _HOME / "bin"]
    return Tools(
        {
            **os.environ,
            "PATH": os.pathsep.join([*map(str, binaries), os.environ["PATH"]]),
            "NO_COLOR": "1",
            # They are to ask nobody, and to tell nobody anything.
            "REDOCLY_TELEMETRY": "off",
            "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
        }
    )


def link_packages(folder: Path) -> None:
    """Let the programs in a folder import what npm installed."""
    (folder / "node_modules").symlink_to(_HOME / "node_modules")
