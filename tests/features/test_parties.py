"""Rates that shrink to what is usual, and what a cold start says."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings

from data.case import Carrier, Customer, StockPosition
from data.standing import PartyStanding, Standing
from data.vocabulary import RootCause
from features.attributes import AttributeSchema
from features.definition import Feature
from features.parties import (
    CARRIER,
    CASE_PARTIES,
    EVERYONE,
    PRODUCT,
    REGIONAL,
    SHELF_PARTIES,
    SKU,
    arrivals,
    breach_rate,
    cause_rate,
    declared_parties,
    empty_shelves,
    late_hours,
    outcomes_known,
    pace,
    resolution_hours,
    stockout_rate,
    stockout_rate_lately,
)
from features.sentences import sentence
from features.standing import RETAILER
from tests.fixtures.cases import NOON, a_case, standings
from tests.fixtures.features import COLD, value

CASE = a_case(carrier=Carrier(id="dhl"), customer=Customer(id="c"), stock=(StockPosition(sku="milk", node="s-1"),))


def _known(kind: str = "carrier", **sums: Any) -> PartyStanding:
    return PartyStanding(kind=kind, id="x", **sums)


def _standing(*parties: PartyStanding) -> Standing:
    return Standing(as_of=NOON, parties=parties)


def test_a_cold_start_has_a_guess_and_says_that_nothing_is_known() -> None:
    assert value(breach_rate(CARRIER), CASE) == 0.25
    assert value(outcomes_known(CARRIER), CASE) == 0.0
    assert sentence(outcomes_known(CARRIER), 0.0, None) == "it is known how 0 recent exceptions of the carrier ended"
    assert value(pace(CARRIER), CASE) == 1.0
    assert value(arrivals(CARRIER), CASE) == 0.0


@pytest.mark.parametrize(
    ("feature", "says"),
    [
        (breach_rate(CARRIER), "how exceptions of the carrier ended; 25 %"),
        (breach_rate(EVERYONE), "how exceptions of any kind ended; 25 %"),
        (cause_rate(CARRIER, RootCause.CARRIER_FAILURE), "what caused exceptions of the carrier; 10 %"),
        (stockout_rate(SKU), "how exceptions of the article in this node ended for the shelf; 10 %"),
        (stockout_rate_lately(SKU), "how exceptions of the article in this node ended for the shelf; 10 %"),
        (resolution_hours(CARRIER), "how long exceptions of the carrier take; 24 h"),
        (pace(CARRIER), "the usual pace of exceptions of the carrier; 100 %"),
        (empty_shelves(PRODUCT, "the shelves"), "how long the shelves stood empty; 10 %"),
    ],
)
def test_a_guess_is_not_told_as_what_was_seen(feature: Feature, says: str) -> None:
    assert feature.guessed is not None
    faded = [_known(kind, outcomes=1e-6, breaches=1e-6, resolved=1e-6, shelves=1e-6) for kind in ("carrier", RETAILER)]
    for standing in (COLD, _standing(*faded)):
        assert feature.guessed(CASE, standing) == f"nothing is known of {says} stands in"


def test_a_number_that_the_party_or_the_retailer_knows_is_no_guess() -> None:
    guessed = breach_rate(CARRIER).guessed
    assert guessed is not None
    assert guessed(CASE, _standing(_known(outcomes=0.4), _known(RETAILER, outcomes=0.4))) is not None
    assert guessed(CASE, _standing(_known(outcomes=0.5))) is None
    assert guessed(CASE, _standing(_known(RETAILER, outcomes=0.5))) is None
    assert guessed(a_case(), COLD) is None, "a carrier that is not named is not known, which the sentence says"


def test_nothing_is_known_of_a_party_the_case_does_not_name() -> None:
    for feature in (breach_rate(CARRIER), outcomes_known(CARRIER), pace(CARRIER), arrivals(CARRIER)):
        assert value(feature, a_case()) is None


def test_a_new_party_has_the_retailers_rate_and_a_known_one_its_own() -> None:
    retailer = _known(RETAILER, outcomes=995.0, breaches=598.75)
    usual = value(breach_rate(CARRIER), CASE, _standing(retailer))
    assert usual == pytest.approx(0.6)
    one_good = value(breach_rate(CARRIER), CASE, _standing(_known(outcomes=1.0), retailer))
    many_good = value(breach_rate(CARRIER), CASE, _standing(_known(outcomes=1000.0), retailer))
    assert one_good == pytest.approx(0.5)
    assert many_good == pytest.approx(0.0, abs=0.01)


def test_a_cause_is_a_share_of_the_causes_that_are_known() -> None:
    causes = {RootCause.CARRIER_FAILURE: 30.0, RootCause.ADDRESS_PROBLEM: 15.0}
    rate = value(cause_rate(CARRIER, RootCause.CARRIER_FAILURE), CASE, _standing(_known(causes=causes, outcomes=9.0)))
    assert rate == pytest.approx((30 + 5 * 0.1) / 50)


def test_how_long_exceptions_take_is_a_geometric_mean_shrunk_to_the_retailers() -> None:
    hours = resolution_hours(CARRIER)
    assert value(hours, CASE) == pytest.approx(24.0)
    slow = _standing(_known(resolved=995.0, resolution=1_000 * math.log(101) - 5 * math.log(25)))
    assert value(hours, CASE, slow) == pytest.approx(100.0)
    assert sentence(hours, 100.0, None) == "exceptions of the carrier took 4.2 days lately"


def test_shelves_have_their_own_outcomes() -> None:
    seen = _standing(_known("sku", outcomes=500.0, breaches=500.0, shelf_outcomes=45.0, stockouts=45.0))
    assert value(stockout_rate(SKU), CASE, seen) == pytest.approx((45 + 5 * 0.1) / 50)


def test_shelves_elsewhere_are_told_of_by_region_then_everywhere() -> None:
    case = CASE.model_copy(update={"region": "north"})
    regional = empty_shelves(REGIONAL, "the article's shelves in the region", PRODUCT)
    everywhere = _known("product", shelves=10.0, empty=7.4)
    assert value(regional, case) == pytest.approx(0.1)
    assert value(regional, case, _standing(everywhere)) == pytest.approx((7.4 + 0.025) / 10.25)
    here = _known("regional", shelves=9.75, empty=0.0)
    assert value(regional, case, _standing(everywhere, here)) == pytest.approx(0.25 * (7.425 / 10.25) / 10)
    assert value(regional, CASE, _standing(everywhere, here)) is None, "a case that names no region"
    assert sentence(regional, 0.5, None) == "the article's shelves in the region stood empty for 50 % of the day"


def test_how_long_shelves_elsewhere_were_empty_after_closing_is_told_by_the_shelf() -> None:
    late = late_hours(PRODUCT, "the article's shelves")
    assert value(late, CASE) == 0.0
    assert value(late, CASE, _standing(_known("product", shelves=1.75, late=3.0))) == pytest.approx(3.0 / 2.0)
    assert sentence(late, 1.5, None) == "after closing, the article's shelves were empty for 90 min"


def test_a_storm_shows_as_a_multiple_of_the_usual_pace() -> None:
    # 240 outcomes of half-life thirty days go with 2 arrivals of half-life six hours.
    steady, storm = _known(outcomes=240.0, arrivals=2.0), _known(outcomes=240.0, arrivals=14.5)
    assert value(pace(CARRIER), CASE, _standing(steady)) == 1.0
    assert value(pace(CARRIER), CASE, _standing(storm)) == 6.0


@settings(deadline=None, max_examples=30)
@given(standings())
def test_a_rate_is_a_probability(standing: Standing) -> None:
    for feature in (*CASE_PARTIES, *SHELF_PARTIES):
        rate = value(feature, CASE, standing)
        if feature.name.endswith("_rate") and rate is not None:
            assert 0.0 <= rate <= 1.0 + 1e-12, feature.name


def test_declared_categories_of_many_levels_have_rates() -> None:
    schema = AttributeSchema(facts={"code": tuple(f"code {number}" for number in range(13))})
    rate, *_ = declared_parties(schema, shelf=False)
    assert rate.name == "standing.fact.code.breach_rate"
    assert sentence(rate, 0.5, None) == "50 % of recent exceptions with this code missed the promise"
    seen = _standing(PartyStanding(kind="fact:code", id="new", outcomes=95.0, breaches=95.0))
    assert value(rate, a_case(code="new"), seen) == pytest.approx((95 + 5 * 0.25) / 100)
    assert value(rate, a_case(), COLD) is None


def test_a_rate_of_a_party_never_seen_says_that_it_is_not_its_own() -> None:
    told = {kind: breach_rate(party).news for kind, party in (("carrier", CARRIER), ("sku", SKU))}
    carrier, article = told["carrier"], told["sku"]
    assert carrier is not None
    assert article is not None
    assert carrier(CASE, COLD) == "carrier dhl was not heard of lately: what is usual stands in"
    assert article(CASE, COLD) == "no recent exceptions of the article in this node are known: what is usual stands in"
    assert carrier(CASE, _standing(_known("carrier", arrivals=1.0))) == (
        "nothing of the kind is known yet of recent exceptions of the carrier: what is usual stands in"
    )
    assert carrier(CASE, _standing(_known("carrier", arrivals=1.0, outcomes=1.0))) is None
    assert carrier(a_case(), COLD) is None
    assert breach_rate(EVERYONE).news is None
