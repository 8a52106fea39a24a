"""One task learned from a studied history: a recipe, a rehearsal, and the model that ships.

In time order: the blocks before the test are scored by models of the rows before them, and tell how to grow the model
and how to calibrate it. A rehearsal on the rows before the test is measured on the test, days later than anything it
saw, and on no exception that it learned from: see `training.histories.split`. The model that ships is grown by the same
recipe on every row, the latest ones included: where rates drift they teach the most, and a rehearsal tells how well
such a model does on the days after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.horizons import A_DAY, UNSAID
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.catalogue import feature_set
from features.seasons import month_of_year
from models.conformal import NO_AND_YES, ConformalSets
from models.delays import Delays
from models.link import Link
from models.performance import top_event
from models.predictors import ModelPredictor
from models.profile import Profile
from models.task_model import Golden, TaskModel
from models.taught import sample
from models.taught_values import Values, values_of
from models.text import TextModel
from training.errors import HistoryError
from training.histories.baseline import RuleRates, fit_rules
from training.histories.dataset import Sample, Study
from training.histories.delays import delays_of
from training.histories.known import Known, Lessons
from training.histories.rows import Rows
from training.histories.split import FEWEST_OF_EACH, Split, is_timeless, split_in_time
from training.histories.truth import UNKNOWN
from training.learning.calibrator_choice import choose_calibrator
from training.learning.calibrator_mean import Calibrator
from training.learning.chain import Chain, with_chains
from training.learning.conformal_fit import AIM, Calibrating, fit_conformal, missed_later
from training.learning.evaluate import AS_TRAINED, compare, probabilities_of
from training.learning.fit import Recipe, fit, label_recipe, risk_recipe, weights
from training.learning.heed import HEEDED, Later, heed
from training.learning.moved import moved
from training.learning.pairs import beside, choose_pairs
from training.learning.profiling import feature_profiles, performances, prediction_profile
from training.learning.search import Trial
from training.learning.tune import Effort, choose
from training.learning.words import message_scores
from training.progress import Progress
from training.report.metrics import scores_of
from training.report.rehearsal import Explained, Rehearsal, explain
from training.report.report import report

Floats = NDArray[np.float64]
Links = tuple[Link, ...]
GOLDEN_CASES = 8


@dataclass(frozen=True)
class Learned:
    """A trained task: the model to publish, its rehearsal, and some of the latest rows explained by the model."""

    model: TaskModel
    recipe: Recipe
    rehearsal: Rehearsal
    explained: Explained
    trials: tuple[Trial, ...] = ()
    """The recipes that were tried."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many cases did not teach: see `Known.left_out`."""
    lessons: Lessons = field(default_factory=Lessons)
    """Which of them taught, and which did not."""

    @property
    def latest(self) -> Rows:
        """The rows that the rehearsal was measured on."""
        return self.rehearsal.latest


@dataclass(frozen=True)
class Origin:
    """What the model comes from, for its lineage."""

    lineage: Mapping[str, Any]
    attributes: AttributeSchema
    test_share: float | None
    threads: int
    seed: int
    trials: int = 0
    horizon: str | None = None
    """Within what time of its case a stock-out fell; None where nobody said."""


def learn(task: Task, study: Study, chains: Sequence[Chain], origin: Origin, progress: Progress) -> Learned:
    """Choose, rehearse, measure and pack one task, which reads what the chains of the tasks before it say.

    Raises:
        HistoryError: too few cases with a known outcome, or one outcome only.
    """
    whole = study.known(task)
    known = whole.telling()
    split = split_in_time(known.times, origin.test_share, known.exceptions)
    known = with_chains(known, chains, float(known.times[split.kept[split.test]]))
    links = tuple(each.whole for each in chains)
    rehearsed = known if split.n == len(known.truth) else known.at(split.kept)
    _check_outcomes(task, rehearsed.truth[: split.test], _set_aside(split, len(known.truth)))
    progress.step(f"{task}: how to learn")
    known, rehearsed, origin = _with_pairs(task, known, rehearsed, split, origin)
    rows = _rows(task, rehearsed, links, split.test, origin)[1]
    effort = Effort(origin.trials, origin.threads, origin.seed)
    usual = risk_recipe(split.n) if task.is_risk else label_recipe(split.n)
    chosen = choose(rows, split, usual, effort, progress, f"{task}: recipes tried")
    recipe = chosen.recipe
    progress.step(f"{task}: a rehearsal on {'cases kept apart' if split.timeless else 'the latest days'}")
    raw = fit(rows.upto(split.test), recipe, origin.threads, origin.seed).raw(rows.features[split.latest])
    scores = [*chosen.scores, raw]
    answered = _answered(rehearsed, split, choose_calibrator(rows, split.blocks, chosen.scores), scores)
    until = rehearsed.times[split.test]
    delays = _delays(task, _as_known(whole, until), split)
    heeding = (heed(task, replace(each, delays=delays), None, _share(delays), AIM) for each in answered)
    said = np.concatenate([each.probabilities for each in heeding])
    rules = _rules(task, rehearsed, split.test, recipe)
    latest = rows.at(split.latest)
    metrics = compare(task, latest.truth, said[-len(raw) :], rules, rehearsed.fired[split.test :], latest.selection)
    if _share(delays):
        metrics[AS_TRAINED] = scores_of(latest.truth, answered[-1].cases.probabilities, latest.selection)
    progress.step(f"{task}: the model that ships")
    calibrator = choose_calibrator(rows, (*split.blocks, (split.test, split.n)), scores)
    delays = _delays(task, whole, split)
    model = replace(
        _shipped(task, known, links, origin, recipe, calibrator),
        conformal=_conformal(task, rehearsed, split, calibrator, scores),
        record_share=_share(delays),
        delays=delays,
    )
    rehearsal = Rehearsal(rows, split, said, rules.probabilities(rehearsed.fired[split.test :]))
    model = replace(model, profile=_profile(model, rehearsed, rows, split, answered[-1].cases.probabilities))
    model = replace(model, lineage={**model.lineage, "record_share": model.record_share, **_windows(rows, split)})
    explained = explain(model, rehearsal.latest.features)
    model = replace(model, lineage={**model.lineage, "left_out": whole.left_out})
    shifts = moved(model.features(), rehearsal, model.telling)
    told = report(model, rehearsal.measured(rules.base_probabilities(len(raw))), explained, shifts)
    metrics |= {"rule_rates": _rules(task, known, len(known.truth), recipe).to_json(), "report": told}
    model = replace(model, metrics=metrics, golden=_golden(model, study.samples))
    return Learned(model, recipe, rehearsal, explained, chosen.trials, whole.left_out, whole.lessons)


def _with_pairs(
    task: Task, known: Known, rehearsed: Known, split: Split, origin: Origin
) -> tuple[Known, Known, Origin]:
    """The cases with their numbers beside one another where that serves a risk: see `training.learning.pairs`.

    Without times alone: where rates drift, pairs that served the blocks did not serve the days after.
    """
    own = origin.attributes
    if not (task.is_risk and split.timeless):  # Without times there are no links to read the facts as they were.
        return known, rehearsed, origin
    rows = _rows(task, rehearsed, (), split.test, origin)[1]
    paired = choose_pairs(task, rows, split, own, origin.threads, origin.seed)
    if paired is own:
        return known, rehearsed, origin
    known, rehearsed = (replace(each, facts=beside(task, each.facts, own, paired)) for each in (known, rehearsed))
    return known, rehearsed, replace(origin, attributes=paired)


def _shipped(
    task: Task, known: Known, links: Links, origin: Origin, recipe: Recipe, calibrator: Calibrator
) -> TaskModel:
    """The recipe's model of every row, calibrated on the blocks and, scored by the rehearsal, the test."""
    text, rows = _rows(task, known, links, len(known.truth), origin)
    return TaskModel(
        task=task,
        score=fit(rows, recipe, origin.threads, origin.seed).score(),
        calibrator=calibrator,
        text=text,
        links=links,
        attributes=origin.attributes,
        reference=feature_set(task, origin.attributes, text, links).reference(rows.features),
        horizon=_horizon(task, known, origin),
        timeless=is_timeless(known.times),
        plain_usual=True,
        names_guesses=True,
        lineage={
            **origin.lineage,
            "fitted_on": _window(rows),
            "recipe": recipe.to_json(),
            "selection_weighted": rows.selection is not None,
        },
        taught=sample(known.events, known.truth.tolist()),
        values=_values(task, known, origin),
    )


def _values(task: Task, known: Known, origin: Origin) -> Values:
    """What some of the events told in each column; what is derived or counted of others was not told."""
    schema = origin.attributes.attributes
    derived = {f"attribute.{name}" for name, declared in schema.items() if declared.derived is not None}
    columns = {
        each.name: (known.facts[:, at], each.levels)
        for at, each in enumerate(feature_set(task, origin.attributes).facts)
        if each.known == "event" and each.name not in derived
    }
    return values_of(known.events, columns) if known.events else {}


def _horizon(task: Task, known: Known, origin: Origin) -> str | None:
    """Of what time the model speaks: where nobody said it, of a day; cases without times say none."""
    if task is not Task.STOCKOUT:
        return None
    return origin.horizon or (UNSAID if is_timeless(known.times) else A_DAY)


def _profile(model: TaskModel, known: Known, rows: Rows, split: Split, rehearsed: Floats) -> Profile:
    """What later cases are compared with: the features of its rows, and what the rehearsal said of the latest.

    As it was trained: what a record mends of it is a drift all the same.
    """
    probability, happened = top_event(rehearsed, rows.truth[split.latest])
    selection = None if rows.selection is None else rows.selection[split.latest]
    features = feature_profiles(model.features(), rows.features, rows.times, rows.selection)
    prediction = prediction_profile(model.task, rehearsed, rows.times[split.latest], selection)
    return Profile(
        features=(*features, prediction),
        rehearsed=performances(probability, happened, known.regions[split.latest], selection),
    )


def _conformal(task: Task, known: Known, split: Split, calibrator: Calibrator, scores: list[Floats]) -> ConformalSets:
    """The sets of the shipped model, from what models said that had not seen the blocks and the test."""
    parts = [each.cases.at_own_level() for each in _answered(known, split, calibrator, scores)]
    missed = {} if split.timeless else missed_later(task, parts)
    return fit_conformal(task, Calibrating.joined(parts), split.n - split.test, missed)


def _answered(known: Known, split: Split, calibrator: Calibrator, scores: list[Floats]) -> list[Later]:
    """The blocks and the test, each answered by a model of the rows before it."""
    parts = (slice(*each) for each in (*split.blocks, (split.test, split.n)))
    return [_later(known, part, probabilities_of(calibrator, raw)) for part, raw in zip(parts, scores, strict=True)]


def _share(delays: Delays | None) -> float:
    """How far a risk follows the level of what its answers came to: not where nobody knows how long outcomes take."""
    return 0.0 if delays is None else HEEDED


def _delays(task: Task, known: Known, split: Split) -> Delays | None:
    """How long the outcomes of a risk take to be known; None where that is not told, or no level is to be heeded.

    A record counts outcomes as they are told: where that depends on the case, its level is that of the watched. Days of
    shelves tell each day the level of the one before, in features that cases do not have.
    """
    if not task.is_risk or split.timeless or known.selection is not None or not len(known.since):
        return None
    return delays_of(known.truth, known.since, known.counts_at, NO_AND_YES)


def _as_known(whole: Known, at: float) -> Known:
    """The cases of before a moment (s), with the outcomes that counted by then."""
    past = whole.at(np.flatnonzero(whole.times < at))
    return replace(past, truth=np.where(past.counts_at < at, past.truth, UNKNOWN)) if len(past.counts_at) else past


def _later(known: Known, part: slice, said: Floats) -> Later:
    selection = None if known.selection is None else known.selection[part]
    cases = Calibrating(known.truth[part], said, known.regions[part], known.times[part], selection)
    return Later(cases, known.counts_at[part], known.since[part])


def _set_aside(split: Split, known: int) -> str:
    """Where the rest of the `known` cases is, so that none is missing from what is counted."""
    tested = "kept to test" if split.timeless else "of the latest days kept to test (--test-share)"
    found = {
        tested: split.n - split.test,
        "of exceptions that go on later, of which only the last rows count": known - split.n,
    }
    told = " and ".join(f"{count:,} {where}" for where, count in found.items() if count)
    return f"the other {known - split.test:,} of {known:,} cases with a known outcome are {told}"


def _check_outcomes(task: Task, truth: NDArray[np.int64], others: str) -> None:
    """At least two outcomes must occur often enough to be told apart; `others` says where the other cases are."""
    names = ("no", "yes") if task.is_risk else task.labels
    often = {name: int(count) for name, count in zip(names, np.bincount(truth, minlength=len(names)), strict=True)}
    if sum(count >= FEWEST_OF_EACH for count in often.values()) < 2:
        told = ", ".join(f"{count} {name}" for name, count in often.items() if count)
        raise HistoryError(
            f"the outcomes to learn from are {told}; at least two must occur {FEWEST_OF_EACH} times each; {others}"
        )


def _rows(task: Task, known: Known, links: Links, end: int, origin: Origin) -> tuple[TextModel | None, Rows]:
    """The task's rows; the message's scores come last, from text models that have not seen the row's own label.

    The rows before `end` teach the text model that is given.
    """
    text, scores = message_scores(task, known.messages, known.truth, end, known.exceptions)
    features = feature_set(task, origin.attributes, text, links)
    whole = known.facts if scores is None else np.hstack([known.facts, scores])
    directions = features.directions(task)
    classes = max(len(task.labels), 1)
    return text, Rows(
        whole,
        known.truth,
        known.times,
        features.categories,
        classes,
        directions,
        tuple(index for index, name in enumerate(features.names) if name == month_of_year.name),
        features.background,
        features.beyond,
        known.selection,
    )


def _rules(task: Task, known: Known, end: int, recipe: Recipe) -> RuleRates:
    """The rules' rates on the rows before `end`, which count as they do for the model."""
    classes = max(len(task.labels), 1)
    counts = weights(known.times[:end], recipe, None if known.selection is None else known.selection[:end])
    return fit_rules(known.fired[:end], known.truth[:end], classes, counts)


def _windows(rows: Rows, split: Split) -> dict[str, Any]:
    """Which cases taught the rehearsal, calibrated the model and tested the rehearsal."""
    return {
        "rehearsed_on": _window(rows.upto(split.test)),
        "calibrated_on": _window(rows.at(slice(split.blocks[0][0], split.n))),
        "tested_on": _window(rows.at(split.latest)),
    }


def _window(rows: Rows) -> dict[str, Any]:
    """How many rows, from when to when (s)."""
    return {"n": len(rows.times), "from": float(rows.times[0]), "to": float(rows.times[-1])}


def _golden(model: TaskModel, samples: list[Sample]) -> tuple[Golden, ...]:
    """Cases spread over the history with what the model says of them."""
    fit_for = [each for each in samples if model.task is not Task.STOCKOUT or each.case.at_stake is not None]
    step = max(1, len(fit_for) // GOLDEN_CASES)
    predictor = ModelPredictor(model, version="unpublished")
    chosen = fit_for[::step][:GOLDEN_CASES]
    return tuple(
        Golden(
            case=each.case,
            standing=each.standing,
            probabilities=predictor.predict(each.case, each.standing).probabilities,
        )
        for each in chosen
    )
