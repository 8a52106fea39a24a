"""The case page says what the records say, and offers the forms to those who may use them."""

from datetime import timedelta
from typing import Any

import pytest

from data.actions import ActionId
from data.explanation import CheckStep, Seen
from data.prediction import RiskPrediction
from data.review import ReviewState
from data.vocabulary import RejectReason, ReviewVerdict, Role, ServedBy
from serving.console.case_page import Attempt, case_page
from serving.console.context import CasePage
from serving.console.rendering import render
from serving.standing_back import INVESTIGATE_LAST
from tests.fixtures.desk import case_file, onlooker, review
from tests.fixtures.recommendations import NOW, amount, model_step, options, recommendation, suspicious_return


def page(file: Any = None, who: Any = None, **also: Any) -> CasePage:
    return case_page(file or case_file(), who or onlooker(), NOW, next_url="", **also)


def test_the_head_says_what_presses() -> None:
    shown = page()
    assert (shown.head.clock.band, shown.head.clock.text) == ("soon", "due in 42 min")
    assert shown.head.clock.due is not None
    assert shown.head.clock.due.text == "Mon 23 Nov 2026, 08:30 CET"
    assert shown.head.at_stake == "EUR 240.00"
    assert (shown.head.type, shown.head.reported) == ("unavailable inventory", "late pickup readiness")
    assert shown.head.waits_for == ("store finance", "store operations")


def test_a_prediction_says_what_remains_of_its_conformal_set() -> None:
    step = CheckStep(
        kind="conformal",
        id="sla_breach",
        version="1",
        saw={"error_rate": 0.1, "leaves_at.yes": 0.4},
        concluded="yes",
        says="only yes cannot be ruled out: any other is less likely here than in 90 % of the cases it was true in",
    )
    answer = recommendation()
    shown = page(case_file(answer=recommendation(explanation=(*answer.explanation, step))))
    remains = {each.task: each.remains for each in shown.predictions}
    assert remains["sla_breach"].startswith("Only yes cannot be ruled out")
    assert remains["stockout"] == ""
    assert "Only yes cannot be ruled out" in render(shown)


def test_options_carry_their_money() -> None:
    shown = page()
    assert shown.recommended is not None
    assert (shown.recommended.cost, shown.recommended.regret, shown.recommended.breach) == ("EUR 6.10", "", "22 %")
    assert [(each.cost, each.regret, each.breach) for each in shown.alternatives] == [
        ("EUR 7.40", "+1.30", "41 %"),
        ("EUR 58.20", "+52.10", "0 %"),
        ("not priced", "", ""),
    ]
    assert shown.alternatives[1].held_until == ("payments_up",)


def test_the_page_says_why_a_cheaper_option_stands_last_and_is_silent_otherwise() -> None:
    told = options()
    cheap = told[-1].model_copy(update={"expected_cost": amount("1.00")})
    shown = page(case_file(answer=recommendation(options=(*told[:-1], cheap))))
    assert INVESTIGATE_LAST in render(shown)
    assert INVESTIGATE_LAST not in render(page())


def test_each_prediction_says_who_served_it_and_why() -> None:
    shown = {each.task: each for each in page().predictions}
    breach, stockout = shown["sla_breach"], shown["stockout"]
    assert (breach.probability, breach.served_by, breach.drawing is not None) == ("64 %", "model", True)
    assert breach.calibration == "of past cases with this score, 64 % broke their promise"
    assert (stockout.served_by, stockout.reason, stockout.drawing) == ("rules", "No usable model was in force.", None)
    assert stockout.rules[0].startswith("2 units on hand")
    assert shown["exception_type"].beside == "next likely: late pickup readiness, 22 %"


def test_where_nobody_answered_the_page_says_that_neither_model_nor_rule_did() -> None:
    facts, answer = suspicious_return()
    cause = next(each for each in page(case_file(facts, answer)).predictions if each.task == "root_cause")
    assert (cause.served_by, cause.reason) == ("none", "No model could answer, and no rule applies.")


def test_the_table_of_a_prediction_adds_up_to_what_its_drawing_shows() -> None:
    breach = next(each for each in page().predictions if each.task == "sla_breach")
    moved = [float(each.moved.replace("−", "-")) for each in breach.contributions]
    base, others, raw = (float(text.replace("−", "-")) for text in (breach.base, breach.others, breach.raw))
    assert base + sum(moved) + others == pytest.approx(raw, abs=0.05)


def test_without_models_the_page_says_so_and_draws_nothing() -> None:
    facts, answer = suspicious_return()
    shown = page(case_file(facts, answer))
    assert all(each.drawing is None for each in shown.predictions)
    answers = {each.task: (each.answer, each.reason) for each in shown.predictions}
    assert answers["sla_breach"] == ("Nothing could tell", "No promise is known.")
    assert answers["exception_type"][0] == "Suspicious return"
    assert shown.head.clock.text == "no promise"


def test_a_passed_promise_has_neither_a_drawing_nor_a_degraded_reason() -> None:
    told = recommendation()
    passed = RiskPrediction(probability=1.0, due_at=NOW, served_by=ServedBy.RULES, reason="promise_passed")
    step = CheckStep(kind="rule", id="sla_breach.promise_passed", version="1", saw={}, concluded=1.0, says="it passed")
    late = told.model_copy(
        update={
            "predictions": told.predictions.model_copy(update={"sla_breach": passed}),
            "explanation": (step, *(each for each in told.explanation if each.id != "sla_breach")),
        }
    )
    shown = page(case_file(answer=late))
    breach = next(each for each in shown.predictions if each.task == "sla_breach")
    assert (breach.title, breach.answer, breach.probability) == ("The promise has passed", "Promise broken", "")
    assert (breach.drawing, breach.reason, breach.rules) == (None, "", ("It passed",))
    assert (breach.served_by, breach.served_words) == ("settled", "rules")
    assert shown.recommended is not None
    assert {shown.recommended.breach, *(each.breach for each in shown.alternatives)} == {"already broken"}
    assert (shown.promise_title, page().promise_title) == ("Promise", "Promise still breaks")


def test_gates_stand_with_the_option_they_concern() -> None:
    steps = recommendation().explanation
    marked = [
        step.model_copy(update={"saw": {**step.saw, "options": ranks}})
        for step, ranks in zip([each for each in steps if each.kind == "gate"], ("1, 3", "2", "1"), strict=True)
    ]
    answer = recommendation(explanation=(*[each for each in steps if each.kind != "gate"], *marked))
    shown = page(case_file(answer=answer))
    assert [each.id for each in shown.gates] == ["finance.order_value", "systems.oms_up"]
    assert [(each.id, each.ranks) for each in shown.other_gates] == [("inventory.count_age", (2,))]
    assert all("options" not in dict(each.saw) for each in (*shown.gates, *shown.other_gates))


@pytest.mark.parametrize(
    ("state", "who", "why"),
    [
        (ReviewState.OPEN, onlooker(), ""),
        (ReviewState.OPEN, onlooker(roles=frozenset({Role.AUDITOR})), "It waits for store finance and store operat"),
        (ReviewState.OPEN, onlooker("orchestrator"), "You asked for this recommendation; somebody else must agree"),
        (ReviewState.NOT_REQUIRED, onlooker(), "Nobody needs to agree"),
        (ReviewState.SUPERSEDED, onlooker(), "A newer event of this exception was answered; nothing is left to decide"),
        (ReviewState.CLOSED, onlooker(), "The outcome was told before anybody had decided"),
        (ReviewState.APPROVED, onlooker(), "This case is decided: approved."),
        (ReviewState.REJECTED, onlooker(), "This case is decided: rejected."),
    ],
)
def test_forms_are_for_those_who_can_decide(state: ReviewState, who: Any, why: str) -> None:
    roles = (Role.STORE_FINANCE, Role.STORE_OPERATIONS) if state is ReviewState.OPEN else ()
    shown = page(case_file(state=state, roles=roles), who)
    assert (shown.forms is not None) == (why == "")
    assert shown.why_not.startswith(why)


def test_a_newer_event_overtakes_what_was_decided() -> None:
    newer = "018f0000-0000-7000-8000-000000000002"
    status: dict[str, Any] = {"state": ReviewState.APPROVED, "roles": (), "superseded_by": newer}
    shown = page(case_file(reviews=(review(),), **status))
    assert shown.why_not.endswith("answered since: nothing of this may be executed any more.")
    assert (shown.head.state_words, shown.newer_url) == ("approved, overtaken", f"/console/cases/{newer}")
    mine = page(case_file(reviews=(review(decided_by=onlooker().name),), **status), decided=True)
    assert mine.banner is not None
    assert mine.banner.text == f"You approved.{shown.why_not.removeprefix('This case is decided: approved.')}"


def test_one_agrees_only_for_roles_one_holds() -> None:
    forms = page().forms
    assert forms is not None
    assert forms.agree_for == ("store finance",)


@pytest.mark.parametrize(
    ("verdict", "status", "says"),
    [
        (
            ReviewVerdict.APPROVE,
            {"roles": (Role.STORE_OPERATIONS,)},
            "You approved. Store operations must still agree.",
        ),
        (
            ReviewVerdict.APPROVE,
            {"roles": (), "state": ReviewState.APPROVED, "execute": ActionId.RESOURCE_FROM_NODE},
            "You approved. The orchestrator may now execute: Fulfil from another node.",
        ),
        (
            ReviewVerdict.OVERRIDE,
            {"roles": (), "state": ReviewState.OVERRIDDEN, "held_until": ("the ERP is up",)},
            "You overrode. It is held until the ERP is up.",
        ),
        (ReviewVerdict.REJECT, {"roles": (), "state": ReviewState.REJECTED}, "You rejected the recommendation."),
    ],
)
def test_a_decision_is_confirmed_with_what_follows(verdict: ReviewVerdict, status: Any, says: str) -> None:
    reason = None if verdict is ReviewVerdict.APPROVE else RejectReason.OTHER
    mine = review(verdict=verdict, reason=reason)
    banner = page(case_file(reviews=(mine,), **status), decided=True).banner
    assert banner is not None
    assert banner.text.startswith(says)


def test_nobody_is_told_that_they_decided_what_they_did_not() -> None:
    assert page(case_file(reviews=(review(decided_by="paul"),)), decided=True).banner is None
    assert page(case_file(reviews=(review(),)), decided=False).banner is None


def test_a_refusal_stands_on_top_and_keeps_what_was_typed() -> None:
    typed = {"verdict": "reject", "reason": "other", "comment": "counted twice"}
    shown = page(attempt=Attempt(typed, refusal="Somebody decided"))
    assert shown.banner is not None
    assert shown.forms is not None
    assert (shown.banner.tone, shown.banner.text) == ("bad", "Somebody decided")
    assert (shown.forms.comment, shown.forms.open_form) == ("counted twice", "reject")


def test_old_facts_are_called_old() -> None:
    assert not page().validity.over
    late = case_page(case_file(), onlooker(), NOW + timedelta(hours=1), next_url="")
    assert late.validity.over
    assert late.head.clock.text == "due 18 min ago"


def test_what_is_new_to_the_models_stands_above_the_predictions_once() -> None:
    assert page().news == ()
    steps = tuple(model_step(id=task, news=("code X-17 is new to the model",)) for task in ("sla_breach", "root_cause"))
    shown = page(case_file(answer=recommendation(explanation=steps)))
    assert shown.news == ("code X-17 is new to the model",)
    assert render(shown).count("code X-17 is new to the model.") == 1


def test_a_probability_that_a_check_saw_reads_as_a_share() -> None:
    saw: dict[str, Seen] = {"sla_breach": 0.62, "type_probability": 0.405, "source_age": 0.62, "stockout": None}
    step = CheckStep(kind="fallback", id="fallback.rules_alone", version="1", saw=saw, says="x")
    told = page(case_file(answer=recommendation(explanation=(step,)))).rules_alone.check
    assert told is not None
    assert [value for _, value in told.saw] == ["62 %", "40 %", "0.62", "not known"]


def test_three_roles_read_as_a_list() -> None:
    held = frozenset({Role.RETURNS_DESK, Role.PRICING_DESK, Role.SUPPLY_PLANNING})
    assert page(who=onlooker(roles=held)).why_not.endswith("you hold pricing desk, returns desk and supply planning.")
