"""What goes on beside the jobs in a soak: todos that come, change and go, and jobs that are cancelled."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from random import Random
from uuid import UUID

import httpx

from tests.faults.load import PATIENCE_SECONDS

_TODOS = 300
_PAUSE_SECONDS = 0.1
_BETWEEN_CANCELS_SECONDS = 2.0


async def keep_changing_todos(url: str, random: Random) -> None:
    """Hold a few hundred todos, no two seconds the same; what is refused is left."""
    known: list[int] = []
    async with httpx.AsyncClient(
        base_url=f"{url}/api/v1", trust_env=False, timeout=PATIENCE_SECONDS
    ) as client:
        while True:
            with suppress(httpx.TransportError):
                if len(known) < random.uniform(0, _TODOS):
                    body = {"title": f"todo {random.random()}", "deadline_at": "2026-12-24T16:00:00Z"}
                    answer = await client.post("/todos", json=body)
                    if answer.status_code == httpx.codes.CREATED:
                        known.append(answer.json()["id"])
                elif random.random() < 1 / 2:
                    await client.delete(f"/todos/{known.pop(random.randrange(len(known)))}")
                else:
                    done = {"completed": random.random() < 1 / 2}
                    await client.patch(f"/todos/{random.choice(known)}", json=done)
            await asyncio.sleep(_PAUSE_SECONDS)


async def keep_cancelling(url: str, accepted: Collection[UUID], random: Random) -> None:
    """Cancel a job now and then, as a client does."""
    async with httpx.AsyncClient(
        base_url=f"{url}/api/v1", trust_env=False, timeout=PATIENCE_SECONDS
    ) as client:
        while True:
            await asyncio.sleep(random.uniform(0, _BETWEEN_CANCELS_SECONDS))
            if accepted:
                with suppress(httpx.TransportError):
                    await client.delete(f"/todos/ical/{random.choice(list(accepted)[-20:])}")
