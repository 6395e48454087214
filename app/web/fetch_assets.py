"""Fetches the pinned assets that pages use from npm: ``python -m app.web.fetch_assets``.

They are committed, so that the service runs and is built with no Node and no network.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

_VENDOR = Path(__file__).parent / "static" / "vendor"


@dataclass(frozen=True, slots=True)
class Package:
    """What is taken of one npm package."""

    name: str
    version: str
    integrity: str
    """SHA-512 of the tarball in Base64, as npm records it."""
    files: tuple[str, ...]


PACKAGES = (
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
        ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "LICENSE", "NOTICE"),
    ),
    Package(
        "redoc",
        "2.5.4",
        "M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJMeLsyxHFe2yFc4sNjHTrABQ==",
        ("bundles/redoc.standalone.js", "bundles/redoc.standalone.js.LICENSE.txt", "LICENSE"),
    ),
    # The newest major version of FullCalendar has no plugin for iCalendar files, and this one is still kept.
    Package(
        "@fullcalendar/core",
        "6.1.21",
        "t3u/+sqh3Iq7TWtUnVLcGDUE6OWZh0UD3c04bI/l7lSLAgAKr3kngBmhHiQD1QXpwC8ZN5iNqG7a7gOVixhSKQ==",
        ("index.global.min.js", "LICENSE.md"),
    ),
    Package(
        "@fullcalendar/daygrid",
        "6.1.21",
        "QYb1y40RGYLlOxKpYWg8O+7njEnKnFG8Tt7qjnubJGR35s1phQg67E+81y2TyAbbm59p2JFOCXGDk9t6KDujIA==",
        ("index.global.min.js", "LICENSE.md"),
    ),
    Package(
        "@fullcalendar/list",
        "6.1.21",
        "2rpIhs5pJmV7jyk4oX4bckNqurt6iHcsweE3FDYDdNpmRukPrARnyQYcaVFNVw2bnBFeR/jQW/St2MlauxF3GQ==",
        ("index.global.min.js", "LICENSE.md"),
    ),
    Package(
        "@fullcalendar/icalendar",
        "6.1.21",
        "YSk7YL7zOp6EWNI50SJTxKuy1uaHr/N2yXBq4VQZFOiDsQ25SNxeO+NFRGERZJyoJ/c70fjOdnW89VnK/3cq/w==",
        ("index.global.min.js", "LICENSE.md"),
    ),
    Package(
        "ical.js",
        "2.2.1",
        "yK/UlPbEs316igb/tjRgbFA8ZV75rCsBJp/hWOatpyaPNlgw0dGDmU+FoicOcwX4xXkeXOkYiOmCqNPFpNPkQg==",
        ("dist/ical.min.js", "LICENSE"),
    ),
)


def fetch(package: Package) -> None:
    """Replace a package's folder by its pinned files; ``ValueError`` if npm sends anything else."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch assets, and is not on the PATH")
    folder = _VENDOR / package.name
    with tempfile.TemporaryDirectory() as scratch:
        pack = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
        subprocess.run(pack, cwd=scratch, check=True, capture_output=True)  # noqa: S603 - fixed arguments
        (archive,) = Path(scratch).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != package.integrity:
            raise ValueError(f"{package.name} {package.version} is not what was pinned: sha512-{found}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with tarfile.open(archive) as tar:
            for name in package.files:
                member = tar.extractfile(f"package/{name}")
                if member is None:
                    raise ValueError(f"{package.name} has no file {name}")
                (folder / Path(name).name).write_bytes(_without_other_hosts(member.read()))


def _without_other_hosts(content: bytes) -> bytes:
    # Redoc shows its maker's logo from another host, and no option turns it off; our policy would block it.
    return content.replace(b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"data:,")


if __name__ == "__main__":
    for each in PACKAGES:
        fetch(each)
