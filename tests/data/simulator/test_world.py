"""The world's parties and what drives them over time."""

from __future__ import annotations

import numpy as np
import pytest

from data.simulator.causes import CAUSES, day_state
from data.simulator.episodes import Kind, during
from data.simulator.markets import REGIONS
from data.simulator.world import World, build_world, carrier_shares, drift_at, supplier_of
from data.vocabulary import NodeKind, RootCause

DAY = 20_590
JOINED = DAY - 20


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(90210, JOINED)


def test_a_world_has_400_stores_in_three_regions_and_centres(world: World) -> None:
    stores = [node for node in world.nodes if node.kind is NodeKind.STORE]

    assert len(stores) == 400
    assert {node.region for node in stores} == set(range(len(REGIONS)))
    assert len(world.nodes) - len(stores) == 9


def test_parties_depend_on_the_seed_and_not_on_when_newcomers_join(world: World) -> None:
    later = build_world(90210, JOINED + 300)

    assert later.nodes == world.nodes
    assert later.skus == world.skus
    assert later.suppliers[:-1] == world.suppliers[:-1]
    assert build_world(1, JOINED).skus != world.skus


def test_the_new_carrier_takes_parcels_only_once_it_works(world: World) -> None:
    assert carrier_shares(world, JOINED)[:, -1].max() == 0.0
    assert carrier_shares(world, JOINED + 14)[:, -1].min() > 0.0
    np.testing.assert_allclose(carrier_shares(world, DAY).sum(axis=1), 1.0)


def test_the_new_supplier_takes_over_articles_once_it_works(world: World) -> None:
    newcomer = world.suppliers[-1]
    before = {supplier_of(world, sku, JOINED - 1).id for sku in world.skus}
    after = [supplier_of(world, sku, JOINED).id for sku in world.skus].count(newcomer.id)

    assert newcomer.id not in before
    assert 100 < after < 160


def test_parties_drift(world: World) -> None:
    now, later = (drift_at(world.drift["supplier"], day) for day in (DAY, DAY + 90))

    assert np.abs(now - later).mean() > 0.1
    assert abs(now.mean()) < 0.5


def test_a_day_is_the_same_whenever_it_is_asked_for(world: World) -> None:
    first = day_state(world, DAY).rates.copy()
    for day in range(DAY - 6, DAY):
        day_state(world, day)

    np.testing.assert_array_equal(day_state(world, DAY).rates, first)


def test_an_outage_raises_carrier_failures_of_its_region_and_hours(world: World) -> None:
    row = CAUSES.index(RootCause.CARRIER_FAILURE)
    regions = np.array([node.region for node in world.nodes])
    for day in range(DAY, DAY + 20):
        state = day_state(world, day)
        for outage in (each for each in during(world, day) if each.kind is Kind.OUTAGE):
            hours = [hour for hour in range(24) if outage.holds(day * 86400.0 + hour * 3600.0)]
            if 2 <= len(hours) <= 12:
                per_order = (state.rates[row] / state.traffic.orders)[regions == outage.region].mean(axis=0)
                calm = np.delete(per_order, hours)
                assert per_order[hours].mean() > 1.3 * np.median(calm)
                return
    pytest.fail("no outage in twenty days")


def test_rates_are_never_negative_and_every_cause_can_occur(world: World) -> None:
    total = sum(day_state(world, day).rates for day in range(DAY, DAY + 7))

    assert np.min(total) >= 0.0
    assert np.all(np.sum(total, axis=(1, 2)) > 0.0)


def test_missing_people_make_queues(world: World) -> None:
    state = day_state(world, DAY)
    gap = (1.0 - state.traffic.staff / state.traffic.planned).ravel()
    hours = (state.queue / (state.traffic.staff * 5.5)).ravel()

    assert hours[gap > 0.3].mean() > 3 * hours[gap <= 0.0].mean()
    assert np.median(hours) < 0.5
