"""What parties came to over years: told where a history is long, and of parties that a month knows nothing of."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import pytest

from data.case import Case, Promise, Supplier
from data.outcome import HistoryLine, Outcome
from data.standing import PartyStanding, Standing
from data.vocabulary import Task
from features.attributes import FAR_OFF, LONG_HISTORY, AttributeSchema, infer_attributes
from features.catalogue import feature_set
from features.long_memory import breach_rate, long_memories, longer_rate
from features.parties import EVERYONE, SUPPLIER
from features.parties import breach_rate as breach_rate_of_a_month
from features.sentences import sentence
from features.standing import MemoryRows, StandingKeeper, replay
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.features import COLD, value

LONG = AttributeSchema(long_memory=True)


def _order(months_ago: int) -> Case:
    return a_case(months_ago, at=NOON - timedelta(days=30 * months_ago), supplier=Supplier(id="acme"))


def _broken(case: Case) -> HistoryLine:
    return HistoryLine(case=case, outcome=Outcome(recorded_at=case.event.time, sla_breached=True))


def test_a_party_of_one_exception_a_month_is_known_by_its_years() -> None:
    keeper = StandingKeeper(MemoryRows(), LONG)
    list(replay([_broken(_order(ago)) for ago in range(36, 0, -1)], keeper))
    case = _order(0)
    standing = keeper.of(case, NOON)
    [acme] = [each for each in standing.parties if each.kind == "supplier"]
    assert acme.outcomes < 1.1, "a month has all but forgotten them"
    assert (
        acme.outcomes_long == acme.breaches_long == pytest.approx(sum(0.5 ** (30 * ago / 365) for ago in range(1, 37)))
    )
    of_a_month, of_years = (
        value(breach_rate_of_a_month(SUPPLIER), case, standing),
        value(breach_rate(SUPPLIER), case, standing),
    )
    assert of_a_month is not None
    assert of_years is not None
    assert of_a_month < of_years


def test_the_rate_shrinks_to_what_is_usual_everywhere() -> None:
    usual = PartyStanding(kind="retailer", id="retailer", outcomes_long=95.0, breaches_long=0.0)
    acme = PartyStanding(kind="supplier", id="acme", outcomes_long=5.0, breaches_long=5.0)
    of_all = 5 * 0.25 / 100
    told = value(breach_rate(SUPPLIER), _order(0), Standing(as_of=NOON, parties=(acme, usual)))
    assert told == pytest.approx((5 + 5 * of_all) / 10)
    assert value(breach_rate(SUPPLIER), _order(0), COLD) == 0.25
    assert value(breach_rate(SUPPLIER), a_case()) is None


def test_it_is_told_in_words() -> None:
    assert sentence(breach_rate(SUPPLIER), 0.5, None) == (
        "over the years 50 % of exceptions of the supplier missed the promise"
    )


def test_what_is_usual_is_not_told_as_the_years_of_a_party_that_nothing_is_known_of() -> None:
    usual = PartyStanding(kind="retailer", id="retailer", outcomes_long=95.0, breaches_long=9.0)
    acme = PartyStanding(kind="supplier", id="acme", arrivals=1.0)
    news = breach_rate(SUPPLIER).news
    assert news is not None
    assert news(_order(0), Standing(as_of=NOON, parties=(usual,))) == (
        "supplier acme was not heard of lately: what is usual stands in"
    )
    told = news(_order(0), Standing(as_of=NOON, parties=(acme, usual)))
    assert told is not None
    assert "what is usual stands in" in told
    known = acme.model_copy(update={"outcomes_long": 0.5})
    assert news(_order(0), Standing(as_of=NOON, parties=(known, usual))) is None


def _took(hours: list[float]) -> Standing:
    """Of a supplier whose exceptions took so long, and of everybody's, which took a day."""
    told = [math.log1p(each) for each in hours]
    sums: dict[str, Any] = {"resolved_long": float(len(told)), "resolution_long": sum(told)}
    acme = PartyStanding(kind="supplier", id="acme", **sums, resolution_squares=sum(each**2 for each in told))
    day = math.log1p(24.0)
    usual: dict[str, Any] = {
        "resolved_long": 900.0,
        "resolution_long": 900.0 * day,
        "resolution_squares": 900.0 * (day**2 + 0.04),
    }
    return Standing(as_of=NOON, parties=(acme, PartyStanding(kind="retailer", id="retailer", **usual)))


def _promised(days: float) -> Case:
    return a_case(at=NOON, supplier=Supplier(id="acme"), promise=Promise(due_at=NOON + timedelta(days=days)))


def test_the_same_promise_is_short_for_a_ship_and_long_for_an_aeroplane() -> None:
    by_sea, by_air = (
        _took([24.0 * each for each in range(50, 91)] * 90),
        _took([24.0 * each for each in range(4, 9)] * 70),
    )
    of = longer_rate(SUPPLIER)
    ship, plane = value(of, _promised(40), by_sea), value(of, _promised(40), by_air)
    assert ship is not None
    assert plane is not None
    assert ship > 0.9
    assert plane < 0.05
    judged = [value(of, _promised(each), by_sea) for each in (50, 60, 70, 80, 90)]
    true = [40 / 41, 30 / 41, 20 / 41, 10 / 41, 0.0]
    assert judged == pytest.approx(true, abs=0.12), "about as many as took longer"
    assert value(of, _promised(-1), by_sea) == pytest.approx(1.0, abs=1e-6)


def test_a_party_of_few_takes_about_as_long_as_all_and_one_of_none_exactly() -> None:
    of, everyone = longer_rate(SUPPLIER), value(longer_rate(EVERYONE), _promised(1), _took([]))
    assert everyone == pytest.approx(0.5, abs=0.01)
    assert value(of, _promised(1), _took([])) == pytest.approx(everyone)
    few, many = (value(of, _promised(1), _took([240.0] * n)) for n in (1, 100))
    assert everyone is not None
    assert few is not None
    assert many is not None
    assert everyone < few < many


def test_where_nobody_or_no_promise_is_named_nothing_is_said_of_how_long_it_takes() -> None:
    of = longer_rate(SUPPLIER)
    assert value(of, a_case(promise=Promise(due_at=NOON)), COLD) is None
    assert value(of, _order(0), COLD) is None
    assert value(of, _promised(1), COLD) == pytest.approx(0.5), "a day is what is guessed"


def test_how_long_it_takes_over_years_is_summed_from_outcomes() -> None:
    keeper = StandingKeeper(MemoryRows(), LONG)
    case = _order(1)
    ended = Outcome(recorded_at=case.event.time + timedelta(days=2), resolved_at=case.event.time + timedelta(days=2))
    list(replay([HistoryLine(case=case, outcome=ended)], keeper))
    [acme] = [each for each in keeper.of(_order(0), NOON).parties if each.kind == "supplier"]
    left, took = 0.5 ** (28 / 365), math.log1p(48.0)
    assert acme.resolved_long == pytest.approx(left)
    assert acme.resolution_long == pytest.approx(left * took)
    assert acme.resolution_squares == pytest.approx(left * took**2)


@pytest.mark.parametrize(("days", "long"), [(LONG_HISTORY.days - 1, False), (LONG_HISTORY.days, True)])
def test_only_a_long_history_has_a_long_memory(days: int, long: bool) -> None:
    first, last = a_case(), a_case(1, at=NOON + timedelta(days))
    assert infer_attributes([last, first]).long_memory == long
    assert infer_attributes([first]).long_memory is False


@pytest.mark.parametrize("years", [-50, 70])
def test_one_wrong_date_in_a_thousand_cases_makes_no_long_history(years: int) -> None:
    cases = [a_case(number, at=NOON + timedelta(hours=number)) for number in range(FAR_OFF)]
    wrong = a_case(FAR_OFF, at=NOON + timedelta(365 * years))
    schema = infer_attributes([*cases, wrong])
    assert (schema.long_memory, schema.seasons) == (False, False)
    assert infer_attributes([*cases[: FAR_OFF // 2], wrong]).long_memory, "of a few cases every one counts"


def test_a_model_of_a_short_history_reads_what_it_always_read() -> None:
    for task in Task:
        short, long = feature_set(task).names, feature_set(task, LONG).names
        own = () if task is Task.STOCKOUT else tuple(each.name for each in long_memories(LONG))
        assert long == (*short, *own)
    assert "long_memory" not in AttributeSchema().model_dump(), "bundles of short histories keep their bytes"
