"""Images in place of public ones, for a daemon that can pull none.

They hold what compose.yaml and the Containerfile make use of: the same users, folders, variables and programs.
What the public images do beyond that is not seen here.
"""

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from app.cli.local.binaries import postgres_programs, valkey_program
from tests.containers.debian import unpack_system
from tests.containers.shell import ROOT, FailedError, run

_HERE = Path(__file__).parent / "stand_ins"
_CERTIFICATES = Path("etc/ssl/certs/ca-certificates.crt")
_TAG = "taskoverflow-stand-in"
PYTHON = f"{_TAG}-python"

VARIABLES = {
    "PYTHON_IMAGE": PYTHON,
    "POSTGRES_IMAGE": f"{_TAG}-postgres",
    "REDIS_IMAGE": f"{_TAG}-valkey",
    "SQS_IMAGE": f"{_TAG}-ministack",
}
"""What compose.yaml is to take."""

_OF_THE_MACHINE = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""How this machine reaches packages, if not directly."""


def make_python(folder: Path) -> None:
    """Python's official image."""
    unpack_system(folder / "system")
    # Whom this machine trusts: its packages may come through a proxy.
    trusted = ssl.get_default_verify_paths().cafile or f"/{_CERTIFICATES}"
    shutil.copy(trusted, folder / "system" / _CERTIFICATES)
    environment = {
        "SSL_CERT_FILE": f"/{_CERTIFICATES}",
        "PIP_CERT": f"/{_CERTIFICATES}",
        **{name: os.environ[name] for name in _OF_THE_MACHINE if name in os.environ},
    }
    changes = [part for name, value in environment.items() for part in ("--change", f"ENV {name}={value}")]
    with subprocess.Popen(["tar", "-C", folder / "system", "-c", "."], stdout=subprocess.PIPE) as tar:
        done = subprocess.run(
            ["docker", "import", *changes, "--change", 'CMD ["python3"]', "-", PYTHON],
            stdin=tar.stdout,
            capture_output=True,
            check=False,
        )
    if done.returncode or tar.returncode:
        raise FailedError(f"the stand-in for Python's image: {done.stderr.decode()}")


def make_servers(folder: Path) -> None:
    """The servers' images, of the programs that the tests use anyway."""
    shutil.copytree(_HERE, folder / "servers")
    wheel = postgres_programs().parents[1]  # which finds its libraries beside itself
    for part in (wheel, wheel.with_suffix(".libs")):
        shutil.copytree(part, folder / "servers/postgres" / part.name, symlinks=True)
    shutil.copy(valkey_program(), folder / "servers")
    run(
        *("uv", "pip", "install", "--quiet", "--python", sys.executable),
        *(
            "--target",
            folder / "servers/ministack",
            "--constraint",
            ROOT / "requirements-dev.lock",
            "ministack",
        ),
        environment={"PATH": f"{ROOT / '.uv/bin'}:{os.environ['PATH']}"},
    )
    run(
        "docker",
        "compose",
        "--file",
        folder / "servers/compose.yaml",
        "build",
        "--quiet",
        environment=VARIABLES,
    )
