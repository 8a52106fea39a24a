"""The rules that answer whenever a model cannot: one table per task, each row with its stated probability.

They run on every request beside the models, so the fallback is always warm and its disagreement is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.case import Case
from data.explanation import CheckStep, Seen
from data.prediction import Predicted, PredictionFailed
from data.standing import Standing
from data.vocabulary import ServedBy, Task
from policies.facts import case_facts
from policies.ladder import DECIMALS, YES, Served
from policies.policy import Policy
from policies.promise import promised
from policies.situation import Situation, told
from policies.tables.rows import Hit
from policies.tables.table import TableResult


@dataclass(frozen=True)
class RulePredictor:
    """The rules of one task as a predictor; implements `data.prediction.Predictor`."""

    task: Task
    policy: Policy

    @property
    def version(self) -> str:
        """The digest of the table."""
        return self.policy.tables[self.task.value].digest

    def predict(self, case: Case, standing: Standing) -> Predicted:
        """The first matching row's answer. Raises `PredictionFailed` where no row matches."""
        served = rule_answer(self.task, rule_facts(case, standing, self.policy), self.policy)
        if served.predicted is None:
            raise PredictionFailed("no_rule", f"no row of {self.task} matches")
        return served.predicted


def rule_row(task: Task, case: Case, standing: Standing, policy: Policy) -> str | None:
    """The id of the row that answers, None where none does: what a baseline's rates are fitted by."""
    row = policy.row(task.value, rule_facts(case, standing, policy))
    return row.id if row else None


def rule_facts(case: Case, standing: Standing, policy: Policy) -> dict[str, Any]:
    """What the rules read: the case at the moment of its event, under the promise in force, like every feature."""
    situation = Situation(promised(case, policy), standing, case.event.time, policy.exchange(case.currency))
    return with_ruled_type(case_facts(situation), policy)


def with_ruled_type(facts: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """The facts with the exception type as the rules tell it: the rules of the other tasks may ask for it."""
    row = policy.row(Task.EXCEPTION_TYPE.value, facts)
    return {**facts, Task.EXCEPTION_TYPE.value: row.outputs[Task.EXCEPTION_TYPE.value] if row else None}


def rule_answer(task: Task, facts: Mapping[str, Any], policy: Policy) -> Served:
    """What the task's table says of these facts."""
    result = policy.ask(task.value, facts)
    hit = result.hit
    label = None if hit is None or task.is_risk else hit.outputs[task.value]
    if hit is None or not (task.is_risk or label in task.labels):
        return Served(None, ServedBy.NONE, "no_rule")
    probability = round(float(hit.outputs["probability"] or 0), DECIMALS)
    probabilities = {YES: probability} if task.is_risk else _spread(task, str(label), probability)
    seen = told(hit.saw)
    step = _step(task, result, hit, probability if task.is_risk else str(label), seen)
    return Served(Predicted(task, probabilities, (step,), seen), ServedBy.RULES)


def _spread(task: Task, label: str, probability: float) -> dict[str, float]:
    """The label's probability, and what is left in equal parts for the others."""
    rest = round((1.0 - probability) / (len(task.labels) - 1), DECIMALS)
    return {each: probability if each == label else rest for each in task.labels}


def _step(task: Task, result: TableResult, hit: Hit, concluded: Seen, seen: dict[str, Seen]) -> CheckStep:
    lacking = {name: None for row in result.not_evaluable for name in row.missing}
    return CheckStep(
        kind="rule",
        id=f"{task.value}.{hit.row}",
        version=result.version,
        saw=seen,
        concluded=concluded,
        says=hit.says,
        missing=tuple(lacking),
    )
