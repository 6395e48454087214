"""The agent that ECS puts beside each task, as far as it lets a task protect itself.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

from datetime import timedelta
from typing import Any

import httpx

from workers.protection import AgentError

_PATIENCE_SECONDS = 5


class EcsAgent:
    """Asks the agent at ``ECS_AGENT_URI``."""

    def __init__(self, uri: str) -> None:
        # It is on the task's own network interface: a proxy of the environment could not reach it.
        self._client = httpx.AsyncClient(timeout=_PATIENCE_SECONDS, trust_env=False)
        self._state_url = f"{uri.rstrip('/')}/task-protection/v1/state"

    async def close(self) -> None:
        """Let its connection go."""
        await self._client.aclose()

    async def protect(self, *, expires: timedelta) -> None:
        """Have ECS leave the task alone for so long, in whole minutes; each call begins anew."""
        await self._put({"ProtectionEnabled": True, "ExpiresInMinutes": round(expires.total_seconds() / 60)})

    async def release(self) -> None:
        """Let ECS stop the task again."""
        await self._put({"ProtectionEnabled": False})

    async def _put(self, wanted: dict[str, Any]) -> None:
        try:
            response = await self._client.put(self._state_url, json=wanted)
            answer = response.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AgentError(str(error) or type(error).__name__) from error
        except ValueError:
            raise AgentError(f"status {response.status_code}, and no JSON") from None
        # ECS's own refusals come as answers, too: TASK_NOT_VALID of a task that belongs to no service.
        protection = answer.get("protection") if isinstance(answer, dict) else None
        if (
            not isinstance(protection, dict)
            or protection.get("ProtectionEnabled") is not wanted["ProtectionEnabled"]
        ):
            raise AgentError(f"status {response.status_code}: {_reason(answer)}")


def _reason(answer: object) -> str:
    for kind in ("error", "failure"):
        told = answer.get(kind) if isinstance(answer, dict) else None
        if isinstance(told, dict):
            parts = (told.get(name) for name in ("Code", "Reason", "Message", "Detail"))
            return ": ".join(str(part) for part in parts if part)
    return "an answer of another kind"
