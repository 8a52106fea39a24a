"""What hangs on later cases, and what each of them counts for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.vocabulary import Task
from models.task_model import TaskModel
from policies.policy import load_policy
from policies.stakes import alarm_from
from tests.fixtures.task_models import cases, task_model
from training.drift.drift import Seen, drift_of, stake_of
from training.errors import HistoryError
from training.histories.known import Known
from training.histories.truth import UNKNOWN

N = 600
POLICY = load_policy()


def model() -> TaskModel:
    return task_model(Task.SLA_BREACH)


def known(stakes: list[float], truth: list[int] | None = None, selection: list[float] | None = None) -> Known:
    n = len(stakes)
    told, nothing = np.ones(n, np.int64) if truth is None else np.array(truth), ["row"] * n
    weight = None if selection is None else np.array(selection)
    where, rows = list[str | None](["emea"] * n), np.zeros((n, 1))
    return Known(
        np.arange(float(n)), told, nothing, [None] * n, rows, np.arange(n), where, np.array(stakes), selection=weight
    )


def seen(selection: bool = False) -> Seen:
    rng = np.random.default_rng(9)
    rows = model().features().matrix(cases())[rng.integers(0, 300, N)]
    counts = [1.0 if number < N // 2 else 1e-3 for number in range(N)]
    told = known(
        [20.0] * N, [int(number % 3 == 0 and number < N // 2) for number in range(N)], counts if selection else None
    )
    return Seen(rows, told)


@pytest.mark.parametrize(
    ("stakes", "truth", "selection", "amount"),
    [
        ([10.0, np.nan, 40.0], None, None, 25.0),
        ([10.0, np.nan, 40.0], None, [1.0, 9.0, 4.0], 34.0),
        ([10.0, np.nan, 40.0], [1, UNKNOWN, 0], [1.0, 9.0, 4.0], 25.0),
        ([np.nan, np.nan], None, None, None),
    ],
    ids=["of those that tell it", "as each counts", "where others are there each stands for itself", "nobody tells it"],
)
def test_the_stake_is_what_hangs_on_a_case_on_average(
    stakes: list[float], truth: list[int] | None, selection: list[float] | None, amount: float | None
) -> None:
    told = stake_of(known(stakes, truth, selection), POLICY)
    assert told.amount == pytest.approx(amount)
    assert (told.currency, told.alarm_from) == (POLICY.settings.currency.reference, float(alarm_from(POLICY)))


def test_a_bundle_that_kept_no_profile_is_to_be_trained_again() -> None:
    with pytest.raises(HistoryError, match="no profile of sla_breach to compare with: train it again"):
        drift_of(replace(model(), profile=None), seen(), POLICY)


def test_features_and_answers_count_as_their_cases_do() -> None:
    """The second half counts for next to nothing, so that it is as if it were not there."""
    counted, plain = (drift_of(model(), seen(selection=each), POLICY) for each in (True, False))
    half = seen()
    alone = drift_of(model(), Seen(half.features[: N // 2], half.known.at(np.arange(N // 2))), POLICY)
    of = {each.feature: each.psi for each in alone.features}
    apart = [each.feature for each in plain.features if abs(each.psi - of[each.feature]) > 0.01]
    assert apart
    for each in counted.features:
        assert each.psi == pytest.approx(of[each.feature], abs=0.01), each.feature
    assert counted.regions[0].realised is not None
    assert alone.regions[0].realised is not None
    assert counted.regions[0].realised.rate == pytest.approx(alone.regions[0].realised.rate, abs=0.01)
