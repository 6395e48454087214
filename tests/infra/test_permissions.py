"""What each role may do, as it was made: what the code calls, on the queues' own ARNs, and no more."""

import ast
import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest

from tests.infra.aws import REGION, client
from tests.infra.environment import ROOT
from tests.infra.stack import Stack

_QUEUE = f"arn:aws:sqs:{REGION}:123456789012:ical"
_DEAD = f"{_QUEUE}_dlq"
_RINGS = {"sqs:GetQueueUrl", "sqs:SendMessage"}
_WORKS = _RINGS | {
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
}


@pytest.fixture(scope="module")
def roles(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """The statements of all policies of each role."""
    iam = client("iam", stack.url)
    found = {}
    for purpose, arn in stack.outputs()["role_arns"].items():
        name = arn.rpartition("/")[2]
        assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
        policies = [iam.get_role_policy(RoleName=name, PolicyName=one) for one in _inline(iam, name)]
        found[purpose] = [
            statement for policy in policies for statement in _statements(policy["PolicyDocument"])
        ]
    return found


def _inline(iam: Any, role: str) -> Iterable[str]:
    names: list[str] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return names


def _statements(document: Any) -> list[dict[str, Any]]:
    parsed = json.loads(document) if isinstance(document, str) else document
    statements: list[dict[str, Any]] = parsed["Statement"]
    return statements


def _all(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _allowed(statements: list[dict[str, Any]]) -> dict[str, set[str]]:
    allowed: dict[str, set[str]] = {}
    for statement in statements:
        assert statement["Effect"] == "Allow"
        for resource in _all(statement["Resource"]):
            allowed.setdefault(resource, set()).update(_all(statement["Action"]))
    return allowed


def _called() -> set[str]:
    """The actions of SQS that app/queue/sqs calls; a batch asks for the permission of one."""
    names = set(boto3.client("sqs", region_name=REGION).meta.method_to_api_mapping)
    trees = [ast.parse(file.read_text()) for file in (ROOT / "app" / "queue" / "sqs").glob("*.py")]
    methods = {
        node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    } & names
    return {
        "sqs:" + method.removesuffix("_batch").title().replace("_", "")
        for method in methods - {"create_queue"}
    }


def test_the_api_may_ring_and_nothing_else(roles: dict[str, list[dict[str, Any]]]) -> None:
    assert _allowed(roles["api"]) == {_QUEUE: _RINGS}


def test_a_worker_may_do_what_the_code_calls_and_keep_its_own_task(
    roles: dict[str, list[dict[str, Any]]],
) -> None:
    assert _allowed(roles["worker"]) == {
        _QUEUE: _WORKS,
        _DEAD: {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
        f"arn:aws:ecs:{REGION}:123456789012:task/taskoverflow/*": {"ecs:UpdateTaskProtection"},
    }
    assert _called() == _WORKS


def test_an_operator_may_move_dead_letters_back(roles: dict[str, list[dict[str, Any]]]) -> None:
    assert _allowed(roles["operator"]) == {_QUEUE: _WORKS, _DEAD: _WORKS}


def test_starting_tasks_takes_their_images_logs_and_secrets(
    roles: dict[str, list[dict[str, Any]]], stack: Stack
) -> None:
    allowed = _allowed(roles["execution"])
    secret = stack.outputs()["database_password_secret_arn"]

    assert allowed.pop("*") == {"ecr:GetAuthorizationToken"}  # AWS knows no narrower one
    assert allowed.pop(secret) == {"secretsmanager:GetSecretValue"}
    assert sorted(resource.split(":")[2] for resource in allowed) == [
        "ecr",
        "ecr",
        "kms",
        "logs",
        "logs",
        "logs",
    ]


def test_no_role_is_given_a_wildcard(roles: dict[str, list[dict[str, Any]]]) -> None:
    actions = {
        action for statements in roles.values() for one in statements for action in _all(one["Action"])
    }

    assert actions
    assert not [action for action in actions if "*" in action]
    assert "sqs:CreateQueue" not in actions


def test_the_key_may_be_used_for_every_group_of_logs(stack: Stack) -> None:
    groups = client("logs", stack.url).describe_log_groups()["logGroups"]
    (key,) = {group["kmsKeyId"] for group in groups}
    policy = client("kms", stack.url).get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    (patterns,) = [
        _all(one["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"])
        for one in _statements(policy)
        if one.get("Sid") == "LogsOfThisStack"
    ]

    names = {group["logGroupName"] for group in groups}
    arns = {f"arn:aws:logs:{REGION}:123456789012:log-group:{name}" for name in names}
    assert len(arns) == 6
    assert all(any(fnmatchcase(arn, pattern) for pattern in patterns) for arn in arns), arns


def test_only_tasks_of_this_account_take_the_roles(stack: Stack) -> None:
    iam = client("iam", stack.url)
    trusts = [
        iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
        for arn in stack.outputs()["role_arns"].values()
    ]

    for trust in trusts:
        (statement,) = _statements(trust)
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
