"""Metrics over HTTP, for a process that serves nothing else."""

from dataclasses import dataclass
from threading import Thread
from typing import Self
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """Answers scrapes on threads of its own."""

    server: WSGIServer
    thread: Thread

    @classmethod
    def listen(cls, host: str, port: int, registry: CollectorRegistry) -> Self:
        """Serve from now on; ``OSError`` where nothing can listen there."""
        return cls(*start_http_server(port, host, registry))

    def close(self) -> None:
        """Let the port go."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
