"""Drift as gauges: per task how far inputs moved, how well the model does, and what that costs."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from models.drift_records import DriftReport
from serving.models.drift_schemas import ModelsDrift

NAMES = {
    "fairlead_drift_features": "Features that have moved since training",
    "fairlead_drift_psi": "The largest population stability index of a feature",
    "fairlead_drift_outcomes": "Outcomes among the latest decisions",
    "fairlead_claimed_log_loss": "Log loss the model claims of itself, in nats",
    "fairlead_realised_log_loss": "Log loss by outcomes, in nats",
    "fairlead_base_rate": "Share of the event, or of right labels, by outcomes",
    "fairlead_calibration_error": "Mean distance of probability and outcome",
    "fairlead_drift_loss": "Largest expected loss of an alarm, per 1,000 cases in the policy's currency",
}


class DriftGauges:
    """Gauges of the latest measurement; a task of which nothing can be told yet has none."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._gauges = {name: Gauge(name, says, ["task"], registry=registry) for name, says in NAMES.items()}

    def set(self, measured: ModelsDrift) -> None:
        """Show this measurement in place of the one before."""
        for gauge in self._gauges.values():
            gauge.clear()
        for each in measured.tasks:
            for name, value in (_values(each.report) if each.report else {}).items():
                self._gauges[name].labels(each.task.value).set(value)


def _values(report: DriftReport) -> dict[str, float]:
    whole = report.regions[0]
    values = {
        "fairlead_drift_features": float(report.shifted),
        "fairlead_drift_psi": max((each.psi for each in report.features), default=0.0),
        "fairlead_drift_outcomes": float(report.with_outcome),
        "fairlead_claimed_log_loss": whole.claimed.log_loss,
        "fairlead_drift_loss": max((float(each.per_1000 or 0) for each in report.alarms), default=0.0),
    }
    if whole.realised is not None:
        values |= {
            "fairlead_realised_log_loss": whole.realised.log_loss,
            "fairlead_base_rate": whole.realised.rate,
            "fairlead_calibration_error": whole.realised.ece or 0.0,
        }
    return values
