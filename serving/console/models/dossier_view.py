"""A promotion's dossier on its page: the verdict, the checks, the numbers, and what both models learned from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from data.promotion import (
    OTHER_CASES,
    Check,
    Dossier,
    Finding,
    Promotion,
    PromotionState,
    ToldLive,
    Window,
)
from data.vocabulary import Task
from serving.console import display
from serving.console.models.context import (
    CheckRow,
    Comparison,
    DossierVerdict,
    LearnedRow,
)
from serving.models.learned import Learned, Made, kept

_FINDINGS = {Finding.PASSED: "passed", Finding.NOTED: "know this", Finding.REFUSED: "refused"}


def verdict(dossier: Dossier, promotion: Promotion, policy: str) -> DossierVerdict:
    """What the checks come to, for whoever decides while it waits, and for whoever reads of it later.

    Of a promotion whose record was altered they come to nothing: nobody knows what they were about.
    `policy` is the digest of the one in force: expected costs that another one counted are not what acting costs here.
    """
    waits = promotion.state is PromotionState.PROPOSED
    cautions = check_rows(dossier.checks, Finding.REFUSED, Finding.NOTED)
    if waits and dossier.policy != policy:
        cautions = (*cautions, _OTHER_POLICY)
    if promotion.altered:
        return DossierVerdict(True, f"No: its record was altered. {promotion.altered}", cautions)
    if dossier.refusals:
        return DossierVerdict(True, "No: its checks refuse it", cautions)
    if not waits:
        return DossierVerdict(False, "Its checks did not refuse it", cautions)
    if promotion.lapsed:
        return DossierVerdict(False, "Its checks did not refuse it; nobody can agree to it now", cautions)
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
        f"Compared on {window.n:,} cases of {window.exceptions:,} exceptions{_new_to_both(window)} Both bundles "
        "answered the same of them in each task: those whose outcome tells its truth, as many as its metrics name. "
        f"The intervals hold 95 % of {dossier.resamples:,} paired resamples of {dossier.window.resampled}, drawn with "
        f"seed {dossier.seed}."
    )


def _new_to_both(window: Window) -> str:
    """Of when the cases are, and why neither bundle had seen them."""
    if window.untaught is not None:
        return f" of {window.history} that taught neither: {window.untaught.says}. {OTHER_CASES}."
    begins, ends = map(display.moment, window.days or ())
    return f", from {begins} to {ends} ({window.history}): days after those that both say taught them."


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


def comparisons(dossier: Dossier, live: Sequence[ToldLive] = ()) -> tuple[Comparison, ...]:
    """The numbers of the dossier, each table that has any; `live` of the columns that are attested."""
    made = (
        _attested(dossier, live),
        _differences(dossier),
        _slices(dossier),
        _shares(dossier),
        _calibrations(dossier),
        _cost(dossier),
    )
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


def _attested(dossier: Dossier, live: Sequence[ToldLive]) -> Comparison:
    told = {each.name: f"{each.told:,} of {each.cases:,}" for each in live}
    rows = tuple((display.words(each.name), each.says, told.get(each.name, "–")) for each in dossier.attested)
    says = (
        "Whoever asks says why these are known before the outcome, or told otherwise than before. A column that the "
        "newest cases do not tell is of no use here yet; one that is filled in after the fact is never told in time."
    )
    return Comparison("Answered for", ("What", "Because", "Newest cases that tell it"), 2, rows, says)


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
