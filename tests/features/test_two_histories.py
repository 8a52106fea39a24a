"""What one history does not tell of a party stays as another told it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.lessons import Lesson, Pending, read_lessons
from features.party_rows import PartyState
from features.seeds import read_snapshot, snapshot
from features.two_histories import both, together, two_snapshots
from tests.fixtures.cases import NOON

PROMISES = PartyState(
    "retailer",
    "retailer",
    recorded_at=NOON,
    outcomes=40.0,
    breaches=10.0,
    outcomes_long=400.0,
    breaches_long=80.0,
    outcomes_short=4.0,
    breaches_short=2.0,
    resolved=4.0,
    resolution=8.0,
    resolved_long=40.0,
    resolution_long=80.0,
    resolution_squares=170.0,
    causes={"supplier_delay": 2.0},
)
SHELVES = PartyState(
    "retailer",
    "retailer",
    arrived_at=NOON,
    arrivals=3.0,
    shelves=2.0,
    recorded_at=NOON + timedelta(days=30),
    shelf_outcomes=9.0,
    stockouts=1.0,
    shelf_outcomes_lately=2.0,
)


def test_a_history_of_shelves_leaves_what_promises_came_to() -> None:
    told = both(PROMISES, SHELVES)
    assert (told.outcomes, told.breaches, told.resolved, told.causes) == (20.0, 5.0, 2.0, {"supplier_delay": 1.0})
    assert told.outcomes_long == pytest.approx(400 * 0.5 ** (30 / 365))
    over_years = (told.resolved_long, told.resolution_long, told.resolution_squares)
    assert over_years == pytest.approx([each * 0.5 ** (30 / 365) for each in (40.0, 80.0, 170.0)])
    assert told.breaches_short == 2 * 0.5 ** (30 * 4), "of hours nothing is left after thirty days"
    mine = ("arrived_at", "arrivals", "shelves", "recorded_at", "shelf_outcomes", "stockouts", "shelf_outcomes_lately")
    assert [getattr(told, name) for name in mine] == [getattr(SHELVES, name) for name in mine]


def test_what_is_open_is_told_by_the_history_that_opens_it() -> None:
    """Shelves open nothing: what was open by the other history, and what ended of it, fades together."""
    desk = PartyState("node", "n", arrived_at=NOON, arrivals=1.0, opened=8.0, recorded_at=NOON, ended=6.0)
    told = both(desk, SHELVES._replace(kind="node", id="n", arrived_at=NOON + timedelta(days=30)))
    assert (told.opened, told.ended) == (4.0, 3.0)
    again = desk._replace(opened=2.0, ended=1.0)
    assert (both(desk, again).opened, both(desk, again).ended) == (2.0, 1.0)
    waits = desk._replace(opened=2.0, ended=0.0)
    assert (both(desk, waits).opened, both(desk, waits).ended) == (2.0, 0.0), "none of its own has ended yet"


def test_what_is_told_again_is_told_anew() -> None:
    again = PROMISES._replace(outcomes=1.0, breaches=0.0, outcomes_long=1.0, breaches_long=0.0, resolved=1.0)
    again = again._replace(outcomes_short=1.0, breaches_short=0.0)
    assert both(PROMISES, again) == again


def test_of_two_that_are_told_in_turn_both_stay() -> None:
    told = both(SHELVES, PROMISES)
    assert told.shelf_outcomes == SHELVES.shelf_outcomes, "what is of a later instant has not faded yet"
    assert (told.arrivals, told.arrived_at) == (3.0, NOON)
    assert told.outcomes == PROMISES.outcomes


@given(st.floats(0.0, 1e6), st.integers(-400, 400))
def test_nothing_is_made_of_nothing(outcomes: float, days: int) -> None:
    empty = PartyState("node", "n")
    some = empty._replace(recorded_at=NOON + timedelta(days), outcomes=outcomes)
    assert both(empty, some) == some
    assert both(some, empty) == some
    assert both(some, PROMISES).outcomes == PROMISES.outcomes


def test_all_parties_of_two_histories_are_kept() -> None:
    node = PROMISES._replace(kind="node", id="store-7")
    article = SHELVES._replace(kind="product", id="sku-1")
    earlier = {each.key: each for each in (PROMISES, node)}
    told = {each.key: each for each in (SHELVES, article)}
    assert together(earlier, told) == {
        PROMISES.key: both(PROMISES, SHELVES),
        node.key: node,
        article.key: article,
    }


KEY = PROMISES.key
HOUR = timedelta(hours=1)


def _waits(number: int, hours: float, **told: Any) -> Pending:
    at = NOON + hours * HOUR
    return Pending(at, f"e-{number}", 0, (KEY,), Lesson(at, **told), f"x-{number}")


def _pending_of(rows: list[dict[str, Any]]) -> list[tuple[str, Lesson]]:
    return [(each.exception_id, each.lesson) for each in read_lessons(rows).pending]


def test_the_same_history_again_keeps_each_lesson_once() -> None:
    lone = PartyState("node", "n-1", NOON, 1.0)
    waits = [_waits(1, 1.0, breached=True), _waits(2, 2.0, breached=True)._replace(keys=(lone.key,))]
    rows = snapshot([lone, PROMISES], waits)
    assert two_snapshots(rows, rows) == rows


def test_what_waits_stays_where_the_other_history_tells_nothing_of_the_kind() -> None:
    """The shelves' history tells of stock-outs: of those it knows itself what is to come."""
    shelves = SHELVES._replace(recorded_at=NOON)
    promise = _waits(1, 1.0, breached=True, stockout=True, granted=3.0)
    told = two_snapshots(snapshot([PROMISES], [promise]), snapshot([shelves], [_waits(9, 2.0, stockout=False)]))
    at = NOON + HOUR
    assert _pending_of(told) == [
        ("x-1", Lesson(at, breached=True, granted=3.0)),
        ("x-9", Lesson(NOON + 2 * HOUR, stockout=False)),
    ]


@pytest.mark.parametrize("opened", [0.0, 2.0])
def test_what_usually_ends_waits_on_unless_the_other_history_opens_cases_itself(opened: float) -> None:
    desk = PartyState("node", "n", NOON, 3.0, opened=3.0)
    presumed = _waits(1, 1.0, ends=0.9)._replace(keys=(desk.key,))
    other = desk._replace(opened=opened)
    mine = _waits(2, 2.0, ends=0.5)._replace(keys=(desk.key,))
    told = two_snapshots(snapshot([desk], [presumed]), snapshot([other], [mine]))
    assert [name for name, _ in _pending_of(told)] == (["x-2"] if opened else ["x-1", "x-2"])


def test_what_has_come_by_the_later_history_is_counted_and_waits_no_more() -> None:
    told = two_snapshots(snapshot([PROMISES], [_waits(1, 1.0, breached=True)]), snapshot([SHELVES]))
    after = read_snapshot(told)[KEY]
    assert not _pending_of(told)
    assert after.outcomes == pytest.approx(20.5, abs=0.03), "one more, faded by thirty days as the others"
    assert after.lessons is None


def test_what_the_later_history_counted_itself_waits_no_more() -> None:
    later = PROMISES._replace(recorded_at=NOON + HOUR / 2)
    told = two_snapshots(snapshot([PROMISES], [_waits(1, 1.0, breached=True)]), snapshot([later]))
    assert told == snapshot([later])
