"""What is made of pip-audit's report."""

import json
from typing import Any

from tests.containers.scan import read_audit


def report(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages})


def test_packages_that_were_looked_up_are_audited() -> None:
    assert read_audit(report({"name": "a", "vulns": []}, {"name": "b", "vulns": []})) == (2, 0, [])


def test_packages_that_were_not_looked_up_are_not_taken_for_sound() -> None:
    skipped = {"name": "b", "skip_reason": "not found"}
    assert read_audit(report({"name": "a", "vulns": []}, skipped)) == (1, 1, [])


def test_a_vulnerability_is_told_with_its_package() -> None:
    flawed = {"name": "a", "vulns": [{"id": "CVE-2099-1"}]}
    assert read_audit(report(flawed)) == (1, 0, ["a CVE-2099-1"])
