"""What is said of metrics and alerts in three places agrees with what the processes answer."""

import re

from tests.support.monitoring import (
    OPERATIONS,
    dashboard_expressions,
    names_in,
    rules,
    scrapes,
    series_in,
    table,
)

_SHORT = re.compile(r"^\| (`[a-z_]+[`{].*?) \|", re.MULTILINE)
_TABLES = r"\| (?:gauge|counter|metric) `taskoverflow_…`[^|]*\|.*?\n\n"


def existing() -> set[str]:
    return set().union(*map(series_in, scrapes().values()))


def in_tables() -> set[str]:
    """Metrics whose names the tables give without what they all begin with."""
    rows = "".join(re.findall(_TABLES, OPERATIONS, re.DOTALL))
    return {f"taskoverflow_{name}" for row in _SHORT.findall(rows) for name in re.findall(r"`([a-z_]+)", row)}


def test_every_metric_that_an_alert_names_is_there() -> None:
    named = set().union(*(names_in(rule.expression) for rule in rules()))
    assert len(named) > 10
    assert named <= existing()


def test_every_metric_on_the_dashboard_is_there() -> None:
    named = set().union(*map(names_in, dashboard_expressions()))
    assert len(named) > 20
    assert named <= existing()


def test_every_metric_that_the_documentation_names_is_there() -> None:
    # Of histograms it gives the name that its series begin with.
    known = existing() | {name.removesuffix("_bucket") for name in existing()}
    assert len(in_tables()) >= 20
    assert names_in(OPERATIONS) | in_tables() <= known


def test_every_metric_of_ours_is_documented() -> None:
    documented = names_in(OPERATIONS) | in_tables()
    parts = re.compile("_(bucket|sum|count)$")
    ours = {parts.sub("", name) for name in existing() if name.startswith(("taskoverflow_", "http_"))}
    assert ours <= documented


def test_the_documentation_has_the_alerts_that_prometheus_is_given() -> None:
    assert table() == rules()


def test_every_alert_has_a_section_that_says_what_to_do() -> None:
    headings = {
        line[3:].lower().replace(" ", "-") for line in OPERATIONS.splitlines() if line.startswith("## ")
    }
    assert {rule.runbook for rule in rules()} <= headings
