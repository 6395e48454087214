"""Connections that come faster than the event loop turns."""

import asyncio
import os
import socket

import uvicorn

AT_ONCE = 16
"""How many are accepted in one turn. One that is alone costs as many calls of the kernel, of some hundred
nanoseconds each."""


class Accepting(uvicorn.Server):
    """Listens to each socket several times.

    uvloop accepts one connection for each listener and turn of its loop (libuv does so since 1.46). Under
    load a turn takes as long as the requests that have come meanwhile, and of a thousand clients that connect
    at once the last would wait for many seconds, while those before it are answered.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, or end the process where that can't be."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        for each in [each for server in self.servers for each in server.sockets]:
            for _ in range(AT_ONCE - 1):
                again = socket.socket(fileno=os.dup(each.fileno()))
                server = await loop.create_server(self._connected, sock=again, backlog=self.config.backlog)
                self.servers.append(server)

    def _connected(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made
