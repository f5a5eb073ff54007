"""The counters behind `/metrics`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        """Start from zero, in a registry of its own."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "webkiln_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.latency = Histogram(
            "webkiln_http_request_seconds",
            "Time to answer a request.",
            ("method", "route"),
            registry=self.registry,
        )
        self.tasks = Gauge(
            "webkiln_tasks", "Tasks that are not finished yet.", ("state",), registry=self.registry
        )
        self.browser = Gauge(
            "webkiln_browser", "Whether pages can be shown in a browser.", registry=self.registry
        )
        self.workers = Gauge("webkiln_workers", "Workers that hold a lease.", registry=self.registry)

    def text(self) -> bytes:
        """Return all of them in the Prometheus text format."""
        return generate_latest(self.registry)
