"""What parties came to over years: told where a history is long, and of parties that a month knows nothing of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.case import Case, Supplier
from data.outcome import HistoryLine, Outcome
from data.standing import PartyStanding, Standing
from data.vocabulary import Task
from features.attributes import FAR_OFF, LONG_HISTORY, AttributeSchema, infer_attributes
from features.catalogue import feature_set
from features.long_memory import breach_rate, long_memories
from features.parties import SUPPLIER
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
