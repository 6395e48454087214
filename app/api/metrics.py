"""What a scraper reads of this process and of the jobs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from app.metrics.api import ApiMetrics
from app.metrics.backlog import BacklogWatch
from app.metrics.exposition import exposition

router = APIRouter(include_in_schema=False)


async def _metrics(request: Request) -> ApiMetrics:
    metrics: ApiMetrics = request.app.state.metrics
    return metrics


async def _backlog(request: Request) -> BacklogWatch:
    backlog: BacklogWatch = request.app.state.backlog
    return backlog


@router.get("/metrics")
async def get_metrics(
    metrics: Annotated[ApiMetrics, Depends(_metrics)],
    backlog: Annotated[BacklogWatch, Depends(_backlog)],
    accept: Annotated[str | None, Header()] = None,
) -> Response:
    """All metrics in the format that is asked for, Postgres up or down."""
    await backlog.look()
    content, content_type = exposition(metrics.registry, accept)
    return Response(content, headers={"content-type": content_type})
