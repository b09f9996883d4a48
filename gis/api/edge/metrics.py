"""Prometheus metrics, labelled by the pattern of the route and never by what a caller wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from starlette.types import Scope

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "(unknown)"
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Metrics:
    """The counters of one application; each has its own registry, so that two can live in one process."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "wangge_http_requests",
            "Answered requests.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "wangge_http_request_seconds",
            "Time to answer.",
            ("method", "route"),
            registry=self.registry,
            buckets=BUCKETS,
        )
        self.in_progress = Gauge(
            "wangge_http_requests_in_progress", "Requests being answered.", registry=self.registry
        )
        busy = Gauge("wangge_database_connections_in_use", "Connections in use.", registry=self.registry)
        busy.set_function(lambda: engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0)
        ProcessCollector(registry=self.registry)

    def observe(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        # `route` is there only if one matched; addresses nobody serves share one label
        route = getattr(scope.get("route"), "path", UNKNOWN)
        method = method if method in METHODS else UNKNOWN
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
