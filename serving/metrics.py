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
        self._shadow_answers = Counter(
            "fairlead_shadow_answers", "Answers that the bundle in the shadow gave too", registry=registry
        )
        self._shadow_shelves = Counter(
            "fairlead_shadow_shelves",
            "Shelves asked about by themselves that the bundle in the shadow judged too",
            registry=registry,
        )
        self._shadow_disagreements = Counter(
            "fairlead_shadow_disagreements",
            "Predictions of the shadow with another label, or on the other side of one half",
            ["task"],
            registry=registry,
        )
        self._shadow_failures = Counter(
            "fairlead_shadow_failures", "Answers that the bundle in the shadow could not give", registry=registry
        )
        self._shadow_dropped = Counter(
            "fairlead_shadow_dropped", "Answers that the shadow did not see because it was behind", registry=registry
        )
        self._shelves_lost = Counter(
            "fairlead_shelves_lost",
            "Shelves answered of which drift and shadow learn nothing: behind, or the store could not be written",
            registry=registry,
        )
        self._open = Gauge("fairlead_open_reviews", "Recommendations that wait for a person", registry=registry)
        self._not_trusted = Gauge(
            "fairlead_bundle_not_trusted",
            "1 while the bundle in the folder is not one that this service put in force",
            registry=registry,
        )

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

    def shadow_answers(self, count: int) -> None:
        """Count answers that the shadow gave too."""
        self._shadow_answers.inc(count)

    def shadow_shelf(self) -> None:
        """Count one shelf that the shadow judged too."""
        self._shadow_shelves.inc()

    def shadow_disagreement(self, task: Task) -> None:
        """Count one prediction in which the shadow differs."""
        self._shadow_disagreements.labels(task.value).inc()

    def shadow_failures(self, count: int) -> None:
        """Count answers that the shadow could not give."""
        self._shadow_failures.inc(count)

    def shadow_dropped(self) -> None:
        """Count one answer that the shadow did not see."""
        self._shadow_dropped.inc()

    def shelves_lost(self, count: int) -> None:
        """Count answers about shelves that were not kept."""
        self._shelves_lost.inc(count)

    def text(self, open_reviews: int, drift: ModelsDrift, not_trusted: bool) -> bytes:
        """The exposition format."""
        self._open.set(open_reviews)
        self._not_trusted.set(not_trusted)
        self._drift.set(drift)
        return generate_latest(self._registry)
