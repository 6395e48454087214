"""The whole stack on moto, in the order in which these stand: made, looked at, changed, destroyed.

That checks how its parts are joined, not AWS: infra/README.md lists what only AWS can show.
"""

from fnmatch import fnmatchcase

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from tests.infra.aws import client
from tests.infra.stack import Stack


def _paths(application: FastAPI) -> set[str]:
    def path(route: BaseRoute) -> str:
        assert isinstance(route, APIRoute | Mount | Route)
        return f"{route.path}/some.css" if isinstance(route, Mount) else route.path

    return {path(route) for route in application.routes}


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

    paths = _paths(application)
    refused = {path for path in paths if not any(fnmatchcase(path, pattern) for pattern in patterns)}

    assert "/api/v1/todos" in paths
    assert refused == {"/metrics"}


def test_the_queue_has_what_doctor_asks_for(stack: Stack) -> None:
    queues = client("sqs", stack.url)
    url = queues.get_queue_url(QueueName=stack.outputs()["queue"])["QueueUrl"]

    found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert '"maxReceiveCount":5' in found["RedrivePolicy"]
    assert '"aws:SecureTransport":"false"' in found["Policy"].replace(" ", "")
    assert found["VisibilityTimeout"] == "60"


def test_another_tag_changes_tasks_and_services_alone(stack: Stack) -> None:
    changes = stack.plan(image_tag="1.0.1")

    kinds = {address.split(".")[2] for address in changes}
    assert kinds == {"aws_ecs_task_definition", "aws_ecs_service"}
    assert {address for address in changes if ".aws_ecs_service." in address} == {
        "module.service.aws_ecs_service.api",
        "module.service.aws_ecs_service.worker",
    }


@pytest.fixture
def rolled_out(stack: Stack) -> Stack:
    stack.plan(image_tag="1.0.1")
    stack.apply_plan()
    return stack


def test_a_rollout_ends_with_the_services_on_the_new_images(rolled_out: Stack) -> None:
    services = client("ecs", rolled_out.url)
    described = services.describe_services(cluster="taskoverflow", services=["api", "worker"])["services"]
    definitions = [
        services.describe_task_definition(taskDefinition=one["taskDefinition"]) for one in described
    ]
    images = [one["taskDefinition"]["containerDefinitions"][0]["image"] for one in definitions]

    assert len(images) == 2
    assert all(image.endswith(":1.0.1") for image in images)
    assert rolled_out.plan(image_tag="1.0.1") == {}


def test_destroying_it_leaves_nothing(stack: Stack) -> None:
    stack.destroy()

    assert stack.terraform.run("state", "list") == ""
    assert client("sqs", stack.url).list_queues().get("QueueUrls", []) == []
    assert (
        client("ec2", stack.url).describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
        == []
    )
