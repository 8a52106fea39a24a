"""The card tells at a glance what an answer says, and never leaves out what is new to the model."""

from __future__ import annotations

from rich.console import Console

from data.explanation import CheckStep
from data.recommendation import Recommendation
from features.definition import NEW
from serving.card import REASONS_SHOWN, card
from serving.standing_back import HELD_BEHIND
from tests.fixtures.recommendations import amount, model_step, options, recommendation


def shown(answer: Recommendation) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(card(answer))
    return capture.get()


def test_what_cannot_be_ruled_out_stands_beside_the_answer() -> None:
    answer = recommendation()
    several = answer.predictions.exception_type.model_copy(update={"set": ("split_shipment", "late_pickup_readiness")})
    nothing = answer.predictions.root_cause.model_copy(update={"set": ()})
    told = answer.predictions.model_copy(update={"exception_type": several, "root_cause": nothing})
    text = shown(answer.model_copy(update={"predictions": told}))
    assert "split shipment, late pickup readiness" in text
    assert "none: unusual" in text
    assert "none: unusual" not in shown(answer)


def test_what_a_set_is_and_promises_is_said_once_at_the_policy_s_rate_and_not_without_sets() -> None:
    def step(task: str) -> CheckStep:
        return CheckStep(
            kind="conformal", id=task, version="1", saw={"error_rate": 0.2}, concluded="yes", says="only yes"
        )

    text = " ".join(shown(recommendation(explanation=(step("sla_breach"), step("root_cause")))).split())
    assert text.count("every answer that cannot be ruled out, made so that it holds the true one in 80 % of cases") == 1
    assert "cannot be ruled out" not in shown(recommendation(explanation=()))


def test_a_code_no_history_told_of_is_said_once_though_it_weighs_little() -> None:
    usual = model_step()
    assert len(usual.contributions) > REASONS_SHOWN
    news = (f"code X-17 {NEW}",)
    text = shown(recommendation(explanation=(model_step(news=news), model_step(id="root_cause", news=news))))
    assert text.count(news[0]) == 1
    assert usual.contributions[REASONS_SHOWN].says not in text


def test_each_reason_says_which_way_it_moved_the_answer() -> None:
    up, down, *_ = (each.says for each in model_step().contributions)
    risk, label = (
        model_step(
            id=task,
            label=label,
            contributions=tuple(
                each.model_copy(update={"contribution": sign * abs(each.contribution)})
                for each, sign in zip(model_step().contributions[:2], (1, -1), strict=True)
            ),
        )
        for task, label in (("sla_breach", None), ("root_cause", "address_problem"))
    )
    text = " ".join(shown(recommendation(explanation=(risk, label))).split())
    assert f"raises sla breach: {up}" in text
    assert f"lowers sla breach: {down}" in text
    assert f"for address problem: {up}" in text
    assert f"against address problem: {down}" in text


def test_the_card_says_why_a_cheaper_option_on_hold_stands_behind_and_is_silent_otherwise() -> None:
    first, second, held, last = options()
    cheap = held.model_copy(update={"expected_cost": amount("1.00")})
    assert HELD_BEHIND in shown(recommendation(options=(first, second, cheap, last)))
    assert HELD_BEHIND not in shown(recommendation())
