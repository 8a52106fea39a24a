"""What each page is given: one documented class per template, holding values ready to read.

A template receives exactly the fields of its class; a test holds the two equal. Everything here is text as people
read it; escaping is the templates' part. The only markup is `PredictionView.drawing`, which `waterfall` escapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from markupsafe import Markup

from serving.console.facts import Panel

Band = Literal["late", "soon", "later", "none"]
"""How close the promise is: broken, within the hour, later, or no promise at all."""

Tone = Literal["good", "bad", "plain"]


@dataclass(frozen=True)
class Viewer:
    """Who looks: the principal's name, its roles in words, and the token every form must carry back."""

    name: str
    roles: tuple[str, ...]
    csrf: str


@dataclass(frozen=True)
class Moment:
    """A moment for people, and for the `datetime` attribute."""

    text: str
    utc: str


@dataclass(frozen=True)
class Choice:
    """One entry of a select."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True)
class Banner:
    """What just happened, at the top of the page."""

    tone: Tone
    text: str


@dataclass(frozen=True)
class Clock:
    """How the promise stands now."""

    band: Band
    text: str
    due: Moment | None


@dataclass(frozen=True)
class QueueRow:
    """One case that waits, or was decided."""

    id: str
    url: str
    clock: Clock
    at_stake: str
    type: str
    probability: str
    """How likely the type is, empty where nothing could tell."""
    says: str
    action: str
    roles: tuple[str, ...]
    yours: bool
    """Whether the viewer holds a role that still must agree."""
    node: str
    age: str
    state: str
    decided_by: str
    """Who decided last; empty where no person has."""
    decided_at: Moment | None


@dataclass(frozen=True)
class OptionView:
    """One priced action."""

    rank: int
    action: str
    parameters: tuple[tuple[str, str], ...]
    cost: str
    regret: str
    """Empty for the cheapest."""
    breach: str
    """The chance that the promise breaks if this is done, or that it is broken already; empty where unknown."""
    disposition: str
    disposition_words: str
    roles: tuple[str, ...]
    held_until: tuple[str, ...]
    says: str
    parts: tuple[tuple[str, str], ...]
    """What the cost is made of, the largest first; empty where the answer does not say."""


@dataclass(frozen=True)
class ContributionView:
    """One row of the waterfall's table."""

    name: str
    value: str
    moved: str
    says: str
    lever: bool


@dataclass(frozen=True)
class PredictionView:
    """One prediction: what it says, who served it, and why."""

    task: str
    title: str
    answer: str
    probability: str
    beside: str
    """What else it says: the runner-up, the moment of the promise, the horizon."""
    remains: str
    """What the conformal set leaves, in a sentence; empty without one."""
    served_by: str
    """The step of the ladder, or `settled` for what is a fact already."""
    served_words: str
    reason: str
    drawing: Markup | None
    base: str
    contributions: tuple[ContributionView, ...]
    others: str
    raw: str
    calibration: str
    rules: tuple[str, ...]
    """The sentences of the rules that answered, where rules did."""


@dataclass(frozen=True)
class CheckView:
    """What a rule, a gate, the costs or the fallback saw and concluded."""

    kind: str
    id: str
    version: str
    saw: tuple[tuple[str, str], ...]
    concluded: str
    verdict: str
    """`proceed`, `review` or `hold` for a gate; empty for others."""
    says: str
    missing: tuple[str, ...]
    ranks: tuple[int, ...]
    """The options it concerns, for a gate."""


@dataclass(frozen=True)
class ReviewView:
    """One decision somebody took."""

    verdict: str
    verdict_words: str
    by: str
    at: Moment
    action: str
    reason: str
    comment: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class FieldView:
    """One parameter of an action, as a form field."""

    name: str
    """The field's name in the form: action and parameter."""
    label: str
    value: str
    numeric: bool
    required: bool
    suggestions: tuple[str, ...]
    problem: str


@dataclass(frozen=True)
class ActionView:
    """An action somebody may choose instead."""

    id: str
    label: str
    foreseen: OptionView | None
    """What choosing it with the proposed parameters would mean; None where it needs more than the case knows."""
    fields: tuple[FieldView, ...]
    chosen: bool


@dataclass(frozen=True)
class DecisionForms:
    """The three forms, and what was typed into them where they come back with a problem."""

    post_to: str
    version: int
    approve: str
    """What approving agrees to, in words."""
    parameters: tuple[tuple[str, str], ...]
    agree_for: tuple[str, ...]
    """The roles for which the viewer would agree."""
    reasons: tuple[Choice, ...]
    comment: str
    priced: tuple[ActionView, ...]
    others: tuple[ActionView, ...]
    open_form: Literal["approve", "reject", "override"]
    problem: str


@dataclass(frozen=True)
class SignInPage:
    """`/console/sign-in`: one field for the principal's key."""

    template: ClassVar[str] = "sign_in.html"
    csrf: str
    go_to: str
    """The page that was asked for; a path of this console."""
    problem: str


@dataclass(frozen=True)
class QueuePage:
    """`/console` and `/console/decided`: the cases, most urgent first, or most recently decided first."""

    template: ClassVar[str] = "queue.html"
    viewer: Viewer
    title: str
    decided: bool
    rows: tuple[QueueRow, ...]
    filter_name: str
    filter_label: str
    filters: tuple[Choice, ...]
    filtered: bool
    refresh: str
    """The address that answers the same list anew."""
    refreshed: Moment
    summary: str
    """How many wait and how many of them are late, in words."""


@dataclass(frozen=True)
class CaseHead:
    """What a case is and how it stands, at the top of its page."""

    id: str
    exception_id: str
    headline: str
    state: str
    state_words: str
    clock: Clock
    at_stake: str
    type: str
    reported: str
    """What the sender called it, empty where that agrees."""
    node: str
    channel: str
    noticed: Moment
    """When the exception was noticed: what models and rules saw is of that moment."""
    issued: Moment
    age: str
    waits_for: tuple[str, ...]
    answer_by: Moment | None
    """Until when an answer is worth having, while somebody must agree."""


@dataclass(frozen=True)
class Validity:
    """Until when the facts may be trusted."""

    until: Moment
    over: bool


@dataclass(frozen=True)
class RulesAlone:
    """What would have been recommended without models."""

    action: str
    disposition: str
    agrees: bool
    check: CheckView | None


@dataclass(frozen=True)
class CasePage:
    """`/console/cases/{id}`: everything a person needs to decide, and the forms to do it."""

    template: ClassVar[str] = "case.html"
    viewer: Viewer
    head: CaseHead
    validity: Validity
    banner: Banner | None
    recommended: OptionView | None
    alternatives: tuple[OptionView, ...]
    why_behind: tuple[str, ...]
    """Why an alternative stands behind dearer ones, where one does."""
    promise_title: str
    """What the options' `breach` stands under."""
    predictions: tuple[PredictionView, ...]
    news: tuple[str, ...]
    """What the case names and no history told of, in sentences."""
    gates: tuple[CheckView, ...]
    """What the gates said of the recommended option."""
    other_gates: tuple[CheckView, ...]
    """What they said of the alternatives alone."""
    checks: tuple[CheckView, ...]
    """The other steps of the explanation: costs, promise, rules."""
    rules_alone: RulesAlone
    panels: tuple[Panel, ...]
    unused_attributes: tuple[str, ...]
    reviews: tuple[ReviewView, ...]
    execute: str
    """What the orchestrator may do now, empty while somebody must still agree."""
    held_until: tuple[str, ...]
    outcome: tuple[tuple[str, str], ...]
    """What then happened, as far as it was reported."""
    receipt: tuple[tuple[str, str], ...]
    forms: DecisionForms | None
    why_not: str
    """Why the viewer cannot decide, where there are no forms."""
    newer_url: str
    """The case of a newer event of the same exception, empty where there is none."""
    watch: str
    """The address that tells whether the case changed since."""
    next_url: str
    """The next most urgent case, empty where none waits."""


@dataclass(frozen=True)
class ChangedNotice:
    """`/console/cases/{id}/changes`: says that the case is no longer what the page shows."""

    template: ClassVar[str] = "changed.html"
    text: str
    url: str


@dataclass(frozen=True)
class ProblemPage:
    """Any refusal: what happened and where to go."""

    template: ClassVar[str] = "problem.html"
    title: str
    detail: str
