"""Whether the service is there, for people and for orchestrators."""

from http import HTTPStatus

from fastapi import APIRouter, Response

from app.api.dependencies import Health
from app.api.models import HealthModel, ReadinessModel
from app.api.urls import PREFIX

router = APIRouter(prefix=PREFIX, tags=["health"])
probes = APIRouter(tags=["health"])


@router.get("/health", operation_id="getHealth", summary="Is it there?", response_description="It is.")
@probes.get(
    "/healthz",
    operation_id="getLiveness",
    summary="Is it there? For orchestrators",
    response_description="It is.",
)
async def get_health() -> HealthModel:
    """Answers while the process runs, and touches nothing else."""
    return HealthModel(status="ok")


@probes.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Can it work?",
    response_description="It can, though perhaps without a broker.",
    responses={503: {"model": ReadinessModel, "description": "It can't: Postgres is down or not migrated."}},
)
async def get_readiness(health: Health, response: Response) -> ReadinessModel:
    """Asks Postgres, its migration and the broker; without a broker jobs are still accepted."""
    found = await health.readiness()
    if found.status == "unavailable":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return ReadinessModel(
        status=found.status, postgres=found.postgres, migrations=found.migrations, broker=found.broker
    )
