"""The card tells at a glance what an answer says, and never leaves out what is new to the model."""

from __future__ import annotations

from rich.console import Console

from data.recommendation import Recommendation
from features.definition import NEW
from serving.card import REASONS_SHOWN, card
from tests.fixtures.recommendations import model_step, recommendation


def shown(answer: Recommendation) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(card(answer))
    return capture.get()


def test_a_code_no_history_told_of_is_said_once_though_it_weighs_little() -> None:
    usual = model_step()
    assert len(usual.contributions) > REASONS_SHOWN
    news = (f"code X-17 {NEW}",)
    text = shown(recommendation(explanation=(model_step(news=news), model_step(id="root_cause", news=news))))
    assert text.count(news[0]) == 1
    assert usual.contributions[REASONS_SHOWN].says not in text
