"""Standing: the same bits replayed and live, nothing of the future, nothing of the case itself."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.case import Carrier, Case, Customer, Node, Order, OrderLine, Promise, StockDay, StockPosition, Supplier
from data.outcome import HistoryLine, Outcome
from data.record import canonical
from data.standing import PartyStanding, Standing
from data.vocabulary import RootCause
from features.attributes import EMPTY, AttributeSchema, Declaration
from features.lessons import read_lessons
from features.party_rows import MemoryRows, PartyKey, PartyState
from features.seeds import SeededRows, read_snapshot, snapshot
from features.standing import RETAILER, StandingKeeper, going_on, replay
from tests.fixtures.cases import NOON, a_case, cases

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def _line(number: int, minutes: float, recorded_after: float | None = None, **told: Any) -> HistoryLine:
    at = NOON + minutes * MINUTE
    facts = {"carrier": Carrier(id=told.pop("carrier", "dhl")), "customer": Customer(id=told.pop("customer", "c-1"))}
    case = a_case(number, at=at, promise=Promise(due_at=at + HOUR), **facts)
    outcome = None if recorded_after is None else Outcome(recorded_at=at + recorded_after * MINUTE, **told)
    return HistoryLine(case=case, outcome=outcome)


def _keeper() -> StandingKeeper:
    return StandingKeeper(MemoryRows())


def _last(lines: Sequence[HistoryLine], kind: str = "carrier") -> Any:
    return list(replay(lines, _keeper()))[-1][1].of(kind)


@st.composite
def _histories(draw: st.DrawFn) -> list[HistoryLine]:
    steps = draw(st.lists(st.tuples(st.integers(0, 2000), st.none() | st.integers(-30, 6000)), max_size=14))
    lines, minutes = [], 0.0
    for number, (step, recorded_after) in enumerate(steps):
        minutes += step
        told = {
            "sla_breached": draw(st.none() | st.booleans()),
            "root_cause": draw(st.none() | st.sampled_from(RootCause)),
            "stockout": draw(st.none() | st.booleans()),
            "granted": draw(st.none() | st.integers(0, 10_000).map(lambda cents: Decimal(cents) / 100)),
            "carrier": draw(st.sampled_from(["dhl", "ups"])),
            "customer": draw(st.sampled_from(["c-1", "c-2"])),
        }
        lines.append(_line(number, minutes, recorded_after, **told))
    return lines


def _live(lines: Sequence[HistoryLine], keeper: StandingKeeper) -> Iterator[Standing]:
    """What a service does: look up and count a case as it comes, learn from an outcome as it is recorded."""
    happenings: list[tuple[Any, ...]] = [
        (line.case.event.time, 1, "", number, line) for number, line in enumerate(lines)
    ]
    happenings += [
        (max(line.outcome.recorded_at, line.case.event.time), 0, line.case.event.id, number, line)
        for number, line in enumerate(lines)
        if line.outcome is not None
    ]
    for _, is_case, _, _, line in sorted(happenings, key=lambda each: each[:4]):
        if is_case:
            yield keeper.of(line.case, line.case.event.time)
            keeper.arrive(line.case, line.case.event.time)
        else:
            keeper.record(line.case, line.outcome, line.case.promise.due_at)


@given(_histories())
@settings(deadline=None, max_examples=40)
def test_replayed_equals_kept_live_bit_for_bit(lines: list[HistoryLine]) -> None:
    punctual = [line for line in lines if line.outcome is None or line.outcome.recorded_at > line.case.event.time]
    rows, live_rows = MemoryRows(), MemoryRows()
    replayed = [standing for _, standing in replay(punctual, StandingKeeper(rows))]
    live = list(_live(punctual, StandingKeeper(live_rows)))
    assert list(map(canonical, replayed)) == list(map(canonical, live))
    assert canonical(snapshot(rows)) == canonical(snapshot(live_rows))


@given(_histories(), st.integers(0, 13))
@settings(deadline=None, max_examples=40)
def test_the_future_changes_nothing(lines: list[HistoryLine], cut: int) -> None:
    whole = [standing for _, standing in replay(lines, _keeper())]
    so_far = [standing for _, standing in replay(lines[:cut], _keeper())]
    assert whole[:cut] == so_far


@given(_histories(), st.integers(0, 13))
@settings(deadline=None, max_examples=40)
def test_a_standing_goes_on_from_a_bundles_snapshot(lines: list[HistoryLine], cut: int) -> None:
    """Seeded by the snapshot of a first part, then live: as if it had been live all along."""
    rows = MemoryRows()
    for _ in replay(lines[:cut], StandingKeeper(rows)):
        pass
    seeds = read_snapshot(json.loads(canonical(snapshot(rows))))
    seeded = StandingKeeper(SeededRows(MemoryRows(), seeds))
    on_dict = StandingKeeper(rows)
    for line in lines[cut:]:
        assert seeded.of(line.case, line.case.event.time) == on_dict.of(line.case, line.case.event.time)
        for keeper in (seeded, on_dict):
            keeper.arrive(line.case, line.case.event.time)


def _known_until(lines: Sequence[HistoryLine]) -> list[dict[str, Any]]:
    """The snapshot at the last line's moment, with the outcomes that are known later."""
    rows = MemoryRows()
    keeper = StandingKeeper(rows)
    for _ in replay(lines, keeper, settle=False):
        pass
    told: list[dict[str, Any]] = json.loads(canonical(snapshot(rows, keeper.waiting)))
    return told


@given(_histories(), st.integers(1, 13))
@settings(deadline=None, max_examples=60)
def test_what_waits_in_a_snapshot_is_counted_as_if_the_history_had_gone_on(lines: list[HistoryLine], cut: int) -> None:
    punctual = [line for line in lines if line.outcome is None or line.outcome.recorded_at > line.case.event.time]
    before, later = _known_until(punctual[:cut]), punctual[cut:]
    rows, on = MemoryRows(), MemoryRows()
    whole = [standing for _, standing in replay(punctual, StandingKeeper(rows))][cut:]
    gone_on = [standing for _, standing in replay(later, going_on(on, before, EMPTY))]
    seeded = SeededRows(MemoryRows(), read_snapshot(before), read_lessons(before))
    live = list(_live(later, StandingKeeper(seeded, foretold=seeded.foretell)))
    assert list(map(canonical, gone_on)) == list(map(canonical, whole))
    assert list(map(canonical, live)) == list(map(canonical, whole))
    assert canonical(snapshot(on)) == canonical(snapshot(rows))
    assert {key: _unmarked(state) for key, state in seeded.get([each.key for each in rows]).items()} == {
        each.key: each for each in rows
    }


def _unmarked(state: PartyState) -> PartyState:
    return state._replace(lessons=None, heard=0)


@pytest.mark.parametrize("told_after", [30, 600])
def test_an_outcome_that_is_told_again_counts_once(told_after: float) -> None:
    """Whether the pending one has come already or comes later; another exception of the same name counts."""
    first, second = _line(1, 0, recorded_after=300, sla_breached=True), _line(2, 10)
    before = _known_until([first, second])
    again = _line(1, 20, recorded_after=told_after, sla_breached=True)
    update = again.case.event.model_copy(update={"id": "told-again"})
    line = again.model_copy(update={"case": again.case.model_copy(update={"event": update})})
    seeded = SeededRows(MemoryRows(), read_snapshot(before), read_lessons(before))
    keeper = StandingKeeper(seeded, foretold=seeded.foretell)
    list(_live([line], keeper))
    kept = [standing for _, standing in replay([line, _line(3, 900)], going_on(MemoryRows(), before, EMPTY))][-1]
    live = keeper.of(_line(3, 900).case, NOON + 900 * MINUTE)
    assert canonical(live) == canonical(kept)
    assert _outcomes(live) == pytest.approx(1.0, abs=0.02)
    other = _line(1, 400, recorded_after=60, sla_breached=True)
    list(_live([other], keeper))
    assert _outcomes(keeper.of(other.case, NOON + 900 * MINUTE)) == pytest.approx(2.0, abs=0.04)


def _outcomes(standing: Standing) -> float:
    carrier = standing.of("carrier")
    return carrier.outcomes if carrier else 0.0


def test_a_case_never_counts_itself() -> None:
    line = _line(1, 0, recorded_after=0, sla_breached=True)
    assert _last([line]) is None
    assert _last([line, _line(2, 1)]).breaches == pytest.approx(1.0, abs=1e-4)


def test_an_outcome_counts_from_the_moment_it_is_recorded() -> None:
    first = _line(1, 0, recorded_after=60, sla_breached=True)
    assert _last([first, _line(2, 59.99)]).outcomes == 0.0
    assert _last([first, _line(2, 60)]).outcomes == 1.0


def test_an_outcome_that_is_said_to_be_known_before_its_case_counts_from_the_case_on() -> None:
    early, due = _line(1, 0, recorded_after=-60 * 24 * 60, sla_breached=True), _line(1, 0, 0, sla_breached=True)
    assert _last([early, _line(2, 1)]) == _last([due, _line(2, 1)])
    older = _line(0, -1, recorded_after=0.5, sla_breached=False)
    assert _last([older, early, _line(2, 1)]) == _last([older, due, _line(2, 1)])


def test_an_event_loses_half_its_weight_every_half_life() -> None:
    first = _line(1, 0, recorded_after=0, sla_breached=True, root_cause=RootCause.CARRIER_FAILURE, granted=Decimal(8))
    seen = _last([first, _line(2, 30 * 24 * 60)])
    assert (seen.outcomes, seen.breaches, seen.granted) == (0.5, 0.5, 4.0)
    assert seen.causes == {RootCause.CARRIER_FAILURE: 0.5}
    assert _last([first, _line(2, 6 * 60)]).arrivals == 0.5


def test_a_broken_promise_follows_from_when_it_was_due() -> None:
    late = Outcome(recorded_at=NOON + DAY, resolved_at=NOON + 2 * HOUR)
    first = HistoryLine(case=_line(1, 0).case, outcome=late)
    assert _last([first, _line(2, 2 * 24 * 60)]).breaches > 0.9
    unknown = HistoryLine(case=first.case.model_copy(update={"promise": None}), outcome=late)
    assert _last([unknown, _line(2, 2 * 24 * 60)]).outcomes == 0.0


@settings(deadline=None)
@given(st.permutations(range(5)))
def test_outcomes_that_come_out_of_order_give_the_same_sums(order: list[int]) -> None:
    case = _line(0, 0).case
    outcomes = [Outcome(recorded_at=NOON + day * DAY, sla_breached=True, granted=Decimal(day)) for day in range(5)]
    straight, shuffled = _keeper(), _keeper()
    for keeper, days in ((straight, range(5)), (shuffled, order)):
        for day in days:
            keeper.record(case, outcomes[day], None)
    at = NOON + 9 * DAY
    assert straight.of(case, at).of("carrier") == pytest.approx(shuffled.of(case, at).of("carrier"))


def test_what_happened_at_one_moment_is_applied_in_the_order_of_event_ids() -> None:
    applied: list[str] = []

    class Watched(StandingKeeper):
        def teach(self, keys: Sequence[PartyKey], lesson: Any) -> None:
            applied.append(keys[0].id)

    lines = [_line(9, 0, 100, carrier="nine"), _line(10, 1, 99, carrier="ten"), _line(1, 2, 98, carrier="one")]
    assert len({line.outcome.recorded_at for line in lines if line.outcome}) == 1
    list(replay(lines, Watched(MemoryRows())))
    assert applied == ["one", "ten", "nine"], "event-1, event-10, event-9"


def test_a_history_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2 is earlier"):
        list(replay([_line(1, 5), _line(2, 4)], _keeper()))


def test_of_a_moment_that_is_made_up_no_arrival_is_counted() -> None:
    together = [_line(number, 0) for number in range(4)]
    counted = [standing.parties[0].arrivals for _, standing in replay(together, _keeper()) if standing.parties]
    assert counted == [1.0, 2.0, 3.0], "a place in the file"
    rows = MemoryRows()
    assert not any(standing.parties for _, standing in replay(together, StandingKeeper(rows, arrivals=False), False))
    assert snapshot(rows) == []


def test_an_arrival_that_comes_late_counts_as_faded() -> None:
    keeper, case = _keeper(), _line(1, 0).case
    keeper.arrive(case, NOON + HOUR)
    keeper.arrive(case, NOON)
    seen = keeper.of(case, NOON + HOUR).of("carrier")
    assert seen is not None
    assert seen.arrivals == pytest.approx(1 + 0.5 ** (1 / 6))


def _with_shelf(number: int, hours: float | None, node: str, minutes: float = 0.0) -> Case:
    days = (StockDay(day=NOON.date() - DAY, stockout_hours=16.0), StockDay(day=NOON.date(), stockout_hours=hours))
    at = NOON + minutes * MINUTE
    return a_case(number, at=at, region="north", stock=(StockPosition(sku="milk", node=node, history=days),))


def test_shelves_that_were_told_of_are_known_to_the_next() -> None:
    empty, half, untold = _with_shelf(1, 16.0, "a"), _with_shelf(2, 8.0, "b"), _with_shelf(3, None, "c")
    lines = [HistoryLine(case=case) for case in (empty, half, untold, _with_shelf(4, 0.0, "d", minutes=360))]
    seen = {party.kind: party for party in list(replay(lines, _keeper()))[-1][1].parties}
    for kind in ("product", "regional"):
        assert (seen[kind].arrivals, seen[kind].shelves, seen[kind].empty) == (1.5, 2.0, 0.75)
    own = (seen["node"], seen["sku"])
    assert [(party.arrivals, party.shelves) for party in own] == [(0.0, 1.0)] * 2, "what the shelf itself tells"


def test_hours_after_closing_are_summed_over_the_shelves_that_tell_them() -> None:
    told = _with_shelf(1, 16.0, "a")
    position = told.stock[0]
    late = position.history[-1].model_copy(update={"late_hours": 1.5})
    told = told.model_copy(update={"stock": (position.model_copy(update={"history": (late,)}),)})
    lines = [HistoryLine(case=case) for case in (told, _with_shelf(2, 0.0, "b"))]
    seen = list(replay(lines, _keeper()))[-1][1].of("product")
    assert seen is not None
    assert (seen.shelves, seen.late) == (2.0, 1.5)
    assert "late" not in PartyStanding(kind="product", id="p").model_dump(), "old standings still digest the same"


def test_an_old_report_of_a_shelf_says_nothing_of_now() -> None:
    keeper, case = _keeper(), _with_shelf(1, 8.0, "a", minutes=3 * 24 * 60)
    keeper.arrive(case, case.event.time)
    seen = keeper.of(case, case.event.time).of("product")
    assert seen is not None
    assert (seen.arrivals, seen.shelves) == (1.0, 0.0)


def test_shelves_asked_about_together_know_of_all_their_reports_and_nothing_is_kept() -> None:
    rows = MemoryRows()
    keeper = StandingKeeper(rows)
    keeper.arrive(_with_shelf(0, 16.0, "z"), NOON)
    kept = list(rows)
    asked = [_with_shelf(1, 8.0, "a"), _with_shelf(2, 0.0, "b"), _with_shelf(3, 0.0, "a")]
    first, second, third = (standing.of("product") for standing in keeper.of_shelves(asked, NOON))
    assert first is not None
    assert second is not None
    assert third is not None
    assert [(seen.shelves, seen.empty) for seen in (first, second, third)] == [(4.0, 1.5)] * 3
    assert list(rows) == kept


def test_every_named_party_has_a_key() -> None:
    line = OrderLine(line_id="1", sku="milk", quantity=1)
    case = a_case(
        node=Node(id="s-1"), supplier=Supplier(id="farm"), order=Order(order_id="o", lines=(line,)), carrier=None
    )
    keys = [f"{key.kind}={key.id}" for key in _keeper().keys(case)]
    assert keys == ["supplier=farm", "node=s-1", "sku=milk@s-1", "product=milk", "retailer=retailer"]
    stake = StockPosition(sku="bread", node="s-2")
    assert PartyKey("sku", "bread@s-2") in _keeper().keys(case.model_copy(update={"stock": (stake,)}))


def test_a_declared_category_of_many_levels_is_a_party() -> None:
    levels = tuple(f"group {number}" for number in range(13))
    schema = AttributeSchema(
        attributes={
            "group": Declaration(kind="category", levels=levels),
            "colour": Declaration(kind="category", levels=("red",)),
        },
        facts={"code": levels},
    )
    keeper = StandingKeeper(MemoryRows(), schema)
    case = a_case(code="group 1", attributes={"group": "a group never seen", "colour": "red"})
    assert [key.kind for key in keeper.keys(case)] == ["attribute:group", "fact:code", RETAILER]
    assert keeper.keys(case)[0].id == "a group never seen"


@given(cases())
@settings(deadline=None, max_examples=30)
def test_any_case_can_be_looked_up_and_counted(case: Case) -> None:
    schema = AttributeSchema(
        attributes={"colour": Declaration(kind="category", levels=tuple(map(str, range(20))))},
        facts={"code": tuple(map(str, range(20)))},
    )
    keeper = StandingKeeper(MemoryRows(), schema)
    now = case.event.time
    assert all(party.arrivals == 0.0 for party in keeper.of(case, now).parties)
    keeper.arrive(case, now)
    keeper.record(case, Outcome(recorded_at=now, sla_breached=True, granted=Decimal("0.01")), None)
    standing = keeper.of(case, now)
    assert [party.kind for party in standing.parties] == [key.kind for key in keeper.keys(case)]
    assert Standing.model_validate_json(canonical(standing)) == standing


def test_a_party_learns_how_long_its_exceptions_took() -> None:
    keeper = StandingKeeper(MemoryRows())
    case = a_case(carrier=Carrier(id="dhl"))
    keeper.arrive(case, NOON)
    at = NOON + timedelta(hours=12)
    keeper.record(case, Outcome(recorded_at=at, resolved_at=NOON + timedelta(hours=9)), None)
    keeper.record(case, Outcome(recorded_at=at, resolved_at=NOON - timedelta(hours=9)), None)
    keeper.record(case, Outcome(recorded_at=at), None)
    carrier = keeper.of(case, at).of("carrier")
    assert carrier is not None
    assert carrier.resolved == 2.0
    assert carrier.resolution == pytest.approx(math.log(10))
