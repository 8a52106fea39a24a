"""From predictions to a decision: propose what the table allows, gate and price each option, decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.actions import ActionId
from data.prediction import Predictions
from data.vocabulary import Disposition
from policies.candidates import Candidate, proposals
from policies.costs import Price, Stakes, Work, price, stakes, work
from policies.decide import Decision, Weighed, decide
from policies.gates import Finding, Verdict, gate_option
from policies.option_facts import option_facts, prediction_facts, systems_needed
from policies.policy import Policy
from policies.replenishment import refill
from policies.situation import Situation
from policies.targets import Target, target_of
from policies.worth_asking import unpriced, worth_asking


@dataclass(frozen=True, slots=True)
class Prospect:
    """A case with predictions and what is at stake: everything an option is weighed against."""

    situation: Situation
    facts: Mapping[str, Any]
    predictions: Predictions
    at_stake: Stakes
    policy: Policy


def prospect(situation: Situation, facts: Mapping[str, Any], predictions: Predictions, policy: Policy) -> Prospect:
    """The case's facts with those of the predictions, and what is at stake under them."""
    known = {**facts, **prediction_facts(predictions)}
    return Prospect(situation, known, predictions, stakes(situation, predictions, known, policy), policy)


def choose(view: Prospect) -> Decision:
    """The options in order, the recommended one first."""
    case, predictions = view.situation.case, view.predictions
    refilled = refill(case.at_stake, predictions.stockout.probability, view.policy, view.situation.now)
    candidates = proposals(case, allowed_actions(view.facts, view.policy), refilled)
    return decide(weigh(view, candidate, order) for order, candidate in enumerate(candidates))


def allowed_actions(facts: Mapping[str, Any], policy: Policy) -> list[ActionId]:
    """What the table allows for the type and cause, in the order of its rows."""
    return [ActionId(str(hit.outputs["action"])) for hit in policy.ask("candidates", facts).hits]


def weigh(view: Prospect, candidate: Candidate, order: int = 0) -> Weighed:
    """Gate an option, price it, and ask whether a person is worth asking; the price includes the asking."""
    target = target_of(view.situation.case, candidate.action, candidate.parameters)
    done = work(view.situation, view.predictions, target, view.policy)
    verdict = _gates(view, target)
    if verdict.disposition is Disposition.PROCEED:
        verdict = verdict.and_also(_worth(view, done))
    return Weighed(candidate, _price(view, done, reviewed=bool(verdict.roles)), verdict, order)


def _gates(view: Prospect, target: Target) -> Verdict:
    facts = {**view.facts, **option_facts(view.situation, target, view.facts["granted"])}
    return gate_option(target.action, facts, systems_needed(view.situation.case, target), view.policy)


def _worth(view: Prospect, done: Work | None) -> Finding | None:
    """A price is needed to let an option go on alone: without one a person looks."""
    alone = _price(view, done, reviewed=False)
    if alone.expected is None:
        return unpriced(alone, view.policy)
    return worth_asking(alone, _price(view, done, reviewed=True), view.at_stake, view.predictions, view.policy)


def _price(view: Prospect, done: Work | None, *, reviewed: bool) -> Price:
    return price(view.situation, view.at_stake, done, view.policy, reviewed=reviewed)
