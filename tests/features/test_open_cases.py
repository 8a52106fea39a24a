"""How many exceptions are open: each from when it arrives until its first outcome is known, and then not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.case import Case, Order, StockPosition, Supplier
from data.outcome import HistoryLine, Outcome
from data.standing import PartyStanding, Standing
from data.vocabulary import ExceptionType, Task
from features.attributes import FAR_OFF, AttributeSchema, Declaration, infer_attributes
from features.catalogue import feature_set
from features.lessons import read_lessons, stays_open
from features.open_cases import open_cases, open_now
from features.parties import SUPPLIER
from features.seeds import read_snapshot, snapshot
from features.sentences import sentence
from features.standing import MemoryRows, StandingKeeper, going_on, replay
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import COLD, value

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
READS = AttributeSchema(open_cases=True)


def _order(number: int, days: float, exception: str | None = None, supplier: str = "acme") -> Case:
    case = a_case(number, at=NOON + days * DAY, supplier=Supplier(id=supplier))
    return case if exception is None else case.model_copy(update={"exception_id": exception})


def _line(case: Case, known_after: float | None = None) -> HistoryLine:
    known = None if known_after is None else Outcome(recorded_at=case.event.time + known_after * DAY, sla_breached=True)
    return HistoryLine(case=case, outcome=known)


def _open(lines: list[HistoryLine], days: float, keeper: StandingKeeper | None = None) -> float:
    """How many of the supplier's exceptions are open then."""
    keeper = keeper or StandingKeeper(MemoryRows())
    asked = _line(_order(9_999, days))
    *_, (_, standing) = replay([*lines, asked], keeper, settle=False)
    found = value(open_now(SUPPLIER), asked.case, standing)
    assert found is not None
    return found


def test_a_case_is_open_from_when_it_came_until_its_outcome_is_known() -> None:
    lines = [_line(_order(1, 0.0), 2.0), _line(_order(2, 1.0), 5.0), _line(_order(3, 1.5, supplier="other"), 9.0)]
    assert [round(_open(lines, at), 2) for at in (1.9, 2.1, 6.1)] == [
        pytest.approx(0.5 ** (1.9 / 30) + 0.5 ** (0.9 / 30), abs=0.01),
        pytest.approx(0.5 ** (1.1 / 30), abs=0.01),
        0.0,
    ]


def test_one_that_nobody_ends_counts_half_after_a_month() -> None:
    assert _open([_line(_order(1, 0.0))], 30.0) == pytest.approx(0.5)


def test_an_exception_is_open_once_however_often_it_is_told_of_and_ends_with_its_first_outcome() -> None:
    updates = [_line(_order(n, n * 0.1, exception="one"), 1.0) for n in range(5)]
    other = _line(_order(7, 0.45, exception="other"))
    assert _open([*updates, other], 0.9) == pytest.approx(2.0, abs=0.06)
    assert _open([*updates, other], 3.0) == pytest.approx(1.0, abs=0.06), "five outcomes end one exception once"


@given(st.lists(st.tuples(st.floats(0, 40), st.floats(0, 40)), min_size=1, max_size=12))
def test_nothing_is_left_of_cases_that_ended(told: list[tuple[float, float]]) -> None:
    lines = [_line(_order(number, came), after) for number, (came, after) in enumerate(sorted(told))]
    assert _open(lines, 81.0) == 0.0


def test_outcomes_that_wait_in_a_snapshot_end_their_cases_once() -> None:
    lines = [_line(_order(1, 0.0), 2.0), _line(_order(2, 0.5), 4.0)]
    rows = MemoryRows()
    keeper = StandingKeeper(rows)
    list(replay(lines, keeper, settle=False))
    kept = snapshot(rows, keeper.waiting)
    assert len(read_lessons(kept).pending) == 2
    assert read_snapshot(kept).keys() >= {state.key for state in rows if state.kind == "supplier"}
    for at in (1.0, 3.0, 5.0):
        assert _open([], at, going_on(MemoryRows(), kept, READS)) == pytest.approx(_open(lines, at))


def test_a_shelf_that_is_asked_about_every_day_is_never_open() -> None:
    position = StockPosition(sku="s", node="n")
    shelf = a_case(1, stock=(position,), reported_type=None, order=None)
    assert not stays_open(shelf)
    assert stays_open(a_case(1, stock=(), reported_type=None, order=None))
    assert stays_open(shelf.model_copy(update={"reported_type": ExceptionType.UNAVAILABLE_INVENTORY}))
    assert stays_open(shelf.model_copy(update={"order": Order(order_id="o")}))
    told = shelf.model_copy(update={"supplier": Supplier(id="acme")})
    assert _open([_line(told, 0.5)], 0.1) == 0.0
    assert _open([_line(told, 0.05)], 0.1) == 0.0
    assert _open([_line(_order(2, 0.0)), _line(told, 0.05)], 0.1) == pytest.approx(1.0, abs=0.01), "nor does it end any"


def test_of_a_party_that_is_not_named_nothing_is_known_and_of_an_unseen_one_nothing_is_open() -> None:
    assert value(open_now(SUPPLIER), a_case(1, supplier=None), COLD) is None
    assert value(open_now(SUPPLIER), _order(1, 0.0), COLD) == 0.0
    seen = PartyStanding(kind="supplier", id="acme", open=14.25)
    assert value(open_now(SUPPLIER), _order(1, 0.0), Standing(as_of=NOON, parties=(seen,))) == 14.25
    told = "of the supplier {} open, old ones counted in part"
    assert sentence(open_now(SUPPLIER), 14.0, None) == "14 exceptions " + told.format("are")
    assert sentence(open_now(SUPPLIER), 0.9999, None) == "1 exception " + told.format("is")


@pytest.mark.parametrize(("days", "reads"), [(119.0, False), (121.0, True)])
def test_only_a_history_that_is_long_beside_its_beginning_tells_what_is_open(days: float, reads: bool) -> None:
    count = FAR_OFF // 2
    cases = [_order(number, days * number / (count - 1)) for number in range(count)]
    assert infer_attributes(cases).open_cases is reads


def test_promises_are_judged_by_it_and_shelves_are_not_and_others_read_what_they_always_read() -> None:
    own = Declaration(kind="category", levels=tuple(f"level {number}" for number in range(20)))
    declared = {"vendor": own}
    for task in Task:
        without = feature_set(task, AttributeSchema(attributes=declared)).names
        told = AttributeSchema(attributes=declared, open_cases=True)
        with_it = feature_set(task, told).names
        added = () if task is Task.STOCKOUT else tuple(each.name for each in open_cases(told))
        assert with_it == (*without, *added)
    named = ["supplier_open", "carrier_open", "node_open", "standing.attribute.vendor.open"]
    assert [each.name for each in open_cases(told)] == named
    assert "open_cases" not in AttributeSchema().model_dump(), "bundles of before keep their bytes"
