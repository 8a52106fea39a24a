"""What a predictor answers, and the protocol through which the heart asks without knowing any model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from data.case import AttributeKind, AttributeValue, Case, kind_of
from data.explanation import Seen, Step
from data.record import Instant, Probability, Record
from data.standing import Standing
from data.vocabulary import ServedBy, Task

Reason = Literal[
    "model_unavailable",
    "model_failed",
    "additivity_failed",
    "no_promise",
    "no_stock_position",
    "no_rule",
    "promise_passed",
]
"""Why a prediction was not served by the model, or not served at all.

`no_rule` says both that no rule applies and that no model could answer: rules are the last step of the ladder.
`promise_passed` is no fall-back: the promise has passed, the breach is a fact, and there is nothing to ask a model.
"""


UNUSED = (
    "The attributes that no model read: none declares them, or the value is of another kind (number, text, flag) than "
    "the one declared."
)
"""What `unused_attributes` of an answer holds, for whoever reads the API."""


class LabelPrediction(Record):
    """A label with its calibrated probability; `label` is absent when nothing could tell."""

    label: str | None = None
    probability: Probability | None = None
    runner_up: tuple[str, Probability] | None = None
    set: tuple[str, ...] | None = None
    """The labels that cannot be ruled out at the policy's error rate: one to act on, several to look among, or none,
    which is unusual. Absent where whoever served has no conformal sets."""
    served_by: ServedBy
    reason: Reason | None = None


class RiskPrediction(Record):
    """The calibrated probability of one event: the promise breaks by `due_at`, the shelf empties within `horizon`."""

    probability: Probability | None = None
    due_at: Instant | None = None
    horizon: str | None = None
    """An ISO 8601 duration; absent where the model's cases say none."""
    set: tuple[str, ...] | None = None
    """`no`, `yes`, both or none: what cannot be ruled out; see `LabelPrediction.set`."""
    served_by: ServedBy
    reason: Reason | None = None

    @property
    def settled(self) -> bool:
        """Whether the event has already happened: a fact, not a prediction."""
        return self.reason == "promise_passed"


class Predictions(Record):
    """The four predictions of a case."""

    exception_type: LabelPrediction
    root_cause: LabelPrediction
    sla_breach: RiskPrediction
    stockout: RiskPrediction


@dataclass(frozen=True)
class Predicted:
    """One predictor's answer: the probabilities, the steps that explain them, the features they came from.

    `probabilities` maps every label of a label task to its probability; a risk has the single key `"yes"`.
    """

    task: Task
    probabilities: dict[str, float]
    steps: tuple[Step, ...]
    features: dict[str, Seen] = field(default_factory=dict)
    horizon: str | None = None
    """The ISO 8601 duration a stock-out probability speaks of, where the predictor has its own; empty where it speaks
    of none."""
    leaves_at: dict[str, float] = field(default_factory=dict)
    """Per label (`no` and `yes` of a risk), the least error rate at which it leaves the conformal set; empty where
    the predictor has no such sets."""


class PredictionFailed(Exception):
    """A predictor cannot answer for this case; the ladder takes its next step."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason


class Predictor(Protocol):
    """Answers one task for one case. Pure: the same case and standing give the same answer.

    Raises `PredictionFailed` where it cannot.
    """

    @property
    def task(self) -> Task:
        """What it predicts."""
        ...

    @property
    def version(self) -> str:
        """The digest of the files that answer."""
        ...

    def predict(self, case: Case, standing: Standing) -> Predicted:
        """The probabilities for this case with the steps that explain them."""
        ...


@dataclass(frozen=True)
class Rung:
    """One step of a task's ladder: who would serve, and the predictor; None where it could not be loaded."""

    served_by: ServedBy
    predictor: Predictor | None
    reason: Reason | None = None
    detail: str = ""


@dataclass(frozen=True)
class Predictors:
    """What the heart is given to predict with: a ladder of rungs per task, above the rules, and their digest.

    `digest` names the bundle in the receipt; every bundle a receipt names is kept.
    """

    ladders: dict[Task, tuple[Rung, ...]]
    digest: str | None
    declared_attributes: Mapping[str, frozenset[AttributeKind]] = field(default_factory=dict)
    """The attributes of the retailer's own that a model reads, and the kinds of value that one of them can read."""

    def ladder(self, task: Task) -> tuple[Rung, ...]:
        """The rungs of the task, best first; empty where no bundle has it."""
        return self.ladders.get(task, ())

    def unused(self, attributes: Mapping[str, AttributeValue]) -> tuple[str, ...]:
        """The attributes that no model reads: none declares them, or none can read such a value as it is declared."""
        return tuple(sorted(name for name, value in attributes.items() if not self._reads(name, kind_of(value))))

    def _reads(self, name: str, kind: AttributeKind | None) -> bool:
        return name in self.declared_attributes and (kind is None or kind in self.declared_attributes[name])
