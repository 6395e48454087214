"""What can be known of the images without building them: ``python -m tests.containers.scan``, or ``make scan``.

It lints the Containerfile and compose.yaml with each broker, and writes to ``reports/`` a bill of materials
(CycloneDX) of each image and what pip-audit knows of its packages. It fails on what the linters find and on
known vulnerabilities. Where no list of vulnerabilities can be reached, nothing is known, and it says so.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.containers.shell import ROOT, FailedError, run

_BIN = ROOT / ".scanners/bin"
_REPORTS = ROOT / "reports"
_BROKERS = ("redis", "sqs", "rabbitmq")
_LOCKS = {"api": "requirements-api.lock", "worker": "requirements.lock"}


def main() -> int:
    _REPORTS.mkdir(exist_ok=True)
    failures = 0
    for step in (_lint_containerfile, _lint_compose, _write_bills, _audit):
        try:
            sys.stdout.write(f"{step()}\n")
        except FailedError as error:
            sys.stderr.write(f"FAILED: {error}\n")
            failures += 1
    return 1 if failures else 0


def _lint_containerfile() -> str:
    run(_BIN / "hadolint", "Containerfile")
    return "hadolint: nothing to say of Containerfile"


def _lint_compose() -> str:
    for broker in _BROKERS:
        run(
            *(
                _BIN / "compose-lint",
                "check",
                "--strict-config",
                "--fail-on=medium",
                "--quiet",
                "compose.yaml",
            ),
            environment={"TASKOVERFLOW_BROKER": broker},
        )
    return f"compose-lint: nothing but what .compose-lint.yml explains, with {', '.join(_BROKERS)}"


def _write_bills() -> str:
    written = []
    for image, lock in _LOCKS.items():
        file = _REPORTS / f"sbom-{image}.cdx.json"
        run(
            *(_BIN / "cyclonedx-py", "requirements", "--pyproject=pyproject.toml", "--output-reproducible"),
            *("--output-file", file, lock),
        )
        parts = len(json.loads(file.read_text())["components"])
        written.append(f"{file.relative_to(ROOT)} ({parts} packages)")
    return f"CycloneDX: {', '.join(written)}"


def _audit() -> str:
    """Ask for known vulnerabilities; a package that nobody was asked about counts as such, not as sound."""
    said = []
    for image, lock in _LOCKS.items():
        file = _REPORTS / f"pip-audit-{image}.json"
        audited, skipped, flaws = read_audit(_ask(lock, file))
        if flaws:
            raise FailedError(f"pip-audit: {image}: {', '.join(flaws)}")
        unknown = f", {skipped} NOT AUDITED: {file.relative_to(ROOT)} says why" if skipped else ""
        said.append(f"{image}: {audited} packages audited and nothing found{unknown}")
    return f"pip-audit: {'; '.join(said)}"


def _ask(lock: str, file: Path) -> str:
    command: list[str | Path] = [
        *(_BIN / "pip-audit", "--require-hashes", "--disable-pip", "--progress-spinner=off", "--timeout=15"),
        *("--format=json", "--output", file, "--requirement", lock),
    ]
    file.unlink(missing_ok=True)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    # It also ends with 1 for a vulnerability that it found, which is then in its report.
    if not file.exists():
        reason = (done.stderr.strip().splitlines() or ["it wrote no report"])[-1]
        names = re.findall(r"^([a-z0-9._-]+)==", (ROOT / lock).read_text(), re.MULTILINE)
        file.write_text(json.dumps({"dependencies": [{"name": n, "skip_reason": reason} for n in names]}))
    return file.read_text()


def read_audit(report: str) -> tuple[int, int, list[str]]:
    """How many packages were looked up, how many were not, and the vulnerabilities."""
    packages = json.loads(report)["dependencies"]
    skipped = sum("skip_reason" in package for package in packages)
    flaws = [f"{each['name']} {flaw['id']}" for each in packages for flaw in each.get("vulns", ())]
    return len(packages) - skipped, skipped, flaws


if __name__ == "__main__":
    sys.exit(main())
