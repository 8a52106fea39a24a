"""Two bundles to a dossier: every check of every task on the same cases. Nothing is published here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from data.plain_text import lined
from data.promotion import (
    OF_BUNDLE,
    RESAMPLES,
    Calibration,
    Check,
    CheckName,
    Cost,
    Difference,
    Dossier,
    Finding,
    Share,
    Slice,
)
from data.record import canonical, digest_of, plain, to_milliseconds
from data.vocabulary import Task
from features.attributes import AttributeSchema
from models.bundle import Bundle
from policies.policy import Policy
from training.daily.history import DailyHistory
from training.errors import HistoryError
from training.histories.history import History
from training.progress import Progress
from training.promotion import answering, attribution, calibrations, columns, labels, metrics, slices
from training.promotion.attested import Attested, recorded, require_read
from training.promotion.costs import Prices
from training.promotion.days import read_later_days
from training.promotion.fresh import Fresh, read_fresh
from training.promotion.ground import Ground, ground_of, never_taught, nothing_new, window_check, window_of
from training.promotion.horizons import require_one_question, with_horizons
from training.promotion.later import Reading
from training.promotion.own_slices import own_parts
from training.promotion.pasts import with_past
from training.promotion.resampling import Draws
from training.promotion.sides import Matrices, pair
from training.promotion.window import read_later


@dataclass
class _Findings:
    attested: Attested
    checks: list[Check] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    calibrations: list[Calibration] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    times: list[tuple[float, float]] = field(default_factory=list)


def compare(
    challenger: Bundle,
    champion: Bundle,
    history: History,
    policy: Policy,
    made_at: datetime,
    progress: Progress,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    attested: Attested | None = None,
) -> Dossier:
    """Compare two bundles on the cases of a history that are later than anything either has learned from.

    Bundles that learned without times are compared on cases that taught neither. `attested` says of what is new to
    the champion how it is known before the outcome.

    Raises:
        TrainingError: an attestation of what is not new.
        HistoryError: no case that is new to both, a bundle that does not say what it learned from, or two questions.
    """
    tasks = _shared(challenger, champion)
    require_read(attested or {}, challenger)
    same = kept(challenger, champion)
    require_one_question(challenger, champion, history, same)
    besides = frozenset(Task) - {*tasks} | (frozenset() if same.issuperset(tasks) else same)
    ground = ground_of(challenger, champion, besides, history, policy, progress)
    readings = _readings(challenger, champion, history, ground, policy, progress)
    whole = readings[_schema(challenger)].later
    if not whole.n:
        raise HistoryError(nothing_new(history, ground))
    found = _Findings(attested or {}, checks=[_tasks_check(challenger, champion)])
    matrices = Matrices()
    for task in tasks:
        progress.step(f"{task}: champion and challenger on the same cases")
        _compare_task(task, challenger, champion, readings, ground, matrices, policy, found, (resamples, seed))
    cost = _cost(challenger, champion, found.times)
    found.checks.append(answering.size_check(cost))
    made = Dossier(
        challenger=challenger.digest,
        champion=champion.digest,
        made_at=to_milliseconds(made_at),
        policy=policy.digest,
        currency=policy.settings.currency.reference,
        resamples=resamples,
        seed=seed,
        window=window_of(history, readings[_schema(challenger)], ground),
        tasks=tasks,
        new_tasks=tuple(task for task in Task if task in challenger.models and task not in champion.models),
        checks=tuple(found.checks),
        differences=tuple(found.differences),
        slices=tuple(found.slices),
        calibrations=tuple(found.calibrations),
        shares=tuple(found.shares),
        attested=recorded(found.attested),
        cost=cost,
    )
    return Dossier.model_validate_json(canonical(lined(plain(made))))


def kept(challenger: Bundle, champion: Bundle) -> frozenset[Task]:
    """The tasks whose model is the champion's own, file for file: it cannot have become worse."""
    ours, theirs = challenger.models, champion.models
    return frozenset(
        task for task in Task if task in ours and task in theirs and ours[task].version == theirs[task].version
    )


def lost(challenger: Bundle, champion: Bundle) -> tuple[Task, ...]:
    """The tasks of the champion that the challenger does not serve."""
    return tuple(task for task in Task if task in champion.models and task not in challenger.models)


def _shared(challenger: Bundle, champion: Bundle) -> tuple[Task, ...]:
    """The tasks of both, which are compared."""
    for bundle in (challenger, champion):
        if not bundle.models:
            raise HistoryError(
                f"{bundle.folder} holds no model that can be read: {'; '.join(bundle.problems.values())}"
            )
    tasks = tuple(task for task in Task if task in challenger.models and task in champion.models)
    if not tasks:
        its, theirs = (", ".join(sorted(each.models)) for each in (challenger, champion))
        raise HistoryError(
            f"the challenger has {its}, the champion {theirs}: there is no task to compare; train the challenger with "
            f"--beside {champion.folder}, so that it keeps what serves"
        )
    return tasks


def _schema(bundle: Bundle) -> str:
    """What a bundle's models declare, by digest."""
    return digest_of(bundle.attributes)


def _readings(
    challenger: Bundle,
    champion: Bundle,
    history: History,
    ground: Ground,
    policy: Policy,
    progress: Progress,
) -> dict[str, Reading]:
    """The cases for each bundle; read once where both declare the same attributes."""
    taught = frozenset(key for each in challenger.models.values() for key in each.model.taught)
    standing = challenger.standing or champion.standing or []

    def read(schema: AttributeSchema) -> Reading:
        if isinstance(ground, Fresh):
            return read_fresh(history, ground, schema, taught, policy, progress)
        if isinstance(history, DailyHistory):
            return read_later_days(history, ground, taught, policy, progress)
        return read_later(history, ground, schema, standing, taught, policy, progress)

    return {
        digest: read(schema) for digest, schema in {_schema(b): b.attributes for b in (challenger, champion)}.items()
    }


def _compare_task(
    task: Task,
    challenger: Bundle,
    champion: Bundle,
    readings: Mapping[str, Reading],
    ground: Ground,
    matrices: Matrices,
    policy: Policy,
    found: _Findings,
    drawing: tuple[int, int],
) -> None:
    its, theirs = readings[_schema(challenger)], readings[_schema(champion)]
    both = pair(champion.models[task].model, challenger.models[task].model, theirs.later, its.later, matrices)
    window = with_horizons(window_check(both, ground), both)
    window = with_past(window, both, its, ground)
    if task not in kept(challenger, champion):
        window = never_taught(window, both, its.again)
    elif window.finding is Finding.REFUSED:
        found.checks += _kept_checks(task)
        return
    found.checks.append(window)
    if window.finding is Finding.REFUSED:
        return
    cases = its.later.cases(both.rows)
    draws, prices = Draws(both.drawn_whole, *drawing), Prices(task, policy)
    events = prices.events(cases) if task.is_risk else np.zeros(len(cases))
    told = metrics.differences(both, events, prices, draws)
    explained = attribution.explained(both)
    cut = slices.slices(both, [*slices.canonical_parts(cases), *own_parts(both, explained)], draws)
    calibration = calibrations.calibration(both)
    shares = attribution.shares(both, explained)
    asked = its.later.asked(both.rows, challenger.models[task].model.attributes)
    took = answering.milliseconds(champion.models[task], challenger.models[task], asked)
    found.checks += [
        labels.check(both, its.answers, task in kept(challenger, champion), found.attested),
        columns.check(both, found.attested),
        attribution.check(both, shares, told[0], found.attested),
        *metrics.checks(told, events, prices),
        slices.check(both, cut),
        calibrations.check(both, calibration),
        answering.latency_check(task, *took),
    ]
    found.differences += told
    found.slices += cut[: slices.LISTED]
    found.calibrations.append(calibration)
    found.shares += shares[: attribution.LISTED]
    found.times.append(took)


def _tasks_check(challenger: Bundle, champion: Bundle) -> Check:
    """Whether the challenger can serve all that the champion serves."""
    gone = lost(challenger, champion)
    broken = [f"{task}: {why}" for task, why in challenger.problems.items()]
    if gone or broken:
        told = "; ".join([*broken, *(f"{task} would be lost" for task in gone if task not in challenger.problems)])
        says = f"the challenger cannot serve all that the champion serves: {told}; train it with --beside"
        return Check(name=CheckName.TASKS, finding=Finding.REFUSED, says=says[:2_000])
    says = f"every task of the champion is there and answers its golden cases: {', '.join(sorted(champion.models))}"
    return Check(name=CheckName.TASKS, finding=Finding.PASSED, says=says)


def _kept_checks(task: Task) -> Iterator[Check]:
    """What is said of a task that the history does not tell of, where the challenger keeps the champion's model."""
    says = (
        "the champion's own model, kept file for file: this history tells too little of the task, and nothing changes"
    )
    for name in CheckName:
        if name not in OF_BUNDLE:
            yield Check(name=name, task=task, finding=Finding.PASSED, says=says)


def _cost(challenger: Bundle, champion: Bundle, times: Sequence[tuple[float, float]]) -> Cost:
    """Time over all tasks, as an answer takes it; bytes of the files."""
    return Cost(
        champion_milliseconds=round(sum(each[0] for each in times), 3),
        challenger_milliseconds=round(sum(each[1] for each in times), 3),
        champion_bytes=answering.size_of(champion),
        challenger_bytes=answering.size_of(challenger),
    )
