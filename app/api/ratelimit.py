"""Telling clients how far they are from a limit (draft-ietf-httpapi-ratelimit-headers-08)."""

from app.domain.quotas import Quota

_POLICY = '"open-tasks"'


def ratelimit_headers(quota: Quota) -> dict[str, str]:
    """The limit of open tasks and what remains of it, as structured fields (RFC 9651)."""
    return {
        "ratelimit-policy": f"{_POLICY};q={quota.limit}",
        "ratelimit": f"{_POLICY};r={quota.remaining}",
    }
