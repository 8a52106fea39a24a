"""What a history looks like from outside: base rates in bands, noise where real senders are noisy, causes in storms."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from data.outcome import HistoryLine
from data.simulator import simulate
from data.vocabulary import RootCause

UNTIL = datetime(2026, 5, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def lines() -> list[HistoryLine]:
    return list(simulate(4711, 7000, UNTIL, weeks=8))


def share(happened: list[bool]) -> float:
    return sum(happened) / len(happened)


def promised(line: HistoryLine) -> datetime | None:
    return line.case.promise.due_at if line.case.promise else None


def test_promises_break_in_a_quarter_to_a_third_of_cases(lines: list[HistoryLine]) -> None:
    broken = [line.outcome.breached(promised(line)) for line in lines if line.outcome]

    assert 0.25 <= share([each for each in broken if each is not None]) <= 0.36


def test_shelves_empty_in_a_fifth_to_a_quarter_of_cases(lines: list[HistoryLine]) -> None:
    told = [line.outcome.stockout for line in lines if line.outcome and line.outcome.stockout is not None]

    assert 0.18 <= share(told) <= 0.27


def test_no_type_and_no_cause_dominates(lines: list[HistoryLine]) -> None:
    outcomes = [line.outcome for line in lines if line.outcome]
    types = Counter(each.exception_type for each in outcomes if each.exception_type)
    causes = Counter(each.root_cause for each in outcomes if each.root_cause)

    assert all(0.04 < count / types.total() < 0.25 for count in types.values())
    assert all(0.02 < count / causes.total() < 0.25 for count in causes.values())


def test_labels_are_known_for_most_cases(lines: list[HistoryLine]) -> None:
    outcomes = [line.outcome for line in lines if line.outcome]

    assert 0.82 < share([each.exception_type is not None for each in outcomes]) < 0.94
    assert 0.82 < share([each.root_cause is not None for each in outcomes]) < 0.94


def test_reported_types_are_often_missing_or_wrong(lines: list[HistoryLine]) -> None:
    reported = [line for line in lines if line.case.reported_type]
    wrong = [
        line.case.reported_type is not line.outcome.exception_type
        for line in reported
        if line.outcome and line.outcome.exception_type
    ]

    assert 0.6 < len(reported) / len(lines) < 0.7
    assert 0.14 < share(wrong) < 0.22


def test_no_code_stands_for_one_type(lines: list[HistoryLine]) -> None:
    by_code: dict[str, Counter[str]] = {}
    for line in lines:
        if line.case.code and line.outcome and line.outcome.exception_type:
            by_code.setdefault(line.case.code, Counter())[line.outcome.exception_type] += 1

    assert all(max(types.values()) / types.total() < 0.9 for types in by_code.values())
    assert sum(max(types.values()) for types in by_code.values()) < 0.62 * sum(map(Counter.total, by_code.values()))


def test_carrier_failures_come_in_storms_and_wrong_addresses_do_not(lines: list[HistoryLine]) -> None:
    assert _burstiness(lines, RootCause.CARRIER_FAILURE) > 2.0 * _burstiness(lines, RootCause.ADDRESS_PROBLEM)


def test_new_parties_appear_only_in_the_last_weeks(lines: list[HistoryLine]) -> None:
    joined = UNTIL - timedelta(days=49)
    carriers = [line.case.event.time for line in lines if line.case.carrier and line.case.carrier.id == "greenwheel"]
    suppliers = [
        line.case.event.time for line in lines if line.case.supplier and line.case.supplier.id == "supplier-061"
    ]

    for times in (carriers, suppliers):
        assert len(times) > 20
        assert min(times) >= joined


def test_the_logging_policy_explores_and_its_propensities_are_honest(lines: list[HistoryLine]) -> None:
    propensities = [line.decision.propensity for line in lines if line.decision]

    assert min(propensities) >= 0.15 / 6 - 1e-6
    # Of honest propensities the mean inverse is the mean number of possible actions.
    assert 3.0 < sum(1.0 / each for each in propensities) / len(propensities) < 6.0


def test_recorded_stock_differs_from_the_shelf_more_the_longer_ago_it_was_counted(lines: list[HistoryLine]) -> None:
    fresh: list[bool] = []
    old: list[bool] = []
    for line in lines:
        stock = line.case.at_stake
        if stock and stock.counted_at and stock.on_hand and line.outcome and line.outcome.stockout is not None:
            age = line.case.event.time - stock.counted_at
            if stock.on_hand > 2 * (stock.safety_stock or 1):
                (fresh if age < timedelta(days=7) else old).append(line.outcome.stockout)

    assert share(old) > 1.2 * share(fresh)


def _burstiness(lines: list[HistoryLine], cause: RootCause) -> float:
    """Variance over mean of counts per region and quarter of a day: 1 where events are independent."""
    counts: Counter[tuple[str | None, int]] = Counter()
    for line in lines:
        if line.outcome and line.outcome.root_cause is cause:
            counts[line.case.region, int(line.case.event.time.timestamp() // 21600)] += 1
    cells = 3 * 8 * 7 * 4
    values = [*counts.values(), *([0] * (cells - len(counts)))]
    mean = sum(values) / cells
    return sum((each - mean) ** 2 for each in values) / cells / mean
