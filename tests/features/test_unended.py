"""Exceptions that a history leaves open end as the others did, as surely as the others' outcomes are told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from data.case import Case, StockPosition, Supplier
from data.outcome import HistoryLine, Outcome
from features.attributes import EMPTY
from features.decay import fade
from features.lessons import read_lessons
from features.open_cases import open_now
from features.parties import SUPPLIER
from features.party_rows import OPEN_HALF_LIFE, PartyKey
from features.seeds import snapshot
from features.standing import MemoryRows, StandingKeeper, going_on, replay
from features.unended import FEWEST, _end
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import value

DAY = timedelta(days=1)
ACME = PartyKey("supplier", "acme")


def line(number: int, came: float, took: float | None = 2.0, exception: str | None = None) -> HistoryLine:
    case = a_case(number, at=NOON + came * DAY, supplier=Supplier(id="acme"))
    case = case.model_copy(update={"exception_id": exception or f"exc-{number}"})
    known = None if took is None else Outcome(recorded_at=case.event.time + took * DAY, sla_breached=False)
    return HistoryLine(case=case, outcome=known)


def a_year(silent: int = 0) -> list[HistoryLine]:
    """Two a day; every so manieth, if any, is never told of."""
    return [line(n, n / 2, None if silent and n % silent == 0 else 1.0 + n % 5) for n in range(600)]


def left_open(lines: list[HistoryLine]) -> StandingKeeper:
    keeper = StandingKeeper(MemoryRows())
    list(replay(lines, keeper, settle=False))
    return keeper


def open_at(days: float, before: list[dict[str, object]]) -> float:
    asked = line(9_999, days)
    ((_, standing),) = replay([asked], going_on(MemoryRows(), before, EMPTY), settle=False)
    found = value(open_now(SUPPLIER), asked.case, standing)
    assert found is not None
    return found


def test_what_was_open_when_a_history_was_written_down_ends_as_the_others_did() -> None:
    cut = NOON + 299.6 * DAY
    known = [each if _known_by(each, cut) else each.model_copy(update={"outcome": None}) for each in a_year()]
    rows = MemoryRows()
    keeper = StandingKeeper(rows)
    list(replay(known, keeper, settle=False))
    begun, mended = snapshot(rows, keeper.waiting), snapshot(rows, [*keeper.waiting, *keeper.unended.presumed()])
    truth_rows = MemoryRows()
    truth = StandingKeeper(truth_rows)
    list(replay(a_year(), truth, settle=False))
    told = snapshot(truth_rows, truth.waiting)
    assert open_at(299.6, mended) == pytest.approx(open_at(299.6, told), abs=0.1)
    assert open_at(305.0, told) == 0.0
    assert open_at(305.0, begun) > 4.0, "or nothing would have to end"
    assert open_at(305.0, mended) == pytest.approx(0.0, abs=1e-6)


def _known_by(each: HistoryLine, cut: datetime) -> bool:
    return each.outcome is not None and each.outcome.recorded_at <= cut


def test_where_some_are_never_told_of_those_that_wait_end_in_part_and_the_old_ones_fade() -> None:
    keeper = left_open(a_year(silent=4))
    presumed = {each.exception_id: each for each in keeper.unended.presumed()}
    assert presumed.keys() == {f"exc-{n}" for n in (592, 596)}, "those that came more than five days ago wait for ever"
    youngest = presumed["exc-596"]
    age = 1.5
    longer = [took for took in (1.0, 2.0, 3.0, 4.0, 5.0) if took > age]
    survives = 0.75 * len(longer) / 5
    likely = survives / (survives + 0.25)
    left = fade(NOON, NOON + (youngest.recorded_at - (NOON + 298 * DAY)), OPEN_HALF_LIFE)
    assert youngest.lesson.ends == pytest.approx(likely * left, rel=0.03)
    assert youngest.recorded_at in {NOON + (298 + took) * DAY for took in (3.0, 4.0)}
    assert ACME in youngest.keys
    assert PartyKey("retailer", "retailer") not in youngest.keys, "of the retailer nothing is open"
    assert not youngest.lesson.tells


def test_of_few_outcomes_nothing_is_usual() -> None:
    for count, presumed in ((FEWEST - 1, 0), (FEWEST, 1)):
        lines = [*(line(n, n / 10) for n in range(count)), line(99, count / 10, None)]
        assert len([*left_open(lines).unended.presumed()]) == presumed


def test_an_exception_waits_from_its_first_event_until_any_of_its_outcomes() -> None:
    known = [line(n, n / 10) for n in range(FEWEST)]
    asked_again = [line(50, 4.0, None, "one"), line(51, 5.0, None, "one")]
    (waits,) = left_open([*known, *asked_again]).unended.presumed()
    assert (waits.exception_id, waits.event_id) == ("one", asked_again[0].case.event.id)
    assert [*left_open([*known, *asked_again, line(52, 5.5, 0.1, "one")]).unended.presumed()] == []


def test_a_shelf_waits_for_nothing() -> None:
    shelf: Case = a_case(
        77, at=NOON + 9 * DAY, stock=(StockPosition(sku="s", node="n"),), reported_type=None, order=None
    )
    lines = [*(line(n, n / 10) for n in range(FEWEST)), HistoryLine(case=shelf, outcome=None)]
    assert [*left_open(lines).unended.presumed()] == []


def test_an_outcome_that_is_told_in_truth_counts_beside_what_was_presumed() -> None:
    keeper = left_open([*(line(n, n / 10) for n in range(FEWEST)), line(99, 3.0, None)])
    rows = read_lessons(snapshot(MemoryRows(), keeper.unended.presumed()))
    assert len(rows.pending) == 1
    again = line(100, 3.1, 1.0, "exc-99").case
    assert not rows.foretell(ACME, again)
    assert not rows.tell(ACME, "exc-99")


@pytest.mark.parametrize(
    ("age", "told", "after", "likely"),
    [(0.5, 1.0, 2.0, 1.0), (1.5, 1.0, 3.0, 1.0), (3.5, 1.0, 4.0, 1.0), (2.0, 0.5, 3.0, 1 / 3), (4.0, 1.0, None, None)],
)
def test_one_ends_after_the_middle_of_those_that_took_longer(
    age: float, told: float, after: float | None, likely: float | None
) -> None:
    ends = _end([1.0, 2.0, 3.0, 4.0], age, told)
    assert (ends or (None, None))[0] == after
    assert (ends or (None, None))[1] == (None if likely is None else pytest.approx(likely))
