"""What is had from Debian: the files of a small system, and a plugin that Debian 12 does not have.

Both come from the mirror that the machine itself uses.
"""

import shutil
from pathlib import Path

from tests.containers.shell import FailedError, run

SUITE = "bookworm"
_NEWER_SUITE = "trixie"
"""Debian 12's own Compose is the old one, which knows no ``up --wait``."""

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PACKAGES = (
    *("base-files", "base-passwd", "bash", "coreutils", "dash", "findutils", "grep", "libc-bin", "login"),
    *("passwd", "procps", "sed", "ca-certificates", "python3", "python3-venv"),
    "redis-tools",  # not of Python's image, but all stand-ins are made from this one
)


def unpack_system(folder: Path) -> None:
    """Unpack a Debian with Python 3.11 that is good enough to build and run programs in."""
    run(
        *("mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(_PACKAGES)}"),
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        '--aptopt=Acquire::Languages "none"',
        *(SUITE, str(folder), f"deb [signed-by={_KEYRING}] {_mirror()} {SUITE} main"),
    )
    # Its packages are unpacked and not set up, which takes three times as long.
    for name in ("passwd", "group"):
        shutil.copy(folder / f"usr/share/base-passwd/{name}.master", folder / "etc" / name)


def unpack_compose(folder: Path, plugins: Path) -> None:
    """Put Docker's plugin Compose among the plugins."""
    for name in ("lists/partial", "cache/archives/partial", "unpacked"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(f"deb [signed-by={_KEYRING}] {_mirror()} {_NEWER_SUITE} main\n")
    options = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",
    }
    apt = (
        "apt-get",
        "--quiet",
        *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
    )
    run(*apt, "update")
    run(*apt, "download", "docker-compose", folder=folder)
    (package,) = folder.glob("docker-compose_*.deb")
    run("dpkg-deb", "--extract", package, folder / "unpacked")
    plugins.mkdir(parents=True)
    shutil.copy(folder / "unpacked/usr/libexec/docker/cli-plugins/docker-compose", plugins)


def _mirror() -> str:
    """The first address that the machine's apt asks for this suite."""
    for line in run("apt-get", "indextargets", "--format", "$(SITE) $(CODENAME) $(CREATED_BY)").splitlines():
        site, codename, made_by = line.split()
        if (codename, made_by) == (SUITE, "Packages"):
            return site
    raise FailedError(f"apt has no sources of Debian's {SUITE}: apt-get update first")
