"""What can be said of infra/ without making anything of it."""

import json
import re
import subprocess
from typing import Any

import pytest

from tests.infra.environment import ROOT, installed
from tests.infra.terraform import Terraform

_INFRA = ROOT / "infra"
_EXPLAINED = re.compile(r".{20}")


@pytest.fixture(scope="module")
def found_by_checkov() -> dict[str, Any]:
    # As a module, since its script would be found by PATH alone.
    command = [str(installed("python")), "-m", "checkov.main", "-d", str(_INFRA), "--framework", "terraform"]
    offline = ["--skip-download", "--skip-results-upload", "--output", "json", "--soft-fail"]
    done = subprocess.run([*command, *offline], capture_output=True, text=True, check=True)
    results: dict[str, Any] = json.loads(done.stdout)["results"]
    return results


def test_every_file_is_formatted_as_terraform_does(terraform: Terraform) -> None:
    terraform.run("fmt", "-check", "-diff", "-recursive")


def test_the_configuration_is_valid(terraform: Terraform) -> None:
    terraform.run("validate")


def test_the_tests_that_are_written_in_terraform_pass(terraform: Terraform) -> None:
    printed = terraform.run("test")

    assert re.search(r"Success! [1-9][0-9]* passed, 0 failed", printed), printed


def test_checkov_finds_nothing(found_by_checkov: dict[str, Any]) -> None:
    flaws = [
        f"{one['check_id']} {one['resource']}: {one['check_name']}"
        for one in found_by_checkov["failed_checks"]
    ]

    assert not flaws
    assert len(found_by_checkov["passed_checks"]) > 200


def test_what_checkov_is_to_overlook_is_explained(found_by_checkov: dict[str, Any]) -> None:
    skipped = [
        (one["resource"], one["check_result"]["suppress_comment"])
        for one in found_by_checkov["skipped_checks"]
    ]
    unexplained = [(resource, reason) for resource, reason in skipped if not _EXPLAINED.match(reason or "")]

    assert skipped
    assert not unexplained


def test_the_lock_has_hashes_for_every_platform_and_no_addresses() -> None:
    lock = (_INFRA / ".terraform.lock.hcl").read_text()

    assert "://" not in lock
    assert lock.count('"zh:') > 10
    assert lock.count('"h1:') >= 1


def test_every_alarm_leads_to_a_section_of_the_runbook() -> None:
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    sections = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    alarms = "".join(file.read_text() for file in (_INFRA / "modules" / "observability").glob("*.tf"))
    named = re.findall(r'runbook\s*= "([^"]+)"', alarms)

    assert len(named) >= 11
    assert set(named) <= sections
