"""What an operator should know of a Redis server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from app.domain.findings import Finding, Level, clock

_CROWDED = 100_000
"""Keys in the database from which on Dramatiq's maintenance, which lists them all, is felt."""


def examine(client: Redis, namespace: str, queue_name: str) -> Iterator[Finding]:
    """Look at the server and at the queue's keys; raises what redis-py raises."""
    info: dict[str, Any] = client.info()
    yield Finding("broker", Level.OK, f"{_product(info)} answers; {_counts(client, namespace, queue_name)}")
    if info.get("role") != "master":
        yield Finding(
            "broker role",
            Level.FAILED,
            "this is a replica, which takes no messages",
            "name the primary in TASKOVERFLOW_BROKER_URL",
        )
    if info.get("cluster_enabled"):
        yield Finding(
            "broker cluster",
            Level.WARNING,
            "cluster mode is on: with more than one shard Dramatiq's scripts fail, which touch several slots",
            "use a server without cluster mode, or one shard",
        )
    policy = info.get("maxmemory_policy", "unknown")
    if policy != "noeviction":
        yield Finding(
            "broker memory",
            Level.WARNING,
            f"maxmemory-policy is {policy}: messages are dropped when memory runs out",
            "set maxmemory-policy to noeviction; jobs would only be late, since their rows are in Postgres",
        )
    seconds, microseconds = client.time()
    theirs = datetime.fromtimestamp(seconds + microseconds / 1e6, UTC)
    yield clock("broker clock", theirs, datetime.now(UTC))
    keys = client.dbsize()
    if keys > _CROWDED:
        yield Finding(
            "broker database",
            Level.WARNING,
            f"the database has {keys} keys, and maintenance lists them all",
            "give TaskOverflow a database of its own: redis://host/1",
        )


def _product(info: dict[str, Any]) -> str:
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info.get('redis_version', 'of an unknown version')}"


def _counts(client: Redis, namespace: str, queue_name: str) -> str:
    waiting = client.llen(f"{namespace}:{queue_name}")
    dead = client.zcard(f"{namespace}:{queue_name}.XQ")
    return f"{waiting} messages wait, {dead} are dead letters"
