"""From the records of models and promotions to their pages: every value in words, nothing decided here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from markupsafe import Markup

from data.promotion import (
    OTHER_CASES,
    Check,
    ComingInForce,
    Dossier,
    Finding,
    InForceNow,
    Promotion,
    PromotionState,
    Window,
)
from data.vocabulary import ServedBy, Task
from models.drift_records import DriftReport
from models.performance import FEWEST
from serving.console import display
from serving.console.case_view import SERVED_WORDS, moment
from serving.console.context import Viewer
from serving.console.models.context import (
    BundleName,
    CheckRow,
    Comparison,
    Deed,
    DossierVerdict,
    DriftRow,
    DriftTable,
    Evidence,
    InForceView,
    LadderRow,
    LearnedRow,
    PromotionHead,
    PromotionRow,
    ShadowRow,
    ShadowView,
)
from serving.health.schemas import Step
from serving.models.drift_schemas import ModelsDrift, TaskDrift
from serving.models.learned import Learned, Made, kept
from serving.models.shadow_report import ShadowReport, ShadowTask

STATE_WORDS = {
    PromotionState.PROPOSED: "waits for another person",
    PromotionState.REFUSED: "refused by its checks",
    PromotionState.APPROVED: "agreed to",
    PromotionState.REJECTED: "not agreed to",
    PromotionState.WITHDRAWN: "withdrawn",
}
_TITLES = {
    PromotionState.PROPOSED: "May {} take over?",
    PromotionState.REFUSED: "{} may not take over",
    PromotionState.APPROVED: "{} took over",
    PromotionState.REJECTED: "{} did not take over",
    PromotionState.WITHDRAWN: "{} was withdrawn",
}
STALE_WORDS = "compared with another bundle"
"""Of one that waits while something else than its champion serves: it must be asked for anew."""
ROLLED_BACK_WORDS = "agreed to, rolled back since"
ALTERED_WORDS = "the record of it was altered"
_CAME = {
    ComingInForce.FOUND: "published into the folder",
    ComingInForce.PROMOTION: "by promotion",
    ComingInForce.ROLLBACK: "by rollback",
}
_FINDINGS = {Finding.PASSED: "passed", Finding.NOTED: "know this", Finding.REFUSED: "refused"}
_NO_DRIFT = {
    "no_model": "no model in force serves it",
    "no_profile": "its bundle keeps no profile to compare with",
    "too_few_decisions": "too few decisions to tell",
}
_SHORT = len("sha256:") + 12
MOST_MOVED = 3
"""Features that are named of those that have moved; the interface tells all."""


def bundle_name(digest: str) -> BundleName:
    """The digest, and as much of it as tells two bundles apart."""
    return BundleName(digest[len("sha256:") : _SHORT], digest)


def in_force_view(now: InForceNow) -> InForceView | None:
    """The bundle in force, or None where none can be read."""
    if now.bundle is None:
        return None
    since = moment(now.since, None) if now.since else None
    asked = f"{now.requested_by} asked: {now.requested_because}" if now.requested_by else ""
    return InForceView(bundle_name(now.bundle), _CAME[now.came], since, now.by or "", now.reason or "", asked)


def unread_words(steps: Iterable[Step]) -> str:
    """Who serves where no bundle can be read."""
    if any(step.served_by is ServedBy.PREVIOUS_MODEL for step in steps):
        return "The bundle in force cannot be read: the models of an earlier one answer."
    return "No bundle can be read: the rules answer alone."


def ladder_rows(steps: Iterable[Step]) -> tuple[LadderRow, ...]:
    """Who serves each task."""
    return tuple(
        LadderRow(
            task=display.heading(display.words(step.task)),
            served_by=step.served_by.value,
            served_words=SERVED_WORDS[step.served_by],
            reason=display.words(step.reason) if step.reason else "",
            version=bundle_name(step.version).short if step.version else "",
        )
        for step in steps
    )


def promotion_row(promotion: Promotion, serving: str | None, now: datetime) -> PromotionRow:
    """One line of the list."""
    return PromotionRow(
        url=f"/console/models/promotions/{promotion.promotion_id}",
        challenger=bundle_name(promotion.challenger),
        state="altered" if promotion.altered else promotion.state.value,
        state_words=state_words(promotion, serving),
        asked=f"{promotion.requested_by}, {display.ago(promotion.requested_at, now)}",
        reason=promotion.reason,
        deeds=deeds(promotion),
    )


def state_words(promotion: Promotion, serving: str | None) -> str:
    """Where a promotion stands beside what serves now."""
    if promotion.altered:
        return ALTERED_WORDS
    if promotion.rolled_back:
        return ROLLED_BACK_WORDS
    return STALE_WORDS if is_stale(promotion, serving) else STATE_WORDS[promotion.state]


def is_stale(promotion: Promotion, serving: str | None) -> bool:
    """Whether it waits, but was compared with another bundle than the one that serves."""
    return promotion.state is PromotionState.PROPOSED and promotion.champion != serving


def promotion_head(promotion: Promotion, serving: str | None, now: datetime) -> PromotionHead:
    """The top of a promotion's page."""
    return PromotionHead(
        promotion_id=promotion.promotion_id,
        challenger=bundle_name(promotion.challenger),
        champion=bundle_name(promotion.champion),
        state="altered" if promotion.altered else promotion.state.value,
        state_words=state_words(promotion, serving),
        asked_by=promotion.requested_by,
        asked=moment(promotion.requested_at, None),
        age=display.ago(promotion.requested_at, now),
        reason=promotion.reason,
        title=_TITLES[promotion.state].format(bundle_name(promotion.challenger).short),
        deeds=deeds(promotion),
    )


def deeds(promotion: Promotion) -> tuple[Deed, ...]:
    """What became of it, in order; nothing while it waits."""
    if promotion.decided is None:
        return tuple(Deed(says, None) for says in promotion.refusals)
    by, back = promotion.decided, promotion.rolled_back
    decided = Deed(f"{by.by} {promotion.state.deed}: {by.reason}", moment(by.at, None))
    return (decided, Deed(f"{back.by} rolled back: {back.reason}", moment(back.at, None))) if back else (decided,)


def may_withdraw(promotion: Promotion, viewer: Viewer) -> bool:
    """Whether this person asked for it and nobody has decided: then they may take it back."""
    return promotion.state is PromotionState.PROPOSED and promotion.requested_by == viewer.name


def why_not(promotion: Promotion, serving: str | None, viewer: Viewer, may_approve: bool) -> str:
    """Why this person cannot decide here; empty where they can. The service checks all of it again."""
    if promotion.state is PromotionState.REFUSED:
        return "Its checks refused it: nobody can agree to it. Train again, or ask with another challenger."
    if promotion.state is not PromotionState.PROPOSED:
        return f"This promotion is decided: {'; '.join(deed.says for deed in deeds(promotion))}"
    if promotion.requested_by == viewer.name:
        return "You asked for this promotion; another person must agree to it. You may withdraw it."
    if not may_approve:
        return "It waits for a model owner; none of your roles may agree to it."
    if is_stale(promotion, serving):
        return "It was compared with another bundle than the one that serves now: it must be compared again."
    return ""


def verdict(dossier: Dossier, waits: bool, policy: str) -> DossierVerdict:
    """What the checks come to, for whoever decides while it `waits`, and for whoever reads of it later.

    `policy` is the digest of the one in force: expected costs that another one counted are not what acting costs here.
    """
    cautions = check_rows(dossier.checks, Finding.REFUSED, Finding.NOTED)
    if waits and dossier.policy != policy:
        cautions = (*cautions, _OTHER_POLICY)
    if dossier.refusals:
        return DossierVerdict(True, "No: its checks refuse it", cautions)
    if not waits:
        return DossierVerdict(False, "Its checks did not refuse it", cautions)
    also = " Know this before you agree" if cautions else ""
    return DossierVerdict(False, f"It may take over, once another person agrees.{also}", cautions)


_OTHER_POLICY = CheckRow(
    Finding.NOTED.value,
    _FINDINGS[Finding.NOTED],
    "policy, the bundle",
    "expected costs were counted by another policy than the one in force: make the dossier again with --policy",
)


def _task_words(check: Check) -> str:
    return display.words(check.task) if check.task else "the bundle"


def window_words(dossier: Dossier) -> str:
    """On what both were compared."""
    window = dossier.window
    return (
        f"Both bundles answered the same {window.n:,} cases of {window.exceptions:,} exceptions{_new_to_both(window)} "
        f"The intervals hold 95 % of {dossier.resamples:,} paired resamples of {dossier.window.resampled}."
    )


def _new_to_both(window: Window) -> str:
    """Of when the cases are, and why neither bundle had seen them."""
    if window.untaught is not None:
        return f" of {window.history} that taught neither: {window.untaught.says}. {OTHER_CASES}."
    begins, ends = map(display.moment, window.days or ())
    return f", from {begins} to {ends} ({window.history}): days that neither had learned from."


def check_rows(checks: Iterable[Check], *findings: Finding) -> tuple[CheckRow, ...]:
    """The checks with these findings, the gravest first."""
    chosen = sorted(
        (each for each in checks if each.finding in findings), key=lambda each: -list(Finding).index(each.finding)
    )
    return tuple(
        CheckRow(
            each.finding.value, _FINDINGS[each.finding], f"{display.words(each.name)}, {_task_words(each)}", each.says
        )
        for each in chosen
    )


def same_tasks(dossier: Dossier, kept: frozenset[Task]) -> frozenset[Task]:
    """The tasks whose model is the champion's own: the very files, or where those are gone, no number that differs."""
    told = {each.task for each in dossier.differences}
    apart = {each.task for each in dossier.differences if any((each.difference, each.low, each.high))}
    apart |= {each.task for each in dossier.slices if each.difference}
    apart |= {each.task for each in dossier.shares if each.champion != each.challenger}
    return kept | (told - apart)


def same_words(dossier: Dossier, same: frozenset[Task]) -> str:
    """One line in place of the zeros of all their tables."""
    named = [display.words(task) for task in dossier.tasks if task in same]
    return f"Same model on both sides, so nothing differs: {', '.join(named)}." if named else ""


def without(dossier: Dossier, same: frozenset[Task]) -> Dossier:
    """The dossier's numbers of the other tasks."""
    update = {
        name: tuple(each for each in getattr(dossier, name) if each.task not in same)
        for name in ("differences", "slices", "calibrations", "shares")
    }
    return dossier.model_copy(update=update)


def learned_rows(champion: Made | None, challenger: Made | None) -> tuple[LearnedRow, ...]:
    """When both were made, and from what each of their models learned."""
    if champion is None or challenger is None:
        return ()
    made = LearnedRow("Bundle made", display.moment(champion.created_at), display.moment(challenger.created_at))
    tasks = [task for task in Task if task in {**champion.tasks, **challenger.tasks}]
    rows = (
        LearnedRow(
            display.heading(display.words(task)),
            _learned_words(champion.tasks.get(task)),
            "the same model" if task in kept(champion, challenger) else _learned_words(challenger.tasks.get(task)),
        )
        for task in tasks
    )
    return (made, *rows)


def _learned_words(learned: Learned | None) -> str:
    if learned is None:
        return "no such model"
    cases = f"{learned.n:,} cases" if learned.n is not None else "cases"
    span = f", {display.day(learned.begins)} to {display.day(learned.ends)}" if learned.begins and learned.ends else ""
    again = f"; recalibrated until {display.day(learned.recalibrated)}" if learned.recalibrated else ""
    return f"{cases} of {learned.history or 'a history without a name'}{span}{again}"


def evidence(told: Iterable[ShadowTask]) -> Evidence:
    """What the shadow tells of the two; that it tells nothing, where it does."""
    rows = tuple(map(_shadow_row, told))
    if rows:
        return Evidence("What the challenger would have said of cases that the champion answered, live.", rows)
    return Evidence("The challenger has not answered in the shadow of this champion.", ())


def comparisons(dossier: Dossier) -> tuple[Comparison, ...]:
    """The numbers of the dossier, each table that has any."""
    made = (_differences(dossier), _slices(dossier), _shares(dossier), _calibrations(dossier), _cost(dossier))
    return tuple(each for each in made if each.rows)


def _differences(dossier: Dossier) -> Comparison:
    rows = tuple(
        (
            display.words(each.task),
            display.words(each.metric),
            f"{each.n:,}",
            _number(each.champion),
            _number(each.challenger),
            _change(each.difference),
            f"{_change(each.low)} to {_change(each.high)}",
        )
        for each in dossier.differences
    )
    return Comparison(
        "Side by side",
        ("Task", "Metric", "Cases", "Champion", "Challenger", "Difference", "95 % of resamples"),
        2,
        rows,
        f"Lower is better for log loss (nats) and expected cost ({dossier.currency} a case: somebody acts where "
        "probability times the policy's cost of the event exceeds the cost of acting; a wrong label costs one "
        "investigation). Higher is better for average precision.",
    )


def _slices(dossier: Dossier) -> Comparison:
    rows = tuple(
        (
            display.words(each.task),
            f"{display.words(each.by)}: {each.value}",
            f"{each.n:,}",
            _number(each.champion),
            _number(each.challenger),
            _change(each.difference),
            f"{each.errors:.1f}",
        )
        for each in dossier.slices
    )
    columns = ("Task", "Slice", "Cases", "Champion", "Challenger", "Difference", "In standard errors")
    return Comparison("Worst slices, by log loss", columns, 2, rows, "Above 0 the challenger is the worse one.")


def _shares(dossier: Dossier) -> Comparison:
    rows = tuple(
        (display.words(each.task), display.words(each.feature), _share(each.champion), _share(each.challenger))
        for each in dossier.shares
    )
    says = "A feature's share of the mean absolute contribution. One that suddenly carries much is often a leak."
    return Comparison("What carries the scores", ("Task", "Feature", "Champion", "Challenger"), 2, rows, says)


def _calibrations(dossier: Dossier) -> Comparison:
    rows = tuple(
        (display.words(each.task), _number(each.champion), _number(each.challenger)) for each in dossier.calibrations
    )
    says = "Expected calibration error over 15 equally filled bins: how far probabilities lie from what happened."
    return Comparison("Calibration", ("Task", "Champion", "Challenger"), 1, rows, says)


def _cost(dossier: Dossier) -> Comparison:
    cost = dossier.cost
    rows = (
        ("Predicting and explaining a case", _ms(cost.champion_milliseconds), _ms(cost.challenger_milliseconds)),
        ("Files", _mb(cost.champion_bytes), _mb(cost.challenger_bytes)),
    )
    return Comparison("What answering takes", ("", "Champion", "Challenger"), 1, rows, "")


def drawn(drawing: str) -> Markup:
    """What `intervals` drew and escaped."""
    return Markup(drawing)  # noqa: S704 - drawn and escaped by `intervals`


def shadow_view(report: ShadowReport) -> ShadowView | None:
    """The shadow beside what serves; None where the service was given none."""
    if report.challenger is None:
        return None
    return ShadowView(bundle_name(report.challenger), _shadow_does(report), tuple(map(_shadow_row, report.tasks)))


def _shadow_does(report: ShadowReport) -> str:
    """What the shadow does, in words that go on after its name."""
    if report.challenger == report.champion:
        return "serves now: nothing answers in the shadow until the service starts with another bundle there."
    if report.champion is None:
        return "waits: no bundle is in force that it could answer beside."
    return f"answers beside it, without effect. {_shadow_saw(report)}"


def _shadow_saw(report: ShadowReport) -> str:
    missed = [
        f"{count:,} {what}"
        for count, what in ((report.dropped, "not seen because it was behind"), (report.failures, "failed"))
        if count
    ]
    seen = f"{report.answers:,} answers" + (f" and {report.shelves:,} shelves" if report.shelves else "")
    return f"It saw {seen} since the service started{''.join(f', {each}' for each in missed)}."


def _shadow_row(told: ShadowTask) -> ShadowRow:
    return ShadowRow(
        task=display.heading(display.words(told.task)),
        answers=f"{told.answers:,}",
        apart=f"{100 * told.mean_difference:.1f} points",
        others=f"{told.disagreements:,}",
        outcomes=f"{told.outcomes:,}",
        champion=_number(told.champion_log_loss) if told.champion_log_loss is not None else "",
        challenger=_number(told.challenger_log_loss) if told.challenger_log_loss is not None else "",
    )


def drift_table(drift: ModelsDrift) -> DriftTable:
    """What is known of drift, task by task."""
    bundle = bundle_name(drift.bundle) if drift.bundle else None
    return DriftTable(bundle, _compared(drift), tuple(map(_drift_row, drift.tasks)))


def _compared(drift: ModelsDrift) -> str:
    """What was looked at; of less than a day, a warning that the clock alone moves features."""
    if drift.since is None or drift.until is None:
        return "Nothing was decided yet."
    many = f"{drift.decisions:,} decisions" + (f" and {drift.shelves:,} shelves asked about" if drift.shelves else "")
    early = " Under a day: what tells the hour, the day or the season has moved for that alone."
    brief = early if drift.until - drift.since < timedelta(days=1) else ""
    return f"The latest {many}, since {moment(drift.since, None).text}; measured within the last five minutes.{brief}"


def _drift_row(told: TaskDrift) -> DriftRow:
    says = _seen(told.report) if told.report else _NO_DRIFT[told.reason or "no_model"]
    says += _came_to(told)
    alarms = tuple(each.says for each in told.report.alarms) if told.report else ()
    version = bundle_name(told.version).short if told.version else ""
    task = display.heading(display.words(told.task))
    return DriftRow(task, version, f"{told.decisions + told.shelves:,}", says, alarms)


def _seen(report: DriftReport) -> str:
    """The report's sentence, and what moved furthest."""
    moved = [display.words(each.feature) for each in report.features if each.level != "none"][:MOST_MOVED]
    return f"{report.says} (moved furthest: {', '.join(moved)})" if moved else report.says


def _came_to(told: TaskDrift) -> str:
    """What a risk's answers came to of late, once enough are known to say so; empty for labels."""
    everywhere = next((each for each in told.records if each.region is None), None)
    if everywhere is None or not told.task.is_risk or everywhere.answers < FEWEST:
        return ""
    more = "more" if everywhere.surplus >= 0 else "fewer"
    known = f"of {everywhere.answers:,.0f} answers whose outcome is known"
    return f"; {known}, {abs(everywhere.surplus):,.0f} {more} came true than was said"


def digests(promotion: Promotion, dossier: Dossier) -> tuple[tuple[str, str], ...]:
    """What the dossier is of, for whoever checks it."""
    return (
        ("challenger", promotion.challenger),
        ("champion", promotion.champion),
        ("dossier", promotion.dossier),
        ("policy", dossier.policy),
        ("cases compared", dossier.window.data),
    )


def _number(value: float) -> str:
    return f"{value:.4f}"


def _change(value: float) -> str:
    return f"{'+' if value >= 0 else display.MINUS}{abs(value):.4f}"


def _share(value: float | None) -> str:
    return "no feature of it" if value is None else display.percent(value)


def _ms(value: float) -> str:
    return f"{value:.1f} ms"


def _mb(value: int) -> str:
    return f"{value / 1e6:.2f} MB"
