"""Connections that wait to be accepted, in an event loop that the test turns itself."""

import asyncio
import socket
from contextlib import ExitStack
from typing import Any

import uvicorn
import uvloop

from app.cli.serving.accepting import AT_ONCE, Accepting

TURNS = 3
"""Enough to hear of connections; fewer than there are of these."""


async def app(scope: Any, _receive: Any, send: Any) -> None:
    del scope
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def accepted(connections: int) -> int:
    """How many of those that came at once are accepted after a few turns of the loop."""
    server = Accepting(uvicorn.Config(app, lifespan="off", log_config=None))
    server.config.load()
    ending = ExitStack()
    server.lifespan = server.config.lifespan_class(server.config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        await server.startup([listening])
        for _ in range(connections):
            ending.enter_context(socket.create_connection(listening.getsockname()))
        for _ in range(TURNS):
            await asyncio.sleep(0)
        found = len(server.server_state.connections)
        ending.close()  # or the server would wait for those to say something
        await server.shutdown([listening])
    return found


def test_as_many_are_accepted_in_a_turn_as_come_at_once() -> None:
    assert uvloop.run(accepted(AT_ONCE)) == AT_ONCE
