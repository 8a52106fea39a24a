from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from data.vocabulary import Task
from models.bundle import check_golden
from models.calibration import BinaryCalibrator
from models.predictors import ModelPredictor
from models.task_model import TaskModel
from tests.fixtures.lessons import BY_ROW, BY_SKU, Table, keys
from tests.fixtures.lessons import model as taught_model
from tests.fixtures.task_models import cases, task_model
from training.drift.drift import Seen
from training.drift.recalibrate import Recalibrated, recalibrate, untaught
from training.errors import HistoryError
from training.histories.baseline import fit_rules
from training.histories.history import History
from training.histories.known import Known
from training.histories.truth import UNKNOWN
from training.learning.calibrate import fit_binary
from training.progress import Silent


class _Named:
    name, digest = "later.jsonl", "sha256:" + "0" * 64


LATER = cast(History, _Named())
N = 1_200
PARENT = "sha256:" + "1" * 64


@cache
def model(task: Task = Task.SLA_BREACH) -> TaskModel:
    classes = max(len(task.labels), 1)
    rates = fit_rules(["row"] * 4, np.array([0, 1, 0, 1]), classes).to_json()
    return replace(task_model(task), metrics={"rule_rates": rates}, lineage={"tested_on": {"to": 0.0}})


def seen(task: Task = Task.SLA_BREACH, shift: float = -2.0, unknown: int = 0) -> Seen:
    """Later cases of which the event is rarer than the model's own probabilities say."""
    rng = np.random.default_rng(9)
    rows = model(task).features().matrix(cases())[rng.integers(0, 300, N)]
    raw = model(task).score.raw_batch(rows)
    if task.is_risk:
        truth = (rng.random(N) < 1 / (1 + np.exp(-raw[:, 0] - shift))).astype(np.int64)
    else:
        truth = np.where(rng.random(N) < 0.5, raw.argmax(axis=1), 0).astype(np.int64)
    truth[N - unknown :] = UNKNOWN
    nothing = ["row"] * N
    known = Known(np.arange(float(N)), truth, nothing, [None] * N, rows, np.arange(N), ["emea"] * N, np.full(N, 20.0))
    return Seen(rows, known)


def again(task: Task = Task.SLA_BREACH, unknown: int = 0) -> Recalibrated:
    return recalibrate(model(task), PARENT, seen(task, unknown=unknown), LATER, Silent())


def test_the_new_calibrator_says_what_happens_now() -> None:
    told = again()
    assert (told.after.ece or 1) < 0.5 * (told.before.ece or 0)
    assert told.after.log_loss < told.before.log_loss
    assert told.model.score is model().score, "the trees are as they were"


def test_it_costs_no_average_precision() -> None:
    old, new = again().average_precision
    assert new == pytest.approx(old, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(60, 900))
def test_any_fitted_calibrator_keeps_the_average_precision(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    raw = np.round(rng.normal(size=n) * 2, 3)
    truth = (rng.random(n) < 1 / (1 + np.exp(-raw))).astype(np.int64)
    truth[:2] = 0, 1
    calibrator: BinaryCalibrator = fit_binary(raw, truth)
    assert average_precision_score(truth, calibrator.probability(raw)) == pytest.approx(
        average_precision_score(truth, raw), abs=1e-12
    )


def test_the_bundle_s_golden_cases_sets_and_rehearsal_follow() -> None:
    told = again()
    check_golden(ModelPredictor(told.model, "new"), told.model)
    assert told.model.golden[0].probabilities != model().golden[0].probabilities
    assert told.model.conformal != model().conformal
    assert told.model.profile is not None
    rehearsed = told.model.profile.performance(None)
    assert rehearsed is not None
    assert rehearsed.ece == pytest.approx(told.after.ece)
    assert told.model.metrics["model"]["log_loss"] == pytest.approx(told.after.log_loss, abs=1e-6)
    assert told.after.log_loss < told.before.log_loss - 0.01, "or this would show nothing"
    assert told.model.lineage["recalibrated_on"]["n"] == N
    assert told.model.lineage["recalibrated_on"]["bundle"] == PARENT


def test_the_report_and_the_windows_are_of_the_later_half() -> None:
    told = again().model
    measured = told.lineage["recalibrated_on"]["measured_on"]
    assert measured == {"n": N // 2, "from": N / 2, "to": N - 1.0}
    assert told.metrics["n"] == N // 2
    report = told.metrics["report"]
    assert sum(count for _, _, count in report["reliability"]) == N // 2
    assert set(report["top_tenth"]) == {"model", "rules", "base"}
    assert report["strongest"]


def test_labels_are_recalibrated_too() -> None:
    told = again(Task.EXCEPTION_TYPE)
    assert told.model.metrics["model"]["log_loss"] < np.log(8)
    assert told.model.calibrator != model(Task.EXCEPTION_TYPE).calibrator


def test_cases_without_an_outcome_are_left_out() -> None:
    told = again(unknown=300)
    assert told.model.lineage["recalibrated_on"]["n"] == N - 300


def test_a_calibrator_that_is_no_better_is_not_made() -> None:
    right = again().model
    with pytest.raises(HistoryError, match="nothing was published"):
        recalibrate(right, PARENT, seen(), LATER, Silent())


def replaced(told: Seen, rng: np.random.Generator, right: TaskModel) -> Seen:
    """The same cases with outcomes that come true as often as the model says."""
    said = right.calibrator.probability(right.score.raw_batch(told.features)[:, 0])
    return replace(told, known=replace(told.known, truth=(rng.random(N) < said).astype(np.int64)))


def test_a_gain_that_chance_explains_is_refused_with_its_numbers_and_what_would_tell() -> None:
    right, says = again().model, list[str]()
    for seed in range(6):
        with pytest.raises(HistoryError, match="nothing was published, the old one stays") as refused:
            recalibrate(right, PARENT, replaced(seen(), np.random.default_rng(seed), right), LATER, Silent())
        says.append(str(refused.value))
    gains = [each for each in says if "a gain of" in each]
    assert gains
    for each in gains:
        assert "which chance explains (95 % interval -0." in each
        assert "would tell it from chance, and this history has 1,200: give a longer one" in each


def test_a_gain_of_few_exceptions_with_many_updates_is_no_sure_one() -> None:
    told = again()
    assert told.gain.is_sure
    assert told.gain.mean == pytest.approx(told.before.log_loss - told.after.log_loss, abs=1e-6)
    slight = seen(shift=-0.5)
    assert recalibrate(model(), PARENT, slight, LATER, Silent()).gain.is_sure
    few = replace(slight.known, exceptions=np.where(np.arange(N) < N // 2, np.arange(N) + N, np.arange(N) // 300))
    with pytest.raises(HistoryError, match="which chance explains"):
        recalibrate(model(), PARENT, replace(slight, known=few), LATER, Silent())


def test_few_labels_are_refused() -> None:
    with pytest.raises(HistoryError, match="needs 400"):
        again(unknown=N - 300)


def test_exceptions_that_go_on_in_the_later_half_do_not_teach_the_earlier() -> None:
    told = seen()
    known = replace(told.known, exceptions=np.arange(N) % (N // 2))
    with pytest.raises(HistoryError, match="tells 0 outcomes of sla_breach in its earlier half that do not go on"):
        recalibrate(model(), PARENT, replace(told, known=known), LATER, Silent())
    few = replace(told.known, exceptions=np.where(np.arange(N) < N // 4, np.arange(N) + N, np.arange(N) % (N // 2)))
    assert (
        recalibrate(model(), PARENT, replace(told, known=few), LATER, Silent()).model.lineage["recalibrated_on"]["n"]
        == N
    )


@pytest.mark.parametrize(("naming", "kept"), [(BY_SKU, True), (BY_ROW, False)])
def test_what_taught_a_calibrator_is_kept_where_both_name_events_alike(naming: dict[str, Any], kept: bool) -> None:
    """Else a later recalibration would take the same cases for new."""
    told, before = seen(), replace(model(), lineage={**model().lineage, "naming": BY_SKU})
    named = replace(told, known=replace(told.known, events=keys(0, N)))
    new = recalibrate(before, PARENT, named, Table(naming=naming).history, Silent()).model
    assert new.lineage["recalibrated_on"]["kept"] is kept
    assert len(new.taught.keys() & {*keys(0, N)}) == N * kept


@pytest.mark.parametrize("of_the_other", [9, 10])
def test_both_outcomes_must_be_told_ten_times(of_the_other: int) -> None:
    told = seen()
    rare = np.zeros(N, np.int64)
    rare[np.linspace(0, N - 1, of_the_other).astype(np.intp)] = 1
    with pytest.raises(HistoryError) as refused:
        recalibrate(model(), PARENT, replace(told, known=replace(told.known, truth=rare)), LATER, Silent())
    assert ("tells 1200 outcomes of sla_breach; a new" in str(refused.value)) is (of_the_other == 9)


MADE = datetime(2026, 1, 1, tzinfo=UTC)
LARGE = 40_000


def met(start: int, stop: int, at: list[float] | None = None) -> Seen:
    """Cases of these numbers of a table without times, as a model sees them; `at` are their moments."""
    n = stop - start
    nothing = ["row"] * n
    times = np.zeros(n) if at is None else np.array(at)
    known = Known(
        times, np.zeros(n, np.int64), nothing, [None] * n, np.zeros((n, 1)), np.arange(n), [None] * n, np.zeros(n)
    )
    return Seen(np.arange(float(n))[:, None], replace(known, events=keys(start, stop)))


LEARNED = {"fitted_on": {"from": 0.0, "to": 7.0}, "tested_on": {"from": 7.5, "to": 9.0}}


def a_timed_model() -> TaskModel:
    return replace(taught_model(keys(0, 900)), lineage=LEARNED)


def test_a_model_with_times_is_recalibrated_on_later_days() -> None:
    seen = met(0, 900, [10.0 + each for each in range(900)])
    assert untaught(a_timed_model(), MADE, seen, Table().history) is seen


@pytest.mark.parametrize("learned", [LEARNED, {**LEARNED, "fitted_on": LEARNED["tested_on"]}])
def test_the_days_that_taught_or_tested_a_model_do_not_teach_its_calibrator(learned: dict[str, Any]) -> None:
    """What it learned by heart it says too surely, and a calibrator that hears of no other cases believes it."""
    model, seen = replace(a_timed_model(), lineage=learned), met(0, 900, [float(each) for each in range(900)])
    assert untaught(model, MADE, seen, Table().history).known.events == seen.known.events[10:]
    with pytest.raises(HistoryError, match=r"200 of 210 cases of .* are later than .* 00:00 UTC.*give labels of later"):
        untaught(model, MADE, met(0, 210, [float(each) for each in range(210)]), Table().history)
    with pytest.raises(HistoryError, match="0 of 900 cases"):
        untaught(model, MADE, met(0, 900, [9.0] * 899 + [1.0]), Table().history)


def test_what_fitted_a_calibrator_before_may_fit_it_again() -> None:
    """The trees have not learned it."""
    model = replace(a_timed_model(), lineage={**LEARNED, "recalibrated_on": {"from": 10.0, "to": 500.0}})
    seen = met(0, 900, [10.0 + each for each in range(900)])
    assert untaught(model, MADE, seen, Table().history) is seen


def test_without_times_the_cases_that_taught_the_model_do_not_teach_its_calibrator() -> None:
    new = untaught(taught_model(keys(0, 900)), MADE, met(500, 1_500), Table().history)
    assert list(new.known.events) == keys(900, 1_500)
    assert new.features[:, 0].tolist() == list(range(400, 1_000))
    whole = met(LARGE, LARGE + 3_000)
    assert untaught(taught_model(keys(0, LARGE)), MADE, whole, Table().history) is whole, "what is looked up speaks"


def test_without_times_a_file_that_taught_the_model_is_refused_with_its_numbers() -> None:
    with pytest.raises(HistoryError, match=r"of 1,000 cases of other\.csv 1,000 can be looked up, 900 of them taught"):
        untaught(taught_model(keys(0, 900)), MADE, met(0, 1_000), Table().history)
    with pytest.raises(HistoryError, match="and 100 are known to be new to it; a new calibrator needs 400"):
        untaught(taught_model(keys(0, 900)), MADE, met(0, 1_000), Table().history)
    with pytest.raises(HistoryError, match="too few to say so of all; at least 100 are needed"):
        untaught(taught_model(keys(0, LARGE)), MADE, met(LARGE, LARGE + 300), Table().history)


def test_without_times_events_of_other_names_are_refused() -> None:
    with pytest.raises(HistoryError, match="names its events by"):
        untaught(taught_model(keys(0, 900)), MADE, met(900, 1_500), Table(naming=BY_ROW).history)
    again = taught_model(keys(0, 900), recalibrated_on={"n": 400})
    with pytest.raises(HistoryError, match="which cases taught its calibrator"):
        untaught(again, MADE, met(900, 1_500), Table().history)


def test_without_times_cases_after_the_bundle_was_made_are_new() -> None:
    made = MADE.timestamp()
    at = [made - 1.0] * 300 + [made + 1.0 + number for number in range(600)]
    new = untaught(taught_model(keys(0, 900)), MADE, met(0, 900, at), Table(naming=BY_ROW).history)
    assert list(new.known.events) == keys(300, 900)


def test_without_times_one_moment_is_no_day_after_the_bundle_was_made() -> None:
    """A table without times may carry the moment of its export: what taught the model is in it all the same."""
    exported = met(0, 900, [MADE.timestamp() + 1.0] * 900)
    with pytest.raises(HistoryError, match="900 of them taught the model"):
        untaught(taught_model(keys(0, 900)), MADE, exported, Table().history)


def from_use(seed: int, right: TaskModel, n: int = 6_000) -> Seen:
    """Outcomes of a model that is right, told of nine in ten cases that somebody watched, else of one in ten.

    Who watches sees more than the model does: what is watched breaks oftener than it says, the rest more seldom.
    """
    rng = np.random.default_rng(seed)
    rows = model().features().matrix(cases())[rng.integers(0, 300, n)]
    said = right.calibrator.probability(right.score.raw_batch(rows)[:, 0])
    truth = (rng.random(n) < said).astype(np.int64)
    seen_by_people = rng.random(n) < np.where(truth == 1, 0.7, 0.2)
    told = np.flatnonzero(rng.random(n) < np.where(seen_by_people, 0.9, 0.1))
    shares = np.where(seen_by_people, 0.9, 0.1)
    many = len(told)
    known = Known(
        np.arange(float(many)), truth[told], ["row"] * many, [None] * many, rows[told], np.arange(many),
        ["emea"] * many, np.full(many, 20.0), selection=(many / n / shares)[told],
    )  # fmt: skip
    return Seen(rows[told], known)


def unweighted(told: Seen) -> Seen:
    return replace(told, known=replace(told.known, selection=None))


def loss_of(told: TaskModel, right: TaskModel) -> float:
    """The expected log loss on all cases of a world in which the right model is right."""
    raw = right.score.raw_batch(model().features().matrix(cases()))[:, 0]
    true, said = right.calibrator.probability(raw), told.calibrator.probability(raw)
    return float(-(true * np.log(said) + (1 - true) * np.log1p(-said)).mean())


@pytest.mark.parametrize("seed", range(4))
def test_outcomes_from_use_do_not_recalibrate_a_right_model_to_what_was_watched(seed: int) -> None:
    right = again().model
    told = from_use(seed, right)
    harmed = recalibrate(right, PARENT, unweighted(told), LATER, Silent()).model
    assert loss_of(harmed, right) > loss_of(right, right) + 0.03
    with pytest.raises(HistoryError, match="nothing was published"):
        recalibrate(right, PARENT, told, LATER, Silent())


def test_a_wrong_model_is_mended_by_outcomes_from_use_as_they_count() -> None:
    right, told = again().model, from_use(1, again().model)
    mended = recalibrate(model(), PARENT, told, LATER, Silent())
    assert loss_of(mended.model, right) < loss_of(right, right) + 0.01 < loss_of(model(), right)
    assert mended.after.effective is not None
    assert mended.after.effective < mended.after.n
    said = right.calibrator.probability(right.score.raw_batch(told.features)[:, 0])
    assert told.known.selection is not None
    assert mended.after.rate == pytest.approx(np.average(said, weights=told.known.selection), abs=0.06)
    harmed = recalibrate(model(), PARENT, unweighted(told), LATER, Silent())
    assert mended.model.conformal != harmed.model.conformal


def test_weights_that_are_equal_change_no_calibrator() -> None:
    told, plain = seen(), again()
    equal = replace(told, known=replace(told.known, selection=np.full(N, 2.0)))
    same = recalibrate(model(), PARENT, equal, LATER, Silent())
    assert same.gain.interval == pytest.approx(plain.gain.interval)
    assert same.model.calibrator == plain.model.calibrator


def test_labels_from_use_are_fitted_as_they_count() -> None:
    told = seen(Task.EXCEPTION_TYPE)
    first = told.known.truth == 0
    weight = np.where(first, 0.5, 1.5)
    weighted = replace(told, known=replace(told.known, selection=weight))
    counted, plain = (
        recalibrate(model(Task.EXCEPTION_TYPE), PARENT, each, LATER, Silent()).model for each in (weighted, told)
    )
    raw = counted.score.raw_batch(told.features)

    def said(by: TaskModel) -> float:
        return float(np.asarray(by.calibrator.probability(raw))[:, 0].mean())

    assert said(counted) < said(plain) - 0.1
