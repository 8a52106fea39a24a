from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models import shifts

counts = st.lists(st.integers(0, 500), min_size=2, max_size=20).map(lambda each: np.array(each, np.float64))
pairs = st.integers(2, 20).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 500), min_size=n, max_size=n).map(lambda e: np.array(e, float))] * 2)
)
chances = st.lists(st.floats(0, 1), max_size=40)


@given(pairs)
def test_a_stability_index_is_never_negative_and_the_same_both_ways(pair: tuple[shifts.Floats, shifts.Floats]) -> None:
    was, now = pair
    assert shifts.psi(was, now) >= 0.0
    assert shifts.psi(was, now) == pytest.approx(shifts.psi(now, was))
    assert shifts.psi(was, was) == 0.0


@given(pairs)
def test_a_distance_is_a_share_and_the_same_both_ways(pair: tuple[shifts.Floats, shifts.Floats]) -> None:
    was, now = pair
    assert 0.0 <= shifts.ks(was, now) <= 1.0 + 1e-12
    assert shifts.ks(was, now) == pytest.approx(shifts.ks(now, was))
    assert shifts.ks(was, was) == 0.0


@given(pairs)
def test_a_chance_is_a_probability_whichever_came_first(pair: tuple[shifts.Floats, shifts.Floats]) -> None:
    was, now = pair
    assert 0.0 <= shifts.levels_chance(was, now) <= 1.0
    assert shifts.levels_chance(was, now) == pytest.approx(shifts.levels_chance(now, was))


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 5_000), st.integers(1, 5_000))
def test_a_larger_distance_is_never_likelier(one: float, other: float, n: int, m: int) -> None:
    near, far = sorted((one, other))
    assert 0.0 <= shifts.ks_chance(far, n, m) <= shifts.ks_chance(near, n, m) + 1e-9 <= 1.0 + 1e-9


@pytest.mark.parametrize("distance", [0.02, 0.05, 0.08, 0.15])
def test_the_asymptotic_chance_is_near_the_library_s(distance: float) -> None:
    n, m = 1_500, 900
    expected = stats.kstwo.sf(distance, round(n * m / (n + m)))
    assert shifts.ks_chance(distance, n, m) == pytest.approx(expected, rel=0.05, abs=1e-6)


@pytest.mark.parametrize("degrees", [1, 3, 15, 25])
@pytest.mark.parametrize("chance", [0.5, 0.1, 0.01])
def test_the_cube_root_is_near_the_library_s_chi_square(degrees: int, chance: float) -> None:
    assert shifts.chi_square_chance(stats.chi2.isf(chance, degrees), degrees) == pytest.approx(chance, rel=0.15)


@given(chances)
def test_discovery_rates_are_the_library_s(given_: list[float]) -> None:
    expected = stats.false_discovery_control(given_, method="bh").tolist() if given_ else []
    assert shifts.false_discovery(given_) == pytest.approx(expected, abs=1e-12)


@given(chances)
def test_discovery_rates_keep_the_order_and_are_never_surer(given_: list[float]) -> None:
    adjusted = shifts.false_discovery(given_)
    assert all(p <= rate + 1e-12 and rate <= 1.0 for p, rate in zip(given_, adjusted, strict=True))
    order = np.argsort(given_, kind="stable")
    assert np.all(np.diff(np.array(adjusted)[order]) >= -1e-12)


def test_few_are_called_moved_where_nothing_has() -> None:
    rng = np.random.default_rng(4)
    called = 0
    for _ in range(40):
        found = [
            shifts.levels_chance(*(rng.multinomial(n, [0.1] * 10).astype(np.float64) for n in (800, 400)))
            for _ in range(50)
        ]
        called += sum(rate <= 0.05 for rate in shifts.false_discovery(found))
    assert called <= 8  # of 2,000


def test_a_rate_that_moved_is_told_from_one_that_did_not() -> None:
    assert shifts.rates_chance(300, 1_000, 200, 1_000) < 1e-4
    assert shifts.rates_chance(300, 1_000, 301, 1_000) > 0.5
    assert shifts.rates_chance(0, 0, 3, 10) == 1.0
