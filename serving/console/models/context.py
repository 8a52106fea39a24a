"""What the pages about models are given; the same rules as for every page (`serving.console.context`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup

from serving.console.context import Banner, Moment, Viewer


@dataclass(frozen=True)
class BundleName:
    """A bundle as people tell it from another: the first letters of its digest, and the whole."""

    short: str
    digest: str


@dataclass(frozen=True)
class InForceView:
    """The bundle that serves: how it came, when, by whom and why; `since` is None where no promotion brought it."""

    bundle: BundleName
    came: str
    since: Moment | None
    by: str
    reason: str
    asked: str
    """Who had asked for it and why; empty where no promotion brought it."""


@dataclass(frozen=True)
class LadderRow:
    """Who serves one task, and why no better one."""

    task: str
    served_by: str
    served_words: str
    reason: str
    version: str


@dataclass(frozen=True)
class Deed:
    """What became of a promotion: who decided and why, and who rolled it back; or what its checks refused."""

    says: str
    at: Moment | None
    """None of what its checks refused: that was when it was asked for."""


@dataclass(frozen=True)
class PromotionRow:
    """One promotion of the list."""

    url: str
    challenger: BundleName
    state: str
    state_words: str
    asked: str
    """Who asked, and how long ago."""
    reason: str
    deeds: tuple[Deed, ...]


@dataclass(frozen=True)
class ShadowRow:
    """One task that both answered."""

    task: str
    answers: str
    apart: str
    """Mean difference of their probabilities."""
    others: str
    """How often they answered something else."""
    outcomes: str
    champion: str
    challenger: str
    """Log losses over the answers whose outcome is known; empty where none is."""


@dataclass(frozen=True)
class ShadowView:
    """The bundle of the shadow, what it does there, and how it compares with the one in force."""

    challenger: BundleName
    says: str
    """What the bundle does: a sentence that goes on after its name."""
    rows: tuple[ShadowRow, ...]


@dataclass(frozen=True)
class DriftRow:
    """Whether one task's cases are still those its model learned from."""

    task: str
    version: str
    """The model that this is of; empty where none serves."""
    decisions: str
    says: str
    alarms: tuple[str, ...]


@dataclass(frozen=True)
class RollbackForm:
    """Where a rollback would lead, and what was typed already."""

    to: BundleName
    serving: str
    """The digest of what serves: a rollback is for what the person saw."""
    reason: str
    problem: str


@dataclass(frozen=True)
class ModelsPage:
    """`/console/models`: what serves, what waits for somebody's agreement, and what came before."""

    template: ClassVar[str] = "models.html"
    viewer: Viewer
    banner: Banner | None
    in_force: InForceView | None
    """None where no bundle can be read."""
    unread: str
    """Who serves where no bundle can be read; empty where one is in force."""
    not_trusted: str
    """Why the bundle in the folder may not answer, and what to do; empty where it may."""
    altered: str
    """What somebody altered of the record of what came in force; empty where nothing shows."""
    ladder: tuple[LadderRow, ...]
    unreadable: str
    """How many promotions cannot be shown, because their record was altered; empty where none."""
    waiting: tuple[PromotionRow, ...]
    lapsed: tuple[PromotionRow, ...]
    """Those that wait and that nobody can agree to as things stand."""
    past: tuple[PromotionRow, ...]
    shadow: ShadowView | None
    shadow_problem: str
    """Why the shadow, or part of it, cannot answer; empty where all is well or none was asked for."""
    rollback: RollbackForm | None
    """None where the viewer may not, or nothing came before."""


@dataclass(frozen=True)
class DriftTable:
    """`/console/models/drift`: drift task by task, put into the page once it is measured."""

    template: ClassVar[str] = "drift.html"
    bundle: BundleName | None
    """The bundle whose models these are; None where none can be read."""
    compared: str
    """What was looked at, and since when."""
    drift: tuple[DriftRow, ...]


@dataclass(frozen=True)
class PromotionHead:
    """What is asked for, by whom, and where it stands."""

    promotion_id: str
    challenger: BundleName
    champion: BundleName
    state: str
    state_words: str
    asked_by: str
    asked: Moment
    age: str
    reason: str
    title: str
    deeds: tuple[Deed, ...]


@dataclass(frozen=True)
class LearnedRow:
    """From what both models of one task learned."""

    task: str
    champion: str
    challenger: str


@dataclass(frozen=True)
class Evidence:
    """What the two came to live, while the challenger was in the shadow of the champion."""

    says: str
    rows: tuple[ShadowRow, ...]


@dataclass(frozen=True)
class DossierVerdict:
    """What the checks come to, in a sentence, and what whoever agrees must know."""

    refused: bool
    says: str
    cautions: tuple[CheckRow, ...]
    """The checks that refused or noted something, the gravest first."""


@dataclass(frozen=True)
class CheckRow:
    """One check of the dossier."""

    finding: str
    words: str
    name: str
    says: str


@dataclass(frozen=True)
class Comparison:
    """Rows of numbers under headings; the first `words` columns are text."""

    title: str
    columns: tuple[str, ...]
    words: int
    rows: tuple[tuple[str, ...], ...]
    says: str


@dataclass(frozen=True)
class PromotionForm:
    """The form to agree or not, with what was typed already."""

    post_to: str
    reason: str
    problem: str


@dataclass(frozen=True)
class PromotionPage:
    """`/console/models/promotions/{id}`: the dossier of a promotion, and the form to agree to it or not."""

    template: ClassVar[str] = "promotion.html"
    viewer: Viewer
    banner: Banner | None
    head: PromotionHead
    verdict: DossierVerdict
    window: str
    same: str
    """Which tasks keep the champion's model, and so are left out of the numbers; empty where none does."""
    learned: tuple[LearnedRow, ...]
    """Empty where the manifests of both are gone."""
    evidence: Evidence
    drawing: Markup
    """The differences with their intervals, drawn by `intervals`, which escapes them."""
    passed: tuple[CheckRow, ...]
    comparisons: tuple[Comparison, ...]
    digests: tuple[tuple[str, str], ...]
    form: PromotionForm | None
    withdrawal: PromotionForm | None
    """For whoever asked, while nobody has decided."""
    why_not: str
    """Why the viewer cannot decide, where there is no form."""
