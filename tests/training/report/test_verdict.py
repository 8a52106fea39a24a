"""What is said of a model that a rehearsal does not speak for."""

from __future__ import annotations

import pytest

from data.vocabulary import Task
from training.report.verdict import ALONE, closer, closer_than_known, doubt, stands_alone


def told(model: float, rules: float, base: float = 0.6) -> dict[str, dict[str, float]]:
    return {"model": {"log_loss": model}, "rules": {"log_loss": rules}, "base": {"log_loss": base}}


@pytest.mark.parametrize(
    ("model", "rules", "says"),
    [
        (0.7, 0.8, "It does no better than the base rate. Do not put it in force."),
        (0.6, 0.8, "It does no better than the base rate. Do not put it in force."),
        (0.5, 0.5, "It beats the base rate but not the rules"),
        (0.5, 0.55, ""),
        (0.031, 0.55, ""),
        (0.029, 0.55, "It is all but always right, which is too good to be true"),
        (0.0, 0.0, "It is all but always right, which is too good to be true"),
    ],
)
def test_a_doubt_is_said_at_the_base_rate_and_at_the_rules(model: float, rules: float, says: str) -> None:
    assert doubt(told(model, rules)).startswith(says)
    assert bool(doubt(told(model, rules))) == bool(says)


def test_closer_is_a_share_of_the_loss_of_the_base_rate() -> None:
    assert closer(told(0.3, 0.6), "model") == 0.5
    assert closer(told(0.3, 0.6), "rules") == 0.0
    assert closer(told(0.3, 0.6, base=0.0), "model") == 0.0


def test_who_had_known_the_rate_of_the_measured_cases_loses_its_entropy() -> None:
    fair = {"base_rate": 0.5, "model": {"log_loss": 0.34657359}}
    assert closer_than_known(Task.SLA_BREACH, fair) == pytest.approx(0.5)
    rare = {"base_rate": 0.1, "model": {"log_loss": 0.32508297}}
    assert closer_than_known(Task.STOCKOUT, rare) == pytest.approx(0.0, abs=1e-7)
    assert closer_than_known(Task.ROOT_CAUSE, fair) is None, "of labels the commonest alone is told"
    assert closer_than_known(Task.SLA_BREACH, {**fair, "base_rate": 1.0}) is None


def strongest(*features: tuple[str, float]) -> dict[str, dict[str, list[dict[str, object]]]]:
    return {"report": {"strongest": [{"feature": name, "strength": size, "more": 0} for name, size in features]}}


def test_a_column_of_ones_own_that_tells_nearly_all_is_asked_about() -> None:
    """As one written after the fact does, of which no promotion asks before there is a champion."""
    says = stands_alone(strongest(("attribute.penalty", 1.44), ("attribute.vendor", 0.22)))
    assert says == "penalty moves the score 6.5 times as far as anything else: is it known when the event comes?"
    assert stands_alone(strongest(("attribute.penalty", ALONE), ("minutes_to_promise", 1.0)))
    assert not stands_alone(strongest(("attribute.inventory", ALONE - 0.01), ("attribute.forecast", 1.0)))
    assert not stands_alone(strongest(("minutes_to_promise", 0.83), ("promise_minutes", 0.2))), "a fact of the API"
    assert not stands_alone(strongest(("attribute.only", 1.0)))
    assert not stands_alone({})
