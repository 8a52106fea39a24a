"""A dossier that speaks against itself is refused where it does; what an honest comparison can say never is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data.promotion import Calibration, CheckName, Cost, Difference, Dossier, Finding, Metric
from data.record import digest_of
from data.vocabulary import Task
from serving.errors import Fault
from serving.models.contradictions import early, missing, refuted
from tests.fixtures.dossiers import WITHOUT_TIMES, a_dossier
from tests.fixtures.service import NOON
from training.promotion import answering, metrics

RISK = Task.SLA_BREACH
SKEW = timedelta(minutes=5)


def dossier(**changes: Any) -> Dossier:
    return a_dossier(digest_of(b"new"), digest_of(b"old"), **changes)


def pointers(faults: Iterable[Fault]) -> list[str]:
    return [each.pointer for each in faults]


def finding_of(name: CheckName, task: Task | None = RISK) -> str:
    at = [(each.name, each.task) for each in dossier().checks].index((name, task))
    return f"/dossier/checks/{at}/finding"


def measured(metric: Metric, champion: float, change: float, reach: float, **also: Any) -> Difference:
    """A challenger whose number is so much more than the champion's, with what 95 % of the resamples reach."""
    fields = {"low": change - reach, "high": change + reach, "worse": 0.5, "n": 1_240} | also
    return Difference(
        task=RISK, metric=metric, champion=champion, challenger=champion + change, difference=change, **fields
    )


@pytest.mark.parametrize(("ahead", "told"), [(timedelta(), False), (SKEW, False), (SKEW + timedelta(seconds=1), True)])
def test_no_moment_is_later_than_the_service_s_clock_and_what_clocks_differ_by(ahead: timedelta, told: bool) -> None:
    assert pointers(early(dossier(made_at=NOON + ahead), NOON)) == ["/dossier/made_at"] * told
    window = dossier().window.model_copy(update={"ends": NOON + ahead})
    assert pointers(early(dossier(window=window), NOON)) == ["/dossier/window/ends"] * told


def test_days_that_begin_later_than_now_are_told_and_a_comparison_without_days_has_none() -> None:
    later = NOON + timedelta(days=1)
    window = dossier().window.model_copy(update={"begins": later})
    (fault,) = early(dossier(window=window), NOON)
    assert fault.pointer == "/dossier/window/begins"
    assert fault.expected == f"not later than {_text(NOON)}, now by the service's clock"
    assert list(early(dossier(window=WITHOUT_TIMES), NOON)) == []


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_of_a_task_that_changes_is_asked_for_by_name(metric: Metric) -> None:
    left = tuple(each for each in dossier().differences if (each.task, each.metric) != (RISK, metric))
    (fault,) = missing(dossier(differences=left), [RISK, Task.STOCKOUT])
    assert fault.pointer == "/dossier/differences"
    assert fault.expected == f"every metric of each task whose model changes, this too: {metric} of sla_breach"
    assert list(missing(dossier(differences=left), [Task.STOCKOUT])) == []


def test_the_calibration_of_a_task_that_changes_is_asked_for_by_name() -> None:
    (fault,) = missing(dossier(calibrations=()), [RISK, Task.STOCKOUT])
    assert fault.pointer == "/dossier/calibrations"
    assert fault.expected == "one of each task whose model changes, these too: sla_breach, stockout"
    assert list(missing(dossier(calibrations=()), [])) == []


@pytest.mark.parametrize("finding", [Finding.PASSED, Finding.NOTED])
@pytest.mark.parametrize(
    "told",
    [
        measured(Metric.LOG_LOSS, 0.41, 2.59, 0.5),
        measured(Metric.LOG_LOSS, 0.5, 0.01, 0.004),
        measured(Metric.LOG_LOSS, 0.5, 0.01, 0.02, worse=0.996),
        measured(Metric.AVERAGE_PRECISION, 0.6, -0.05, 0.01),
        measured(Metric.EXPECTED_COST, 3.0, 0.6, 0.2),
    ],
    ids=["far worse", "clear interval", "nearly all resamples", "less precise", "dearer"],
)
def test_a_finding_that_its_own_difference_refutes_is_told_where_it_stands(told: Difference, finding: Finding) -> None:
    checks = tuple(each.model_copy(update={"finding": finding}) for each in dossier().checks)
    given = dossier(differences=(told,), checks=checks)
    (fault,) = refuted(given, [RISK])
    assert fault.pointer == finding_of(CheckName(told.metric.value))
    assert fault.expected.startswith("refused, for by its own numbers ")
    assert list(refuted(given, [Task.STOCKOUT])) == []


@pytest.mark.parametrize(
    "told",
    [
        measured(Metric.LOG_LOSS, 0.5, -0.2, 0.01),
        measured(Metric.LOG_LOSS, 0.5, 0.0019, 0.0001, worse=1.0),
        measured(Metric.LOG_LOSS, 0.5, 0.01, 0.006, worse=0.99),
        measured(Metric.AVERAGE_PRECISION, 0.6, 0.05, 0.01),
        measured(Metric.EXPECTED_COST, 3.0, 0.29, 0.01, worse=1.0),
        measured(Metric.EXPECTED_COST, 0.0, 0.0, 0.0),
    ],
    ids=["better", "a little worse", "not clear", "more precise", "a little dearer", "nothing to compare"],
)
def test_what_training_passes_or_notes_is_left_as_it_is(told: Difference) -> None:
    assert list(refuted(dossier(differences=(told,)), [RISK])) == []


def test_a_difference_is_the_challenger_less_the_champion() -> None:
    forged = measured(Metric.LOG_LOSS, 0.41, -0.01, 0.02).model_copy(update={"challenger": 3.0})
    (fault,) = refuted(dossier(differences=(forged,)), [RISK])
    assert (fault.pointer, fault.expected) == ("/dossier/differences/0/difference", "challenger less champion")


@pytest.mark.parametrize(
    ("n", "champion", "challenger", "told"),
    [
        (1_240, 0.02, 0.9, True),
        (20_000, 0.02, 0.0415, True),
        (20_000, 0.02, 0.0399, False),
        (1_240, 0.02, 0.07, False),
        (1_240, 0.02, 0.08, True),
        (1, 0.02, 0.17, True),
    ],
)
def test_calibration_is_held_to_more_than_chance_can_explain(
    n: int, champion: float, challenger: float, told: bool
) -> None:
    differences = (measured(Metric.LOG_LOSS, 0.5, 0.0, 0.01, n=n),)
    calibrations = (Calibration(task=RISK, champion=champion, challenger=challenger),)
    found = pointers(refuted(dossier(differences=differences, calibrations=calibrations), [RISK]))
    assert found == [finding_of(CheckName.CALIBRATION)] * told


def test_files_out_of_proportion_and_milliseconds_of_all_tasks_are_held_to_the_same_numbers() -> None:
    large = dossier().cost.model_copy(update={"champion_bytes": 10_000_000, "challenger_bytes": 50_000_001})
    assert pointers(refuted(dossier(cost=large), [])) == [finding_of(CheckName.SIZE, None)]
    slow = dossier().cost.model_copy(update={"challenger_milliseconds": 33.0})
    assert pointers(refuted(dossier(cost=slow), [])) == ["/dossier/cost/challenger_milliseconds"]


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=4, max_size=4))
@example([(0.6, 2.2)] * 4)
def test_milliseconds_that_no_check_refuses_are_never_refused(times: list[tuple[float, float]]) -> None:
    checks = [answering.latency_check(task, *took) for task, took in zip(Task, times, strict=True)]
    champion, challenger = (round(sum(each), 3) for each in zip(*times, strict=True))
    cost = Cost(
        champion_milliseconds=champion, challenger_milliseconds=challenger, champion_bytes=1, challenger_bytes=1
    )
    if all(each.finding is not Finding.REFUSED for each in checks):
        assert list(refuted(dossier(cost=cost), [])) == []


@given(
    st.sampled_from(Metric),
    st.floats(0.01, 5),
    st.floats(-0.3, 0.3),
    st.floats(0.0001, 0.3),
    st.sampled_from(["normal", "few large", "skewed"]),
    st.integers(0, 100),
)
def test_no_difference_that_training_measures_and_passes_is_refused(
    metric: Metric, champion: float, change: float, spread: float, shape: str, seed: int
) -> None:
    """Resamples of three shapes, also of means that hang on a few rows."""
    rng = np.random.default_rng(seed)
    drawn = {
        "normal": rng.normal(0, 1, 1_000),
        "few large": 1.0 - rng.poisson(1, 1_000),
        "skewed": 1.0 - rng.exponential(1, 1_000),
    }[shape]
    resampled = change + spread * drawn
    low, high = np.quantile(resampled, (0.025, 0.975))
    worse = resampled < 0 if metric is Metric.AVERAGE_PRECISION else resampled > 0
    told = measured(
        metric,
        round(champion, 6),
        round(change, 6),
        0.0,
        low=round(float(low), 6),
        high=round(float(high), 6),
        worse=round(float(worse.mean()), 4),
    )
    if metrics.check(told, "EUR").finding is not Finding.REFUSED:
        assert list(refuted(dossier(differences=(told,)), [RISK])) == []
