"""What the service counts, in the form that Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0)


class Metrics:
    """Counters of one service; a registry of its own, so that two services in one process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        one, r = "mlpipe_", self._registry
        self.requests = Counter(f"{one}requests", "Requests for a list, by outcome", ["outcome"], registry=r)
        self.fallbacks = Counter(f"{one}fallbacks", "Stages replaced, by reason", ["stage", "reason"], registry=r)
        self.hedges = Counter(f"{one}hedged_reads", "Second reads of a history, sent for late ones", registry=r)
        self.logged = Counter(f"{one}log_lines", "Lines of the request log, by outcome", ["outcome"], registry=r)
        self.reloads = Counter(f"{one}reloads", "Attempts to serve another version", ["outcome"], registry=r)
        self.stages = Histogram(f"{one}stage_seconds", "By stage", ["stage"], buckets=SECONDS, registry=r)
        self.seconds = Histogram(
            f"{one}request_seconds", "From admission asked to the list", buckets=SECONDS, registry=r
        )
        self.in_flight = Gauge(f"{one}in_flight", "Requests that are worked on", registry=r)
        self.waiting = Gauge(f"{one}waiting", "Requests that wait to be admitted", registry=r)
        self.version = Gauge(f"{one}version", "1 for the version that is served", ["version"], registry=r)

    def text(self) -> bytes:
        """All of it, in Prometheus' text form."""
        return generate_latest(self._registry)
