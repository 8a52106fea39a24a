"""What hangs on later cases, and what each of them counts for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.case import Carrier, Promise
from data.outcome import HistoryLine, Outcome
from data.record import canonical
from data.vocabulary import RootCause, Task
from models.task_model import TaskModel
from models.text import BUCKETS, TextModel
from policies.policy import load_policy
from policies.stakes import alarm_from
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.histories import as_of_monday
from tests.fixtures.task_models import cases, task_model
from training.drift.drift import Seen, drift_of, see, stake_of
from training.errors import HistoryError
from training.histories.history import History, open_history
from training.histories.known import Known
from training.histories.truth import UNKNOWN
from training.learning.evaluate import Snapshot
from training.progress import Silent

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


def test_of_a_long_later_history_rows_are_compared_that_lie_all_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with what it counts for."""
    whole = drift_of(model(), seen(selection=True), POLICY)
    monkeypatch.setattr("training.learning.profiling.MOST_ROWS", N // 2)
    thinned = drift_of(model(), seen(selection=True), POLICY)
    assert thinned.n == whole.n == N
    of = {each.feature: each.psi for each in whole.features}
    for each in thinned.features:
        assert each.psi == pytest.approx(of[each.feature], abs=0.1), each.feature


def test_outcomes_of_cases_too_young_to_tell_are_unknown_and_the_others_stand_for_them(tmp_path: Path) -> None:
    """Drift compares and recalibration learns from what stands for all: a third breaks, of late too."""
    file = tmp_path / "monday.jsonl"
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in as_of_monday()))
    met = see(model(), open_history(file), [], POLICY, Silent()).known
    told = met.truth != UNKNOWN
    lately = met.times >= met.times[told][-1] - 3 * 86_400
    assert (~told).sum() > 100
    assert met.selection is not None
    weighed = float(np.average(met.truth[told & lately], weights=met.selection[told & lately]))
    assert weighed == pytest.approx(1 / 3, abs=0.05)


def test_a_short_later_history_hears_from_its_context_how_long_outcomes_take(tmp_path: Path) -> None:
    """A third breaks: of ten days of it those that tell an outcome end quickly, and say that promises are kept."""
    ten, twenty = (read_after(hours, tmp_path) for hours in (240, 480))
    assert [(known.truth != UNKNOWN).sum() for known in ten] == [151, 0]
    alone, taught = twenty
    told = taught.truth != UNKNOWN
    assert taught.selection is not None
    assert 100 < told.sum() < (alone.truth != UNKNOWN).sum()
    assert float(np.average(taught.truth[told], weights=taught.selection[told])) == pytest.approx(1 / 3, abs=0.05)


def read_after(hours: int, tmp_path: Path) -> tuple[Known, Known]:
    """The latest cases of `as_of_monday`, read without and with those before."""
    files = tmp_path / "before.jsonl", tmp_path / "later.jsonl"
    for file, some in zip(files, (as_of_monday()[:-hours], as_of_monday()[-hours:]), strict=True):
        file.write_bytes(b"".join(canonical(line) + b"\n" for line in some))
    before, later = (open_history(file) for file in files)
    return see(model(), later, [], POLICY, Silent()).known, see(model(), later, before, POLICY, Silent()).known


def met(tmp_path: Path, lines: list[HistoryLine]) -> Seen:
    """What `fairlead drift` reads of a later history."""
    file = tmp_path / "later.jsonl"
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    return see(model(), open_history(file), [], POLICY, Silent(), without_outcome=True)


@pytest.mark.parametrize(
    ("told", "each", "enough"),
    [
        ({"sla_breached": True}, 10, True),
        ({"sla_breached": True}, 12, False),
        ({"root_cause": RootCause.LABOR_SHORTAGE}, 10, True),
        ({"root_cause": RootCause.LABOR_SHORTAGE}, 12, False),
        ({"resolved_at": NOON + timedelta(days=9)}, 10, True),
        ({}, 10, False),
    ],
)
def test_what_outcomes_feed_is_compared_where_one_case_in_ten_tells_what_came_of_it(
    tmp_path: Path, told: dict[str, Any], each: int, enough: bool
) -> None:
    """Of the task or of anything else: what parties are known for comes from all."""
    outcome = Outcome(recorded_at=NOON + timedelta(days=10), **told)
    promise = Promise(due_at=NOON + timedelta(days=8))
    lines = [
        HistoryLine(
            case=a_case(number, at=NOON + timedelta(hours=number), promise=promise if number % each else None),
            outcome=None if number % each else outcome,
        )
        for number in range(100)
    ]
    assert met(tmp_path, lines).tells_outcomes is enough


def test_later_cases_of_which_none_would_be_asked_about_are_told(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"later\.jsonl holds no case that sla_breach is asked about"):
        met(tmp_path, [HistoryLine(case=a_case(number)) for number in range(3)])


def test_a_region_of_the_later_cases_is_told_of() -> None:
    assert [each.region for each in drift_of(model(), seen(), POLICY).regions] == [None, "emea"]


def test_later_cases_are_read_with_what_was_known_before_and_arrivals_where_times_tell_them(tmp_path: Path) -> None:
    lines = [
        HistoryLine(
            case=a_case(
                number,
                at=NOON + timedelta(hours=number),
                promise=Promise(due_at=NOON + timedelta(days=8)),
                carrier=Carrier(id="swift"),
            )
        )
        for number in range(20)
    ]
    files = [tmp_path / "before.jsonl", tmp_path / "later.jsonl"]
    for file, part in zip(files, (lines[:10], lines[10:]), strict=True):
        file.write_bytes(b"".join(canonical(line) + b"\n" for line in part))
    before, later = map(open_history, files)

    def arrived(of: TaskModel, earlier: History | Snapshot) -> float:
        found = see(of, later, earlier, POLICY, Silent(), without_outcome=True).features
        return float(found[-1, of.features().names.index("carrier_arrivals")])

    at_once = replace(model(), lineage={"fitted_on": {"from": 1.0}, "tested_on": {"to": 1.0}})
    assert arrived(model(), before) > arrived(model(), []) + 1.0
    assert not arrived(at_once, before) > 0.0


def test_later_cases_are_read_with_their_messages(tmp_path: Path) -> None:
    task, file = Task.ROOT_CAUSE, tmp_path / "later.jsonl"
    said = TextModel(task.labels, np.zeros((BUCKETS, len(task.labels))), np.zeros(len(task.labels)), frozenset())
    lines = [
        HistoryLine(case=a_case(number, at=NOON + timedelta(hours=number), message="late" if number % 2 else None))
        for number in range(4)
    ]
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in lines))
    asked = replace(task_model(task), text=said)
    found = see(asked, open_history(file), [], POLICY, Silent(), without_outcome=True).features[:, -len(task.labels) :]
    assert np.isnan(found).any(axis=1).tolist() == [True, False, True, False]
