"""Evaluated answers heed what earlier ones came to, never what was not known yet; a level is heeded where it pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.case import Case
from data.standing import Standing
from data.vocabulary import Task
from models.conformal import set_labels, with_no
from models.delays import Delays
from models.predictors import ModelPredictor
from models.task_model import TaskModel
from models.track_record import MemoryRecords, Proven, counted_from, keys_of, known, learn
from tests.fixtures.task_models import cases, task_model
from training.histories.rows import DAY
from training.learning.conformal_fit import AIM, Calibrating, coverage, fit_conformal
from training.learning.evaluate import calibrated
from training.learning.heed import Later, heed
from training.report.metrics import losses_of

PER_DAY = 200
DELAY = timedelta(hours=1)


def later(seed: int, days: int, surplus: float = 0.0, delay: float = 1.0) -> Later:
    """Cases of a risk of two regions whose log-odds differ from what the model says, by opposite surpluses."""
    dice, n = np.random.default_rng(seed), days * PER_DAY
    score, emea = 1.5 * dice.normal(size=n), np.arange(n) % 2 == 0
    truth = (dice.random(n) < 1 / (1 + np.exp(-score - np.where(emea, surplus, -surplus)))).astype(np.int64)
    said = np.round(1 / (1 + np.exp(-score)), 9)[:, None]
    times = DAY * np.repeat(np.arange(float(days)), PER_DAY)
    return Later(Calibrating(truth, said, np.where(emea, "emea", "apac").tolist(), times), times + delay * DAY)


def cells(task: Task, found: Later, asked: np.ndarray[tuple[int, int], np.dtype[np.float64]] | None) -> list[float]:
    sets = fit_conformal(task, later(1, 30).cases, 1_500)
    return [cell["coverage"] for cell in coverage(sets, task, found.cases, 0.1, asked)["cells"]]


def test_sets_cover_their_aim_where_regions_drift_apart() -> None:
    """Trained where both regions were alike; then one rises and one falls."""
    drifted, sets = later(2, 40, surplus=0.7), fit_conformal(Task.STOCKOUT, later(1, 30).cases, 1_500)
    heeding = heed(Task.STOCKOUT, drifted, sets, 0.0, AIM)
    fixed, followed = (cells(Task.STOCKOUT, drifted, each) for each in (None, heeding.asked))
    assert max(abs(each - 0.9) for each in fixed) > 0.035
    assert max(abs(each - 0.9) for each in followed) < 0.02
    assert np.array_equal(heeding.probabilities, drifted.cases.probabilities), "no level was to be heeded"


def test_sets_stay_as_they_were_trained_where_nothing_drifts() -> None:
    steady, sets = later(3, 40), fit_conformal(Task.STOCKOUT, later(1, 30).cases, 1_500)
    asked = heed(Task.STOCKOUT, steady, sets, 0.0, AIM).asked
    assert np.abs(asked - 0.1).mean() < 0.018, "as by a power of 1.08"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 9), st.floats(0.1, 4.0))
def test_an_answer_knows_nothing_that_was_recorded_after_it(seed: int, day: int, delay: float) -> None:
    """Turning the truths that were not known on a day moves no answer up to that day."""
    found, sets = later(seed, 12, surplus=0.5, delay=delay), fit_conformal(Task.STOCKOUT, later(1, 30).cases, 1_500)
    unknown = found.counts_at > day * DAY
    other = replace(
        found, cases=replace(found.cases, truth=np.where(unknown, 1 - found.cases.truth, found.cases.truth))
    )
    one, two = (heed(Task.STOCKOUT, each, sets, 0.5, AIM) for each in (found, other))
    upto = found.cases.times <= day * DAY
    assert np.array_equal(one.probabilities[upto], two.probabilities[upto])
    assert np.array_equal(one.asked[upto], two.asked[upto])


def test_half_a_level_makes_good_half_of_a_drift() -> None:
    drifted = later(4, 60, surplus=1.0)
    drifted = replace(drifted, cases=drifted.cases.part(slice(0, None, 2)), counts_at=drifted.counts_at[::2])
    told = heed(Task.STOCKOUT, drifted, None, 0.5, AIM)
    before, after = (losses_of(drifted.cases.truth, each.probabilities).mean() for each in (drifted.cases, told))
    assert after < before - 0.02


def test_without_times_or_moments_of_outcomes_nothing_is_heeded() -> None:
    found, sets = later(5, 20, surplus=1.0), fit_conformal(Task.STOCKOUT, later(1, 30).cases, 1_500)
    timeless = replace(found, cases=replace(found.cases, times=np.zeros(len(found.counts_at))))
    unsaid = replace(found, counts_at=np.empty(0))
    never = replace(found, counts_at=np.full(len(found.counts_at), np.nan))
    for each in (timeless, unsaid, never):
        told = heed(Task.STOCKOUT, each, sets, 0.5, AIM)
        assert np.array_equal(told.probabilities, found.cases.probabilities)
        assert (told.asked == AIM).all()


SLOW = Delays(1, {"no": (0.6, 0.8, 1.0), "yes": (0.25, 0.5, 1.0)})


@pytest.mark.parametrize(
    ("task", "delays"), [(Task.SLA_BREACH, None), (Task.SLA_BREACH, SLOW), (Task.ROOT_CAUSE, None)]
)
def test_what_is_evaluated_is_what_the_service_answers_case_by_case(task: Task, delays: Delays | None) -> None:
    model = replace(task_model(task), record_share=0.5 if task.is_risk else 0.0, delays=delays)
    asked = [
        (case.model_copy(update={"region": ("emea", "apac")[number % 3 == 0]}), standing)
        for number, (case, standing) in enumerate(cases())
    ]
    truth = np.random.default_rng(9).integers(0, max(len(task.labels), 2), len(asked))
    probabilities, leaves_at = live(model, asked, truth)

    times = np.array([case.event.time.timestamp() for case, _ in asked])
    said = calibrated(model, model.features().matrix(asked))
    counts_at = np.array([counted_from(case.event.time + DELAY, due_at(task, case)).timestamp() for case, _ in asked])
    since = np.array([max(filter(None, (case.event.time, due_at(task, case)))).timestamp() for case, _ in asked])
    later_on = Later(Calibrating(truth, said, [case.region for case, _ in asked], times), counts_at, since, delays)
    told = heed(task, later_on, model.conformal, model.record_share, AIM)
    assert told.probabilities == pytest.approx(probabilities, abs=2e-9)
    assert (abs(told.asked - AIM) > 0.005).any(), "sets were moved, or this would show nothing"
    assert (told.probabilities != said).any() == task.is_risk, "and so was the level of a risk"
    assert model.conformal is not None
    for error_rate in (0.02, 0.05, 0.07, AIM, 0.12, 0.25, 0.4):
        rates = heed(task, later_on, model.conformal, model.record_share, error_rate).asked
        for (case, _), row, asked_for, leaves in zip(asked, said, rates, leaves_at, strict=True):
            named = {"yes": float(row[0])} if task.is_risk else dict(zip(task.labels, row.tolist(), strict=True))
            trained = model.conformal.leaves_at(with_no(named), case.region)
            stays = [at > rate for at, rate in zip(trained.values(), asked_for, strict=True)]
            assert [at > error_rate for at in leaves.values()] == stays


def due_at(task: Task, case: Case) -> datetime | None:
    return case.promise.due_at if case.promise and task is Task.SLA_BREACH else None


def live(
    model: TaskModel, asked: Sequence[tuple[Case, Standing]], truth: NDArray[np.int64]
) -> tuple[NDArray[np.float64], list[dict[str, float]]]:
    """The answers to cases one by one, each of which becomes known an hour later, and where their labels leave.

    What is known of a promise then waits in its record until it falls due.
    """
    predictor, rows, waiting = ModelPredictor(model, "one"), MemoryRecords(), list[tuple[datetime, Case, Proven]]()
    said, leaves_at = [], []
    for number, (case, standing) in enumerate(asked):
        while waiting and waiting[0][0] <= case.event.time:
            _, before, proven = waiting.pop(0)
            learn(rows, keys_of(model.task, "one", before.region), proven, model.delays)
        keys = keys_of(model.task, "one", case.region)
        records = known(rows, keys, case.event.time, {model.task: model.delays})
        told = predictor.predict(case, standing.model_copy(update={"records": records}))
        said.append(list(told.probabilities.values()))
        leaves_at.append(told.leaves_at)
        at, label = case.event.time + DELAY, set_labels(model.task.labels)[truth[number]]
        proven = predictor.proven(told.features, case.region, label, at, due_at(model.task, case), case.event.time)
        waiting.append((at, case, proven))
    return np.array(said), leaves_at
