"""The card tells at a glance what an answer says, and never leaves out what is new to the model."""

from __future__ import annotations

from rich.console import Console

from data.recommendation import Recommendation
from data.record import Unit
from features.definition import NEW
from serving.card import REASONS_SHOWN, card
from tests.fixtures.recommendations import contribution, model_step, recommendation


def shown(answer: Recommendation) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(card(answer))
    return capture.get()


def test_a_code_no_history_told_of_is_said_though_it_weighs_little() -> None:
    usual = model_step()
    assert len(usual.contributions) > REASONS_SHOWN
    new = contribution("code", None, Unit.LABEL, 0.0001, f"code X-17 {NEW}")
    step = model_step(contributions=(*usual.contributions, new), others=usual.others - 0.0001)
    text = shown(recommendation(explanation=(step,)))
    assert f"code X-17 {NEW}" in text
    assert usual.contributions[REASONS_SHOWN].says not in text
