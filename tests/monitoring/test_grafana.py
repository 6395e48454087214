"""The dashboard, and how Grafana is told of it."""

import json
from itertools import combinations
from typing import Any

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.support.monitoring import GRAFANA, dashboard

PANELS = dashboard()["panels"]


def lost(given: Any, read: Any, path: str = "") -> list[str]:
    """What Grafana's schema does not know, or understands in another way."""
    if isinstance(given, dict):
        known = read if isinstance(read, dict) else {}
        return [
            flaw
            for key, value in given.items()
            for flaw in (lost(value, known[key], f"{path}/{key}") if key in known else [f"{path}/{key}"])
        ]
    if isinstance(given, list) and isinstance(read, list) and len(given) == len(read):
        return [
            flaw
            for i, pair in enumerate(zip(given, read, strict=True))
            for flaw in lost(*pair, f"{path}/{i}")
        ]
    return [] if given == read else [path]


def read_back(given: dict[str, Any]) -> Any:
    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(given)))


def test_grafanas_schema_knows_all_of_the_dashboard() -> None:
    assert lost(dashboard(), read_back(dashboard())) == []


def test_what_it_does_not_know_would_be_found() -> None:
    wrong = dashboard()
    wrong["panels"][0]["tragets"] = []
    wrong["panels"][0]["targets"][0]["exrp"] = "up"
    assert lost(wrong, read_back(wrong)) == ["/panels/0/targets/0/exrp", "/panels/0/tragets"]


def test_all_is_asked_of_the_data_source_that_is_chosen() -> None:
    (variable,) = dashboard()["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == (
        "datasource",
        "datasource",
        "prometheus",
    )
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    asked = [target["datasource"] for panel in PANELS for target in panel.get("targets", [])]
    assert asked.count(chosen) == len(asked) > 20
    assert all(panel["datasource"] == chosen for panel in PANELS if panel["type"] != "row")


def test_no_panel_covers_another() -> None:
    for one, other in combinations([panel["gridPos"] for panel in PANELS], 2):
        apart = [
            one[a] + one[size] <= other[a] or other[a] + other[size] <= one[a] for a, size in ("xw", "yh")
        ]
        assert any(apart), (one, other)
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_grafana_is_told_where_prometheus_and_the_dashboard_are() -> None:
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/taskoverflow.yaml").read_text())[
        "providers"
    ]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
    assert (provider["type"], provider["options"]["path"]) == ("file", "/var/lib/grafana/dashboards")
