"""The whole stack on moto, in the order in which these stand: made, looked at, changed, destroyed.

That checks how its parts are joined, not AWS: infra/README.md lists what only AWS can show.
"""

from fnmatch import fnmatchcase

import pytest
from fastapi import FastAPI
from starlette.routing import Mount, Route

from tests.infra.aws import client
from tests.infra.stack import Stack


def _paths(application: FastAPI) -> set[str]:
    """What there is for clients: what the schema names, the pages, and the files of these; no metrics."""
    pages = {route.path for route in application.routes if isinstance(route, Route)} - {"/metrics"}
    files = {f"{route.path}/page/main.js" for route in application.routes if isinstance(route, Mount)}
    return set(application.openapi()["paths"]) | pages | files


def test_a_second_plan_changes_nothing(stack: Stack) -> None:
    assert stack.plan() == {}


def test_the_load_balancer_passes_on_all_that_the_api_has_but_metrics(
    stack: Stack, application: FastAPI
) -> None:
    balancers = client("elbv2", stack.url)
    (balancer,) = balancers.describe_load_balancers()["LoadBalancers"]
    listeners = balancers.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (https,) = [one["ListenerArn"] for one in listeners if one["Protocol"] == "HTTPS"]
    rules = balancers.describe_rules(ListenerArn=https)["Rules"]
    patterns = [
        pattern
        for rule in rules
        for condition in rule["Conditions"]
        for pattern in condition["PathPatternConfig"]["Values"]
    ]

    def passes(path: str) -> bool:
        return any(fnmatchcase(path, pattern) for pattern in patterns)

    paths = _paths(application)
    assert {"/", "/docs", "/api/v1/todos", "/static/page/main.js"} <= paths
    assert not {path for path in paths if not passes(path)}
    assert not passes("/metrics")


def test_the_queue_has_what_doctor_asks_for(stack: Stack) -> None:
    queues = client("sqs", stack.url)
    url = queues.get_queue_url(QueueName=stack.outputs()["queue"])["QueueUrl"]

    found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert '"maxReceiveCount":5' in found["RedrivePolicy"]
    assert '"aws:SecureTransport":"false"' in found["Policy"].replace(" ", "")
    assert found["VisibilityTimeout"] == "60"


@pytest.fixture(scope="module")
def rollout(stack: Stack) -> dict[str, tuple[str, ...]]:
    """What another tag changed; it is done."""
    changes = stack.plan(image_tag="1.0.1")
    stack.apply_plan()
    return changes


def test_another_tag_changes_tasks_and_services_alone(rollout: dict[str, tuple[str, ...]]) -> None:
    kinds = {address.split(".")[2] for address in rollout}

    assert kinds == {"aws_ecs_task_definition", "aws_ecs_service"}
    assert {address: done for address, done in rollout.items() if ".aws_ecs_service." in address} == {
        "module.service.aws_ecs_service.api": ("update",),
        "module.service.aws_ecs_service.worker": ("update",),
    }


@pytest.mark.usefixtures("rollout")
def test_a_rollout_ends_with_the_services_on_the_new_images(stack: Stack) -> None:
    services = client("ecs", stack.url)
    described = services.describe_services(cluster="taskoverflow", services=["api", "worker"])["services"]
    definitions = [
        services.describe_task_definition(taskDefinition=one["taskDefinition"]) for one in described
    ]
    images = [one["taskDefinition"]["containerDefinitions"][0]["image"] for one in definitions]

    assert len(images) == 2
    assert all(image.endswith(":1.0.1") for image in images)


def test_destroying_it_leaves_nothing(stack: Stack) -> None:
    stack.destroy()

    assert stack.terraform.run("state", "list") == ""
    assert client("sqs", stack.url).list_queues().get("QueueUrls", []) == []
    assert (
        client("ec2", stack.url).describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
        == []
    )
