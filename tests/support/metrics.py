"""Metrics as a scraper reads them."""

import httpx
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families


def samples(text: str) -> dict[str, float]:
    """Every sample of ours, by its name and labels as Prometheus writes them."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            if sample.name.startswith("taskoverflow_"):
                found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def counted(registry: CollectorRegistry) -> dict[str, float]:
    """What has been counted so far; how long it took is nobody's to foresee."""
    return {
        name.removeprefix("taskoverflow_"): value
        for name, value in samples(generate_latest(registry).decode()).items()
        if value
        and not name.startswith("taskoverflow_build")
        and "_bucket" not in name
        and "_sum" not in name
    }


def scrape(port: int) -> dict[str, float]:
    """What a process answers; empty where nobody does."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False)
    except httpx.TransportError:
        return {}
    return samples(answer.raise_for_status().text)
