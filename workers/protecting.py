"""Protection in a worker's event loop, where ECS runs it."""

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from app.metrics.protection import ProtectionMetrics
from app.settings import Settings
from workers.protection import Protection
from workers.running import RunningAttempts

if TYPE_CHECKING:
    from workers.ecs_agent import EcsAgent

_AGENT = "ECS_AGENT_URI"
"""Set by ECS in each container."""


@dataclass(frozen=True, slots=True)
class Protecting:
    """A protection that runs beside the jobs, and never in their way."""

    protection: Protection
    agent: "EcsAgent"
    task: asyncio.Task[None]

    @classmethod
    def start(cls, settings: Settings, attempts: RunningAttempts, metrics: ProtectionMetrics) -> Self | None:
        """Begin; None where there is no agent to ask, or it is not wanted."""
        uri = os.environ.get(_AGENT)
        if not uri or not settings.task_protection:
            return None
        from workers.ecs_agent import EcsAgent  # noqa: PLC0415 - elsewhere no worker waits for its library

        agent = EcsAgent(uri)
        protection = Protection(agent, attempts, metrics, settings.drain_seconds)
        return cls(protection, agent, asyncio.create_task(protection.run()))

    def let_go(self) -> None:
        """Let ECS stop the task: it drains."""
        self.protection.let_go()

    async def stop(self) -> None:
        """Ask for nothing more."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.agent.close()
