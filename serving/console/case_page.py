"""The case page, put together from a case file, the person who looks and the moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from data.actions import ActionId
from data.recommendation import Recommendation
from data.review import ReviewState
from data.vocabulary import ReviewVerdict, Role
from features.wording import NO_WORDS, Wordings
from serving.console import case_view as view
from serving.console import display
from serving.console.context import Banner, CaseHead, CasePage, DecisionForms, Validity, Viewer
from serving.console.decision_forms import FormProblem, decision_forms
from serving.console.facts import panels
from serving.console.foresight import Foresee
from serving.recommendations.schemas import CaseFile
from serving.standing_back import why_behind


@dataclass(frozen=True)
class Attempt:
    """A decision that was posted and not taken: what was typed, and what stands against it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    problem: FormProblem | None = None
    refusal: str = ""


@dataclass(frozen=True)
class Onlooker:
    """Who looks: for the page, and what the page must know to offer the forms."""

    viewer: Viewer
    name: str
    roles: frozenset[Role]
    allowed: tuple[ActionId, ...]
    """The actions the policy allows for this case."""
    foresee: Foresee
    """What choosing one of them would mean."""


def case_page(
    file: CaseFile,
    onlooker: Onlooker,
    now: datetime,
    next_url: str,
    decided: bool = False,
    attempt: Attempt | None = None,
    wordings: Wordings = NO_WORDS,
) -> CasePage:
    """Everything the template shows. `decided` asks for the banner that confirms the onlooker's own decision.

    `wordings` are of the bundle in force: what it calls the retailer's own attributes.
    """
    answer, case, status = file.recommendation, file.case, file.status
    zone = view.zone_of(case)
    why_not = _why_not(file, onlooker)
    options, gates = view.option_views(answer, case.currency), view.check_views(answer.explanation, "gate")
    return CasePage(
        viewer=onlooker.viewer,
        head=_head(file, now),
        validity=Validity(view.moment(answer.valid_until, zone), over=now > answer.valid_until),
        banner=_banner(file, onlooker, decided, attempt),
        recommended=options[0] if options else None,
        alternatives=options[1:],
        why_behind=why_behind(answer.options),
        promise_title="Promise" if answer.predictions.sla_breach.settled else "Promise still breaks",
        predictions=view.prediction_views(answer, case),
        news=view.news(answer),
        gates=tuple(gate for gate in gates if 1 in gate.ranks),
        other_gates=tuple(gate for gate in gates if 1 not in gate.ranks),
        checks=view.check_views(answer.explanation, "promise", "rule", "cost"),
        rules_alone=view.rules_alone(answer),
        panels=panels(case, wordings),
        unused_attributes=answer.unused_attributes,
        reviews=tuple(view.review_view(each, zone) for each in status.reviews),
        execute=display.action_words(status.execute) if status.execute else "",
        held_until=status.held_until,
        outcome=view.outcome_rows(file.outcome, case.currency, zone) if file.outcome else (),
        receipt=view.receipt_rows(answer.receipt, answer.predictions),
        forms=None if why_not else _forms(file, onlooker, attempt),
        why_not=why_not,
        newer_url=f"/console/cases/{status.superseded_by}" if status.superseded_by else "",
        watch=f"/console/cases/{answer.recommendation_id}/changes?version={status.version}",
        next_url=next_url,
    )


def _head(file: CaseFile, now: datetime) -> CaseHead:
    answer, case, status = file.recommendation, file.case, file.status
    zone = view.zone_of(case)
    return CaseHead(
        id=answer.recommendation_id,
        exception_id=answer.exception_id,
        headline=display.sentence(answer.says, answer.options[0].action if answer.options else None, case.currency),
        state=status.state.value,
        state_words=view.state_words(status.state, status.superseded_by, status.held_until),
        clock=view.clock(answer.predictions.sla_breach.due_at, zone, now),
        at_stake=view.at_stake(answer.urgency.value_at_stake),
        type=_type_words(answer),
        reported=_reported_words(answer),
        node=case.node.id if case.node else "not told",
        channel=display.words(case.channel) if case.channel else "",
        noticed=view.moment(case.event.time, zone),
        issued=view.moment(answer.issued_at, zone),
        age=display.ago(answer.issued_at, now),
        waits_for=view.role_words(status.roles),
        answer_by=view.moment(answer.review.due_at, zone) if answer.review and status.roles else None,
    )


def _forms(file: CaseFile, onlooker: Onlooker, attempt: Attempt | None) -> DecisionForms:
    held = sorted(onlooker.roles & set(file.status.roles))
    typed, problem = (attempt.typed, attempt.problem) if attempt else ({}, None)
    return decision_forms(file, held, onlooker.allowed, onlooker.foresee, typed, problem)


def _why_not(file: CaseFile, onlooker: Onlooker) -> str:
    """Why this person cannot decide here; empty where they can. The service checks all of it again."""
    status = file.status
    if status.state is ReviewState.NOT_REQUIRED and status.held_until:
        return (
            "Nobody needs to agree, but nothing of it may be executed yet: it is on hold. Once that clears, the "
            "orchestrator sends a newer event and gets a new answer."
        )
    if status.state is ReviewState.NOT_REQUIRED:
        return "Nobody needs to agree: no gate asked for a person, and the orchestrator was told to proceed."
    if status.state is ReviewState.SUPERSEDED:
        return "A newer event of this exception was answered; nothing is left to decide here."
    if status.state is ReviewState.CLOSED:
        return "The outcome was told before anybody had decided: nothing is left to decide, and nothing to execute."
    if status.state is not ReviewState.OPEN:
        return f"This case is decided: {view.STATE_WORDS[status.state]}.{_overtaken(file)}"
    if file.requested_by == onlooker.name:
        return "You asked for this recommendation; somebody else must agree to it."
    if not onlooker.roles & set(status.roles):
        return f"It waits for {_either(view.role_words(status.roles))}; you hold {_either(onlooker.viewer.roles)}."
    return ""


def _overtaken(file: CaseFile) -> str:
    """What a newer event leaves of a decision that people had made before it."""
    if file.status.superseded_by is None:
        return ""
    if file.outcome:
        return " A newer event of this exception was answered since."
    return " A newer event of this exception was answered since: nothing of this may be executed any more."


def _either(names: tuple[str, ...]) -> str:
    *first, last = names or ("no role",)
    return f"{', '.join(first)} and {last}" if first else last


def _banner(file: CaseFile, onlooker: Onlooker, decided: bool, attempt: Attempt | None) -> Banner | None:
    if attempt and attempt.refusal:
        return Banner("bad", attempt.refusal)
    own = [each for each in file.status.reviews if each.decided_by == onlooker.name]
    if not decided or not own:
        return None
    return Banner("good", _confirmation(file, own[-1].verdict))


def _confirmation(file: CaseFile, verdict: ReviewVerdict) -> str:
    status = file.status
    if verdict is ReviewVerdict.REJECT:
        return "You rejected the recommendation. The orchestrator learns that nothing of it may be executed."
    done = "approved" if verdict is ReviewVerdict.APPROVE else "overrode"
    if status.roles:
        return f"You {done}. {display.heading(_either(view.role_words(status.roles)))} must still agree."
    if file.outcome:
        return f"You {done}. The outcome is told since: nothing is left to execute."
    if status.superseded_by:
        return f"You {done}.{_overtaken(file)}"
    if status.execute:
        return f"You {done}. The orchestrator may now execute: {display.action_words(status.execute)}."
    return f"You {done}. It is held until {' and '.join(status.held_until) or 'a condition clears'}."


def _type_words(answer: Recommendation) -> str:
    label = answer.predictions.exception_type.label
    return display.words(label) if label else "type not known"


def _reported_words(answer: Recommendation) -> str:
    reported = answer.reported_type
    return display.words(reported) if reported and reported != answer.predictions.exception_type.label else ""
