"""A scrape's answer."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder


def exposition(registry: CollectorRegistry, accept: str | None) -> tuple[bytes, str]:
    """All metrics in the format that the scraper asks for, and its content type."""
    encode, content_type = choose_encoder(accept or "")
    return encode(registry), content_type
