"""The explanation of a recommendation: every step that led to it, in the order in which it was taken.

Promise, then what was predicted and by whom, then what each option costs, who must agree and why, then what the rules
alone would have done. Sentences are for a store manager; numbers are those the decision was taken from.
"""

from __future__ import annotations

from collections.abc import Iterator

from data.actions import CATALOGUE
from data.explanation import CheckStep, Seen, Step
from data.recommendation import FallbackView
from data.record import money_text
from data.vocabulary import Task
from policies.answer_words import ALREADY_BROKEN
from policies.choose import Prospect
from policies.conformal import conformal_step
from policies.decide import Decision, Weighed
from policies.gates import Finding
from policies.policy import Policy
from policies.predicting import Told
from policies.situation import rounded
from policies.situation import told as told_facts

PRICED_IN_FULL = 3
"""How many options show what their cost is made of."""

_PARTS = {
    "promise": "the promise at risk",
    "unsolved": "work that may stay unsolved",
    "labour": "work",
    "cash": "cash",
    "amount": "money given up",
    "goodwill": "goodwill",
    "review": "the reviewer's time",
}


def steps(promise: CheckStep, told: Told, view: Prospect, decision: Decision, fallback: CheckStep) -> tuple[Step, ...]:
    """Every step, in order."""
    return (promise, *_predicted(told, view.policy), *_priced(view, decision), *_gated(decision), fallback)


def _predicted(told: Told, policy: Policy) -> Iterator[Step]:
    for task in Task:
        predicted = told.answers[task].predicted
        if predicted is not None:
            yield from predicted.steps
        if (conformal := conformal_step(predicted, policy)) is not None:
            yield conformal


def _priced(view: Prospect, decision: Decision) -> Iterator[CheckStep]:
    for rank, option in enumerate(decision.options[:PRICED_IN_FULL], start=1):
        yield _cost_step(view, rank, option)


def _cost_step(view: Prospect, rank: int, option: Weighed) -> CheckStep:
    price = option.price
    remains = rounded(price.remains.expected) if price.remains else None
    saw: dict[str, Seen] = {"rank": float(rank), "minutes": round(price.minutes, 1), "remains": remains}
    saw |= {f"cost.{name}": money_text(part) for name, part in price.parts.items()}
    return CheckStep(
        kind="cost",
        id=f"costs.{option.candidate.action.value}",
        version=view.policy.version,
        saw=told_facts(saw),
        concluded=_expected(view, option),
        says=_cost_in_words(view, option),
        missing=price.missing,
    )


def _expected(view: Prospect, option: Weighed) -> str | None:
    cost = option.price.expected
    return None if cost is None else f"{money_text(cost)} {view.situation.exchange.currency}"


def _cost_in_words(view: Prospect, option: Weighed) -> str:
    says, expected = CATALOGUE[option.candidate.action].says, _expected(view, option)
    if expected is None:
        return f"{says}: no price, {_why_unpriced(view, option)}"
    largest = sorted(((part, name) for name, part in option.price.parts.items() if part > 0), reverse=True)[:3]
    made_of = ", ".join(f"{money_text(part)} for {_part(view, name)}" for part, name in largest)
    return f"{says}: {expected} expected" + (f", of it {made_of}" if made_of else "")


def _part(view: Prospect, name: str) -> str:
    broken = name == "promise" and view.predictions.sla_breach.settled
    return f"the {ALREADY_BROKEN}" if broken else _PARTS.get(name, name)


def _why_unpriced(view: Prospect, option: Weighed) -> str:
    exchange = view.situation.exchange
    if exchange.currency is None:
        return "the case names no currency"
    if exchange.rate is None:
        return f"the policy has no rate for {exchange.currency}"
    return f"{' and '.join(_part(view, name) for name in option.price.missing) or 'its amount'} is not known"


def _gated(decision: Decision) -> Iterator[CheckStep]:
    """What the gates said, each finding once with the ranks of the options it concerns."""
    found: dict[tuple[str, str], tuple[Finding, dict[str, None]]] = {}
    for rank, option in enumerate(decision.options, start=1):
        for finding in option.verdict.findings:
            found.setdefault((finding.id, finding.says), (finding, {}))[1][str(rank)] = None
    for finding, ranks in found.values():
        yield finding.step(", ".join(ranks))


def fallback_step(view: FallbackView, rules: Told, version: str) -> CheckStep:
    """What the rules alone would have recommended, and from which predictions."""
    predictions = rules.predictions
    action = CATALOGUE[view.would_have].says
    verb = "agree" if view.agrees else "would differ"
    return CheckStep(
        kind="fallback",
        id="fallback.rules_alone",
        version=version,
        saw=told_facts(
            {
                "exception_type": predictions.exception_type.label,
                "root_cause": predictions.root_cause.label,
                "sla_breach": predictions.sla_breach.probability,
                "stockout": predictions.stockout.probability,
            }
        ),
        concluded=view.would_have.value,
        says=f"without models the rules {verb}: {action} ({view.disposition.value})",
    )
