"""Prometheus' own judgement of our metrics, rules and configuration."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.support.monitoring import PROMETHEUS, rules, scrapes
from tests.support.parts import lacking


def promtool(*arguments: str, text: str = "") -> str:
    """What it says; the test fails where it finds fault."""
    command = shutil.which("promtool")
    if command is None:
        lacking("promtool is missing: on Debian, apt-get install prometheus")
    done = subprocess.run(
        [command, *arguments], check=False, input=text, cwd=PROMETHEUS, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_prometheus_takes_the_configuration_and_its_rules() -> None:
    assert "1 rule files found" in promtool("check", "config", "prometheus.yml")
    assert f"SUCCESS: {len(rules())} rules found" in promtool("check", "rules", "alerts.yml")


def test_each_alert_fires_when_it_should_and_not_before() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")


@pytest.mark.parametrize("fires", [True, False])
def test_no_alert_is_without_such_a_test(fires: bool) -> None:  # noqa: FBT001
    tests = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    asked = {
        match[1]
        for test in tests
        for question in test["promql_expr_test"]
        if bool(question["exp_samples"]) is fires
        and (match := re.search('alertname="([A-Za-z]+)"', question["expr"]))
    }
    assert asked == {rule.name for rule in rules()}


@pytest.mark.parametrize("process", ["api", "worker"])
def test_metrics_are_named_as_is_customary(process: str) -> None:
    assert promtool("check", "metrics", text=scrapes()[process]) == ""


def test_promtool_would_find_fault() -> None:
    with pytest.raises(AssertionError, match="_total"):
        promtool(
            "check", "metrics", text="# HELP a_b_seconds Some\n# TYPE a_b_seconds counter\na_b_seconds 1\n"
        )
