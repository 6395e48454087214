"""What an API process counts of the requests that it answers."""

from dataclasses import dataclass, field
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""From what touches no server to the longest that a client may have its answer wait."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class RequestMetrics:
    """By method, route and class of status: a path or a method that a client makes up is none of them."""

    answered: Counter
    duration: Histogram
    in_progress: Gauge
    _counters: dict[tuple[str, str, int], Counter] = field(default_factory=dict)
    _histograms: dict[tuple[str, str], Histogram] = field(default_factory=dict)

    @classmethod
    def on(cls, registry: CollectorRegistry) -> Self:
        """Make them on a registry."""
        by = ["method", "route"]
        return cls(
            Counter("http_requests_total", "Requests that were answered", [*by, "status"], registry=registry),
            Histogram(
                "http_request_duration_seconds",
                "From a request's head to the end of its answer, or to the going of its client",
                by,
                buckets=_BUCKETS,
                registry=registry,
            ),
            Gauge(
                "http_requests_in_progress",
                "Requests that are being answered",
                registry=registry,
                multiprocess_mode="livesum",
            ),
        )

    def expect(self, method: str, route: str) -> None:
        """Have a route's series be there before its first request, for ``rate()`` to see that one as well."""
        self._histogram(method, route)
        for status in (200, 400, 500):
            self._counter(method, route, status)

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request whose answer has ended."""
        method = method if method in _METHODS else "other"
        self._counter(method, route, status).inc()
        self._histogram(method, route).observe(seconds)

    def _counter(self, method: str, route: str, status: int) -> Counter:
        # Finding a child by its labels takes several times as long.
        key = (method, route, status // 100)
        if key not in self._counters:
            self._counters[key] = self.answered.labels(method, route, f"{status // 100}xx")
        return self._counters[key]

    def _histogram(self, method: str, route: str) -> Histogram:
        if (method, route) not in self._histograms:
            self._histograms[method, route] = self.duration.labels(method, route)
        return self._histograms[method, route]
