"""What the service counts, in a registry of its own; no label tells of a person, a case or a key."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from data.recommendation import Recommendation
from data.vocabulary import Task
from serving.models.drift_gauges import DriftGauges
from serving.models.drift_schemas import ModelsDrift

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Metrics:
    """The service's counters; `text` is what Prometheus scrapes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._requests = Counter(
            "fairlead_requests", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "fairlead_request_seconds", "Time to answer", ["method", "route"], buckets=SECONDS, registry=registry
        )
        self._recommendations = Counter(
            "fairlead_recommendations", "Recommendations recorded", ["disposition", "action"], registry=registry
        )
        self._served = Counter(
            "fairlead_predictions", "Predictions by the step of the ladder", ["task", "served_by"], registry=registry
        )
        self._passed = Counter(
            "fairlead_promises_passed",
            "Recommendations whose promise had passed: a fact, so the ladder was not asked",
            registry=registry,
        )
        self._fallback = Counter(
            "fairlead_fallback",
            "Whether the rules alone would have recommended the same",
            ["agrees"],
            registry=registry,
        )
        self._drift = DriftGauges(registry)
        self._open = Gauge("fairlead_open_reviews", "Recommendations that wait for a person", registry=registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request under its route's template, never its path."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def recommendation(self, recommendation: Recommendation) -> None:
        """Count one recorded recommendation, who predicted, and whether the rules agree."""
        action = recommendation.options[0].action.value if recommendation.options else "none"
        self._recommendations.labels(recommendation.disposition.value, action).inc()
        self._fallback.labels(str(recommendation.fallback.agrees).lower()).inc()
        settled = recommendation.predictions.sla_breach.settled
        self._passed.inc(int(settled))
        for task in Task:
            if settled and task is Task.SLA_BREACH:
                continue
            prediction = getattr(recommendation.predictions, task.value)
            self._served.labels(task.value, prediction.served_by.value).inc()

    def text(self, open_reviews: int, drift: ModelsDrift) -> bytes:
        """The exposition format."""
        self._open.set(open_reviews)
        self._drift.set(drift)
        return generate_latest(self._registry)
