"""moto's server, mended where it forgets what the Terraform provider told it, or lacks what it asks for.

It runs in the environment of tests/infra/requirements.lock, and takes moto's own arguments. Each part below says
what AWS does; with a moto that does so, too, it can go.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Scaling
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ecs.responses import EC2ContainerServiceResponse as Ecs
from moto.rds import models as rds
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend
from moto.server import main
from moto.sqs.models import Queue

_SERVICE_FIELDS = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
}


def mend_queues() -> None:
    """SQS keeps a policy until it is told another, knows of RedriveAllowPolicy, and answers compact JSON."""
    Queue.redrive_allow_policy = None
    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
    set_as_moto_does, read_as_moto_does = Queue._set_attributes, Queue.attributes.fget  # noqa: SLF001

    def set_attributes(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        policy = getattr(self, "policy", None)
        set_as_moto_does(self, attributes, now)
        if attributes.get("RedriveAllowPolicy") == "":
            self.redrive_allow_policy = None
        if "Policy" not in attributes and policy:
            self.policy = policy

    def read(self: Any) -> dict[str, Any]:
        found: dict[str, Any] = read_as_moto_does(self)
        if found.get("RedrivePolicy"):
            found["RedrivePolicy"] = json.dumps(json.loads(found["RedrivePolicy"]), separators=(",", ":"))
        return found

    Queue._set_attributes = set_attributes  # noqa: SLF001
    Queue.attributes = property(read)


def mend_scaling() -> None:
    """Application Auto Scaling knows tags; the provider sets and reads them."""
    tags: dict[str, dict[str, str]] = {}
    register_as_moto_does = Scaling.register_scalable_target

    def register(self: Any) -> str:
        answer: str = register_as_moto_does(self)
        tags.setdefault(json.loads(answer)["ScalableTargetARN"], {}).update(self._get_param("Tags") or {})
        return answer

    def list_tags(self: Any) -> str:
        return json.dumps({"Tags": tags.get(self._get_param("ResourceARN"), {})})

    def tag(self: Any) -> str:
        tags.setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags") or {})
        return "{}"

    def untag(self: Any) -> str:
        for key in self._get_param("TagKeys") or []:
            tags.get(self._get_param("ResourceARN"), {}).pop(key, None)
        return "{}"

    Scaling.register_scalable_target = register
    Scaling.list_tags_for_resource, Scaling.tag_resource, Scaling.untag_resource = list_tags, tag, untag


def mend_security_groups() -> None:
    """EC2 remembers what is said of a rule, whatever the rule names."""
    make_as_moto_does = SecurityGroupRule.__init__

    def make(self: Any, *args: Any, **wanted: Any) -> None:
        make_as_moto_does(self, *args, **wanted)
        addresses_group_or_list = args[5:8]
        self.said = next(
            (one["Description"] for one in addresses_group_or_list if one and "Description" in one), None
        )

    SecurityGroupRule.__init__ = make
    SecurityGroupRule.description = property(lambda self: self.said)


def mend_database() -> None:
    """RDS says whose a parameter is, and all of Performance Insights."""
    update_as_moto_does = rds.DBParameterGroup.update_parameters
    create_as_moto_does = rds.RDSBackend.create_db_instance

    def update(self: Any, parameters: list[dict[str, Any]]) -> None:
        update_as_moto_does(self, [{**parameter, "Source": "user"} for parameter in parameters])

    def create(self: Any, wanted: dict[str, Any]) -> Any:
        instance = create_as_moto_does(self, wanted)
        instance.performance_insights_enabled = (
            str(wanted.get("enable_performance_insights")).lower() == "true"
        )
        instance.performance_insights_kms_key_id = wanted.get("performance_insights_kms_key_id")
        return instance

    rds.DBParameterGroup.update_parameters = update
    rds.RDSBackend.create_db_instance = create


def mend_services() -> None:
    """ECS remembers all of a service, has no launch type where capacity providers are named, and no empty tags."""
    create_as_moto_does = Ecs.create_service

    def create(self: Any) -> Any:
        answer = create_as_moto_does(self)
        named = [self._get_param("serviceName")]
        service = self.ecs_backend.describe_services(self._get_param("cluster", "default"), named)[0][0]
        service.availability_zone_rebalancing = "DISABLED"
        for field, attribute in _SERVICE_FIELDS.items():
            if (value := self._get_param(field)) is not None:
                setattr(service, attribute, value)
        if self._get_param("capacityProviderStrategy"):
            service.launch_type = None
            service.platform_version = self._get_param("platformVersion") or "LATEST"
        return answer

    Ecs.create_service = create


def mend_secrets() -> None:
    """Secrets Manager keeps a schedule, and lets go of one that needs no function, as those of RDS."""
    rotate_as_moto_does: Callable[..., str] = SecretsManagerBackend.rotate_secret
    describe_as_moto_does = FakeSecret.to_dict

    def rotate(self: Any, secret_id: str, **wanted: Any) -> str:
        secret = self.secrets[secret_id]
        if secret.owning_service is None:
            return rotate_as_moto_does(self, secret_id=secret_id, **wanted)
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rules = wanted["rotation_rules"]
        return str(secret.to_short_dict())

    def describe(self: Any) -> dict[str, Any]:
        described: dict[str, Any] = describe_as_moto_does(self)
        if rules := getattr(self, "rules", None):
            described["RotationRules"] = rules
        return described

    def cancel(self: Any, secret_id: str) -> str:
        self.secrets[secret_id].rotation_enabled = False
        return str(self.secrets[secret_id].to_short_dict())

    SecretsManagerBackend.rotate_secret = rotate
    SecretsManagerBackend.cancel_rotate_secret = cancel
    FakeSecret.to_dict = describe


if __name__ == "__main__":
    for mend in (mend_queues, mend_scaling, mend_security_groups, mend_database, mend_services, mend_secrets):
        mend()
    main(sys.argv[1:])
