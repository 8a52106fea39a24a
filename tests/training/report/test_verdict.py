"""What is said of a model that a rehearsal does not speak for."""

from __future__ import annotations

import pytest

from training.report.verdict import closer, doubt


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
