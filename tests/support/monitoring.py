"""What operators watch the service with: the alerts, the dashboard, and what is written about them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from app.domain.backlog import NOTHING
from app.metrics.api import ApiMetrics
from app.metrics.backlog import BacklogGauges
from app.metrics.exposition import exposition
from app.metrics.worker import WorkerMetrics

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "infra/monitoring/prometheus"
GRAFANA = ROOT / "infra/monitoring/grafana"
DASHBOARD = GRAFANA / "dashboards/taskoverflow.json"
OPERATIONS = (ROOT / "docs/operations.md").read_text()

_NAME = re.compile(r"(?<![\w.])(?:taskoverflow|http|process|python)_[a-z_]+(?![\w.])")
_SERIES = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)
_ROW = re.compile(r"^\| \[(.+?)\]\(#(.+?)\) \| `(.+?)` \| (.*?) \| (\w+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Alert:
    """One alert, as the rules have it or as the table in docs/operations.md has."""

    name: str
    runbook: str
    expression: str
    patience: str
    severity: str


def rules() -> list[Alert]:
    """Those that Prometheus is given."""
    (group,) = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return [
        Alert(
            rule["alert"],
            rule["annotations"]["runbook_url"].removeprefix("docs/operations.md#"),
            rule["expr"],
            rule.get("for", ""),
            rule["labels"]["severity"],
        )
        for rule in group["rules"]
    ]


def table() -> list[Alert]:
    """Those that people read of; their names there are words."""
    return [
        Alert(_joined(words), anchor, expression, patience.replace(" min", "m").replace(" h", "h"), severity)
        for words, anchor, expression, patience, severity in _ROW.findall(OPERATIONS)
    ]


def _joined(words: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in words.split())


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return found


def dashboard_expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def names_in(text: str) -> set[str]:
    """The metrics that a text or an expression names."""
    return set(_NAME.findall(text))


def scrapes() -> dict[str, str]:
    """What the API and a worker answer Prometheus, with one request counted."""
    api, worker = ApiMetrics.new(), WorkerMetrics.new()
    api.requests.ended("GET", "/api/v1/todos", 200, 0.1)
    return {"api": _scrape(api.registry), "worker": _scrape(worker.registry)}


def _scrape(registry: CollectorRegistry) -> str:
    registry.register(BacklogGauges(lambda: NOTHING))
    return exposition(registry, None)[0].decode()


def series_in(scrape: str) -> set[str]:
    """The names under which a scrape's samples can be asked for."""
    found = set()
    for name, kind in _SERIES.findall(scrape):
        found |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return found
