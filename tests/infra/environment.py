"""What checks the configuration and stands in for AWS: checkov and moto, in an environment of their own."""

import subprocess
import sys
from pathlib import Path

from tests.support.parts import lacking

ROOT = Path(__file__).parents[2]
_BINARIES = ROOT / ".infra" / "bin"


def installed(program: str) -> Path:
    """The path of a program as the lock names it; what is missing is installed first."""
    made = subprocess.run(
        ["make", "--silent", "-C", str(ROOT), ".infra/.synced", f"PYTHON={sys.executable}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        lacking(f"moto and checkov can't be installed: {made.stdout}{made.stderr}")
    return _BINARIES / program
