"""A promise that has passed is a broken one: nobody is asked, and nothing said or priced pretends it can be kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from data.actions import ActionId
from data.case import Case, Event, Promise
from data.explanation import CheckStep
from data.prediction import Predictors, Rung
from data.recommendation import Recommendation
from data.record import canonical
from data.vocabulary import ExceptionType, ServedBy, Task
from policies.override import assess
from policies.passed import passed
from policies.policy import load_policy
from policies.recommend import recommend
from policies.situation import Situation
from tests.fixtures.cases import a_case, cases
from tests.fixtures.exceptions import NOBODY, NOW, TELLING, unavailable
from tests.fixtures.fixed_predictors import NONE, Fixed, models

POLICY = load_policy()
KIND, CAUSE = "unavailable_inventory", "inventory_mismatch"


def due(minutes: float) -> Promise:
    """A promise that passes so many minutes from now."""
    return Promise(due_at=NOW + timedelta(minutes=minutes))


def answer(case: Case, predictors: Predictors = NONE, now: datetime = NOW) -> Recommendation:
    return recommend(case, NOBODY, predictors, POLICY, now, "rec-1").recommendation


def watched(asked: list[Task]) -> Predictors:
    """All four models; the breach model notes that it was asked."""
    whole = models(KIND, CAUSE, breach=0.3)

    class Watching(Fixed):
        def predict(self, *given: Any) -> Any:
            asked.append(self.task)
            return super().predict(*given)

    rung = Rung(ServedBy.MODEL, Watching(Task.SLA_BREACH, {"yes": 0.3}))
    return replace(whole, ladders={**whole.ladders, Task.SLA_BREACH: (rung,)})


def rule_steps(found: Recommendation) -> list[CheckStep]:
    return [step for step in found.explanation if isinstance(step, CheckStep) and step.id.startswith("sla_breach")]


@pytest.mark.parametrize("minutes", [0, -1, -190, -500_000])
def test_a_passed_promise_is_a_fact_that_no_model_is_asked_about(minutes: float) -> None:
    asked: list[Task] = []
    found = answer(unavailable(promise=due(minutes)), watched(asked))
    breach = found.predictions.sla_breach
    assert asked == []
    assert (breach.probability, breach.served_by, breach.reason) == (1.0, ServedBy.RULES, "promise_passed")
    assert breach.due_at == NOW + timedelta(minutes=minutes)
    assert breach.settled
    assert found.predictions.root_cause.served_by is ServedBy.MODEL


@pytest.mark.parametrize("minutes", [0.001, 1, 190])
def test_until_it_passes_the_model_is_asked(minutes: float) -> None:
    asked: list[Task] = []
    found = answer(unavailable(promise=due(minutes)), watched(asked)).predictions.sla_breach
    assert asked == [Task.SLA_BREACH]
    assert (found.probability, found.served_by, found.reason) == (0.3, ServedBy.MODEL, None)


def test_a_promise_that_passed_between_the_event_and_the_answer_is_broken_too() -> None:
    event = Event(source="oms", id="evt-1", time=NOW - timedelta(hours=2))
    found = answer(unavailable(event=event, promise=due(-60)), models(KIND, CAUSE))
    assert found.predictions.sla_breach.reason == "promise_passed"


def test_a_promise_the_policy_makes_passes_like_one_that_was_given() -> None:
    case = TELLING[ExceptionType.LATE_PICKUP_READINESS](promise=None)
    made = answer(case).predictions.sla_breach.due_at
    assert made is not None
    assert answer(case, now=made - timedelta(seconds=1)).predictions.sla_breach.reason != "promise_passed"
    assert answer(case, now=made).predictions.sla_breach.reason == "promise_passed"


@pytest.mark.parametrize(
    ("minutes", "ago"),
    [
        (0, "just now"),
        (-0.9, "just now"),
        (-1, "1 min ago"),
        (-119, "119 min ago"),
        (-190, "3 h 10 min ago"),
        (-190.9, "3 h 10 min ago"),
        (-2879, "47 h 59 min ago"),
        (-2880, "2 days ago"),
        (-500_000, "347 days ago"),
    ],
)
def test_one_sentence_says_so(minutes: float, ago: str) -> None:
    found = answer(unavailable(promise=due(minutes)), models(KIND, CAUSE))
    (step,) = rule_steps(found)
    assert (step.kind, step.id, step.concluded) == ("rule", "sla_breach.promise_passed", 1.0)
    assert step.says == f"the promise passed {ago}: the SLA is broken"
    assert set(step.saw) == {"due_at", "now"}


def test_no_promise_never_passes() -> None:
    assert passed(Situation(a_case(at=NOW), NOBODY, NOW, POLICY.exchange(None)), POLICY) is None
    assert answer(a_case(at=NOW)).predictions.sla_breach.reason == "no_promise"


@pytest.mark.parametrize("kind", ExceptionType)
@pytest.mark.parametrize("predictors", [NONE, models(KIND, CAUSE, breach=0.3)], ids=["rules", "models"])
def test_the_breach_is_sunk_in_every_option(kind: ExceptionType, predictors: Predictors) -> None:
    found = answer(TELLING[kind](promise=due(-30)), predictors)
    assert {option.breach_probability for option in found.options if option.expected_cost} == {1.0}
    costs = [step for step in found.explanation if isinstance(step, CheckStep) and step.kind == "cost"]
    assert len({step.saw["cost.promise"] for step in costs}) == 1


def test_the_order_of_options_is_that_of_a_promise_that_costs_nothing() -> None:
    """A sunk cost is in every price and moves no option before another."""
    late = answer(unavailable(promise=due(-30)), models(KIND, CAUSE, breach=0.9))
    without = answer(unavailable(promise=due(-30)), models(KIND, CAUSE, breach=0.1))
    assert [option.action for option in late.options] == [option.action for option in without.options]
    assert [option.regret for option in late.options] == [option.regret for option in without.options]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_no_sentence_says_that_an_action_lowers_the_risk_of_what_has_happened(case: Case) -> None:
    found = answer(case.model_copy(update={"promise": due(-190)}), models(KIND, CAUSE))
    told = [found.says, *(option.says for option in found.options), *(step.says for step in found.explanation)]
    assert not any("breaks with" in sentence or "at risk" in sentence for sentence in told)
    assert "promise already broken" in found.says
    assert all(option.says.endswith("promise already broken") for option in found.options)


def test_the_rules_alone_say_the_same() -> None:
    with_models = answer(unavailable(promise=due(-30)), models(KIND, CAUSE))
    (step,) = (step for step in with_models.explanation if isinstance(step, CheckStep) and step.kind == "fallback")
    assert step.saw["sla_breach"] == 1.0
    alone = answer(unavailable(promise=due(-30)))
    assert alone.predictions.sla_breach == with_models.predictions.sla_breach
    assert alone.fallback.agrees


def test_the_same_arguments_give_the_same_bytes() -> None:
    case = unavailable(promise=due(-30))
    first, again = (recommend(case, NOBODY, models(KIND, CAUSE), POLICY, NOW, "rec-1") for _ in range(2))
    assert canonical(first.recommendation) == canonical(again.recommendation)
    assert first.features[Task.SLA_BREACH] == {"due_at": "2026-11-23T09:30:00Z", "now": "2026-11-23T10:00:00Z"}


def assessed(told: Recommendation, case: Case, at: datetime) -> Any:
    first = told.options[0]
    return assess(case, NOBODY, told, first.action, first.parameters, POLICY, at)


def test_an_override_after_the_promise_has_passed_cannot_keep_it() -> None:
    case = unavailable(promise=due(60))
    told = answer(case, models(KIND, CAUSE, breach=0.3))
    before, after = (assessed(told, case, NOW + timedelta(minutes=wait)) for wait in (0, 61))
    assert isinstance(before.action, ActionId)
    assert before.breach_probability < 1.0
    assert after.breach_probability == 1.0
    assert after.says.endswith("promise already broken")
