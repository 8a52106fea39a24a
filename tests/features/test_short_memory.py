"""What parties came to in the last hours: told where a history is dense, gone after a day, and never known early."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from data.case import Carrier, Case
from data.outcome import HistoryLine, Outcome
from data.standing import PartyStanding, Standing
from data.vocabulary import Task
from features.attributes import DENSE_HISTORY, FAR_OFF, AttributeSchema, infer_attributes
from features.catalogue import feature_set
from features.parties import CARRIER, EVERYONE, Party
from features.parties import breach_rate as breach_rate_of_a_month
from features.sentences import sentence
from features.short_memory import breach_rate, short_memories
from features.standing import SHORT_HALF_LIFE, MemoryRows, StandingKeeper, replay
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import COLD, value

DENSE = AttributeSchema(short_memory=True)
HOUR = timedelta(hours=1)


def _parcel(number: int, hours_ago: float) -> Case:
    return a_case(number, at=NOON - hours_ago * HOUR, carrier=Carrier(id="ups"))


def _ended(case: Case, broken: bool, hours_later: float = 0.0) -> HistoryLine:
    known = case.event.time + hours_later * HOUR
    return HistoryLine(case=case, outcome=Outcome(recorded_at=known, sla_breached=broken))


def _a_quiet_month_and_a_storm() -> Iterator[HistoryLine]:
    for ago in range(24 * 30, 5, -1):
        yield _ended(_parcel(ago, ago), broken=ago % 10 == 0)
    for ago in range(5, 0, -1):
        yield _ended(_parcel(10_000 + ago, ago), broken=True)


def test_a_storm_shows_within_hours_where_a_month_hardly_moves() -> None:
    keeper = StandingKeeper(MemoryRows(), DENSE)
    list(replay(list(_a_quiet_month_and_a_storm()), keeper))
    case = _parcel(0, 0)
    now, tomorrow = keeper.of(case, NOON), keeper.of(case, NOON + timedelta(days=2))
    for party in (CARRIER, EVERYONE):
        month, hours = value(breach_rate_of_a_month(party), case, now), value(breach_rate(party), case, now)
        assert month == pytest.approx(0.11, abs=0.01)
        assert hours is not None
        assert hours > 0.3
        assert value(breach_rate(party), case, tomorrow) == pytest.approx(month, abs=0.03), "the storm is forgotten"


def test_what_is_decided_later_is_not_known() -> None:
    keeper = StandingKeeper(MemoryRows(), DENSE)
    case, late = _parcel(2, 0), _ended(_parcel(1, 1), broken=True, hours_later=2)
    [(_, _), (_, standing)] = list(replay([late, HistoryLine(case=case, outcome=None)], keeper))
    assert value(breach_rate(CARRIER), case, standing) == 0.25, (
        "the first parcel's end is told an hour after the second"
    )
    assert keeper.of(case, NOON + HOUR).parties[-1].breaches_short == 1.0


def test_a_row_brought_forward_fades_by_its_half_life() -> None:
    keeper = StandingKeeper(MemoryRows(), DENSE)
    list(replay([_ended(_parcel(1, 0), broken=True)], keeper))
    [ups] = [each for each in keeper.of(_parcel(2, 0), NOON + SHORT_HALF_LIFE).parties if each.kind == "carrier"]
    assert (ups.outcomes_short, ups.breaches_short) == (0.5, 0.5)


def test_the_rate_shrinks_to_the_partys_own_of_the_month() -> None:
    usual = PartyStanding(kind="retailer", id="retailer", outcomes=95.0, breaches=0.0)
    ups = PartyStanding(kind="carrier", id="ups", outcomes=5.0, breaches=5.0, outcomes_short=5.0)
    of_all = 5 * 0.25 / 100
    of_a_month = (5 + 5 * of_all) / 10
    told = value(breach_rate(CARRIER), _parcel(0, 0), Standing(as_of=NOON, parties=(ups, usual)))
    assert told == pytest.approx(5 * of_a_month / 10)
    assert value(breach_rate(CARRIER), _parcel(0, 0), COLD) == 0.25
    assert value(breach_rate(CARRIER), a_case()) is None


def test_it_is_told_in_words() -> None:
    assert sentence(breach_rate(CARRIER), 0.5, None) == (
        "judged by the last hours and the month, 50 % of exceptions of the carrier miss the promise"
    )


def test_of_an_unknown_party_what_is_usual_stands_in() -> None:
    news = breach_rate(CARRIER).news
    assert news is not None
    assert news(_parcel(0, 0), COLD) == "carrier ups was not heard of lately: what is usual stands in"


@pytest.mark.parametrize("party", [CARRIER, EVERYONE])
def test_where_the_last_hours_decided_nothing_the_month_stands_in(party: Party) -> None:
    news = breach_rate(party).news
    assert news is not None
    for short, told in ((0.0, True), (0.4, True), (0.5, False)):
        seen = PartyStanding(kind=party.kind, id="ups", outcomes=9.0, breaches=1.0, outcomes_short=short)
        sentence = news(_parcel(0, 0), Standing(as_of=NOON, parties=(seen,)))
        stands_in = f"none of {party.exceptions} were decided in the last hours: what the month says stands in"
        assert sentence == (stands_in if told else None)


@pytest.mark.parametrize(("hours", "dense"), [(1.0, True), (1.1, False)])
def test_only_a_history_of_a_case_an_hour_has_a_memory_of_hours(hours: float, dense: bool) -> None:
    cases = [a_case(number, at=NOON + number * hours * HOUR) for number in range(FAR_OFF // 2)]
    assert infer_attributes(cases).short_memory == dense
    assert infer_attributes([a_case(number) for number in range(50)]).short_memory is False, "a made-up moment"
    assert DENSE_HISTORY == 24


def test_a_model_of_a_sparse_history_reads_what_it_always_read() -> None:
    for task in Task:
        sparse, dense = feature_set(task).names, feature_set(task, DENSE).names
        own = () if task is Task.STOCKOUT else tuple(each.name for each in short_memories(DENSE))
        assert dense == (*sparse, *own)
    assert "short_memory" not in AttributeSchema().model_dump(), "bundles of sparse histories keep their bytes"
