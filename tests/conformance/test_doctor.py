"""What ``taskoverflow doctor`` sees of a good set-up, and of those that are not."""

import json
import subprocess
from typing import Any

import pytest
from redis import Redis

from app.cli.local.servers import Servers
from tests.support import databases
from tests.support.aws_rules import Refusal
from tests.support.brokers import BrokerUnderTest, RabbitmqUnderTest, RedisUnderTest, SqsUnderTest
from tests.support.processes import run_command

Findings = dict[str, list[dict[str, Any]]]


def doctor(broker: BrokerUnderTest, database_url: str, *options: str) -> subprocess.CompletedProcess[str]:
    urls = {"TASKOVERFLOW_DATABASE_URL": database_url, "TASKOVERFLOW_BROKER_URL": broker.url}
    return run_command("doctor", *options, **broker.environment, **urls)


def examined(broker: BrokerUnderTest, database_url: str, *, fails: bool = False) -> Findings:
    done = doctor(broker, database_url, "--json")
    assert (done.returncode, done.stderr) == (1 if fails else 0, "")
    found: Findings = {}
    for line in done.stdout.splitlines():
        finding = json.loads(line)
        found.setdefault(finding["subject"], []).append(finding)
    return found


def levels(found: Findings) -> set[str]:
    return {finding["level"] for findings in found.values() for finding in findings}


async def test_a_good_set_up_is_all_well(broker: BrokerUnderTest, database_url: str) -> None:
    found = examined(broker, database_url)
    assert levels(found) == {"ok"}, found
    assert {"postgres", "migrations", "postgres clock", "broker"} <= found.keys()
    said = doctor(broker, database_url)
    assert said.stdout.splitlines()[-1] == "All is well"
    assert said.stdout.startswith("ok       postgres: PostgreSQL")


async def test_a_broker_that_is_down_is_told_with_what_to_look_at(
    broker: BrokerUnderTest, database_url: str
) -> None:
    broker.go_away()
    done = doctor(broker, database_url)
    broker.come_back()
    assert done.returncode == 1
    assert "FAILED   broker: " in done.stdout
    assert "mend: see to TASKOVERFLOW_BROKER_URL, or start the server" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 failed, 0 to look at"
    assert done.stderr == ""


async def test_a_database_that_was_not_migrated(redis: RedisUnderTest, servers: Servers) -> None:
    async with databases.database(servers.database_url, "template1") as url:
        (found,) = examined(redis, url, fails=True)["migrations"]
    assert found["detail"].startswith("the database is at none, this release needs ")
    assert found["mend"] == "taskoverflow migrate upgrade"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda url: url.replace("//taskoverflow:", "//taskoverflow:wrong"),
            "password authentication failed",
        ),
        (lambda url: f"{url}_elsewhere", "does not exist"),
    ],
)
async def test_a_postgres_that_refuses(
    redis: RedisUnderTest, database_url: str, change: Any, words: str
) -> None:
    (found,) = examined(redis, change(database_url), fails=True)["postgres"]
    assert words in found["detail"]
    assert "TASKOVERFLOW_DATABASE_URL" in found["mend"]


async def test_jobs_that_nobody_takes(redis: RedisUnderTest, database_url: str) -> None:
    await databases.execute(
        database_url,
        "INSERT INTO jobs (id, owner_id, options, run_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), '{}', now() - interval '2 minutes')",
    )
    (found,) = examined(redis, database_url)["waiting jobs"]
    assert (found["level"], "whether workers run" in found["mend"]) == ("warning", True)


async def test_a_redis_that_may_drop_messages(redis: RedisUnderTest, database_url: str) -> None:
    with Redis.from_url(redis.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        found = examined(redis, database_url)
        client.config_set("maxmemory-policy", "noeviction")
    (finding,) = found["broker memory"]
    assert (finding["level"], "allkeys-lru" in finding["detail"]) == ("warning", True)


async def test_a_rabbitmq_queue_that_somebody_made_otherwise(
    rabbitmq: RabbitmqUnderTest, database_url: str
) -> None:
    rabbitmq.declare_plainly()
    (found,) = examined(rabbitmq, database_url, fails=True)["broker"]
    assert "PRECONDITION_FAILED" in found["detail"]


@pytest.fixture(params=["sqs", "sqs-fifo"])
def queue(request: pytest.FixtureRequest) -> SqsUnderTest:
    chosen: SqsUnderTest = request.getfixturevalue(request.param.replace("-", "_"))
    return chosen


async def test_an_sqs_queue_that_is_missing(queue: SqsUnderTest, database_url: str) -> None:
    queue.queue = f"no-{queue.queue}"
    (found,) = examined(queue, database_url, fails=True)["broker"]
    assert found["detail"].startswith(f"there is no SQS queue '{queue.queue}'")
    assert not queue.gate.calls["CreateQueue"]


async def test_an_sqs_queue_without_dead_letters(queue: SqsUnderTest, database_url: str) -> None:
    queue.set_attributes(RedrivePolicy="")
    (found,) = examined(queue, database_url)["redrive policy"]
    assert (found["level"], "maxReceiveCount" in found["mend"]) == ("warning", True)


async def test_an_sqs_queue_that_gives_up_too_soon(queue: SqsUnderTest, database_url: str) -> None:
    policy = json.loads(queue.attributes(queue.queue_url)["RedrivePolicy"])
    queue.set_attributes(RedrivePolicy=json.dumps({**policy, "maxReceiveCount": 1}))
    (found,) = examined(queue, database_url)["redrive policy"]
    assert (found["level"], found["detail"]) == ("warning", "a message is a dead letter after 1 receives")


async def test_an_sqs_queue_that_hides_messages_for_hours(queue: SqsUnderTest, database_url: str) -> None:
    queue.set_attributes(VisibilityTimeout="43200")
    (found,) = examined(queue, database_url)["queue visibility"]
    assert (found["level"], "43200 s" in found["detail"]) == ("warning", True)


async def test_an_sqs_queue_that_is_late(queue: SqsUnderTest, database_url: str) -> None:
    queue.set_attributes(DelaySeconds="5")
    (found,) = examined(queue, database_url)["queue delay"]
    assert (found["level"], found["detail"]) == ("warning", "every message is 5 s late")


async def test_dead_letters_that_are_not_kept_as_long(queue: SqsUnderTest, database_url: str) -> None:
    queue.set_attributes(MessageRetentionPeriod="1209600")
    found = examined(queue, database_url)["dead letters"][0]
    assert (found["level"], "for 1209600 s" in found["detail"]) == ("warning", True)


async def test_dead_letters_are_counted(queue: SqsUnderTest, database_url: str) -> None:
    queue.bury("x")
    (found,) = examined(queue, database_url)["dead letters"]
    assert (found["level"], found["detail"]) == ("warning", f"1 in {queue.dead_name}")


@pytest.mark.parametrize("action", ["DeleteMessage", "ChangeMessageVisibility"])
async def test_a_permission_that_is_missing_is_named(
    queue: SqsUnderTest, database_url: str, action: str
) -> None:
    queue.gate.refuse(action, Refusal("AccessDenied", "not you", 403))
    (found,) = examined(queue, database_url, fails=True)["permissions"]
    assert f"sqs:{action} " in found["detail"]
    assert (found["level"], found["mend"]) == ("failed", "allow it to the worker's role")


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("RequestThrottled", "slow down", 403),
        Refusal("InvalidParameterValue", "Message does not exist or is not available"),
    ],
)
async def test_what_is_no_denial_is_not_taken_for_one(
    queue: SqsUnderTest, database_url: str, refusal: Refusal
) -> None:
    for action in ("DeleteMessage", "ChangeMessageVisibility"):
        queue.gate.refuse(action, refusal, times=3)
    (found,) = examined(queue, database_url)["permissions"]
    assert found["level"] == "ok"
