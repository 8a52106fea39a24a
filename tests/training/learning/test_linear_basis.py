"""Functions of one feature: what each kind is, which rise, which are alike, and what stands at every row."""

from __future__ import annotations

import numpy as np
import pytest

from training.learning.linear_basis import FEW_VALUES, LEAST_SEEN, Kind, alike, basis_of, constant, design

N = 2_000
AMOUNTS = np.random.default_rng(0).lognormal(4.0, 1.5, N)
MONTHS = np.random.default_rng(1).integers(0, 12, N).astype(np.float64)
ONE_AMOUNT = 1000.0 * (1.0 + 1e-15 * np.random.default_rng(4).integers(0, 40, N))
LEVELS = np.append(np.zeros(LEAST_SEEN - 1), np.random.default_rng(2).integers(1, 5, N).astype(np.float64))


@pytest.mark.parametrize(
    ("column", "kinds"),
    [
        (AMOUNTS, [Kind.VALUE, Kind.LOGARITHM, Kind.RANK, Kind.ABSENCE]),
        (np.where(AMOUNTS < 20.0, 0.0, AMOUNTS), [Kind.VALUE, Kind.LOGARITHM, Kind.RANK, Kind.ABSENCE]),
        (AMOUNTS - 100.0, [Kind.VALUE, Kind.RANK, Kind.ABSENCE]),
        (AMOUNTS / AMOUNTS.max(), [Kind.VALUE, Kind.ABSENCE]),
        (MONTHS, [Kind.VALUE, Kind.RANK, Kind.ABSENCE, *[Kind.LEVEL] * 12]),
        (ONE_AMOUNT, [Kind.VALUE, Kind.RANK, Kind.ABSENCE]),
        (np.full(N, 7.0), [Kind.ABSENCE]),
        (np.full(N, np.nan), [Kind.ABSENCE]),
    ],
)
def test_a_number_enters_by_what_it_is(column: np.ndarray, kinds: list[Kind]) -> None:
    basis = basis_of(column, is_category=False, directed=False)
    assert basis.kinds.tolist() == kinds
    assert np.isfinite(basis.heights).all()


def test_an_amount_of_a_direction_has_functions_that_rise_alone() -> None:
    for column in (AMOUNTS, MONTHS):
        basis = basis_of(column, is_category=False, directed=True)
        assert Kind.LEVEL not in basis.kinds
        assert (np.diff(basis.heights[:, basis.rises], axis=0) >= 0.0).all()


def test_a_logarithm_grows_by_as_much_at_every_doubling() -> None:
    basis = basis_of(AMOUNTS, is_category=False, directed=False)
    logarithm = basis.heights[:, basis.kinds == Kind.LOGARITHM][:, 0]
    slope = np.diff(logarithm) / np.diff(np.log(basis.knots))
    assert slope == pytest.approx(slope[0])


def test_a_category_has_a_function_for_each_level_that_is_seen_often() -> None:
    basis = basis_of(LEVELS, is_category=True, directed=False)
    assert basis.kinds.tolist() == [*[Kind.LEVEL] * 4, Kind.ABSENCE]
    assert basis.heights[0].tolist() == [0.0] * 5, "a level that fewer rows have"
    assert basis.heights[-1].tolist() == [0.0] * 5, "a level that is met later"


@pytest.mark.parametrize(("absent", "told"), [(LEAST_SEEN - 1, 0.0), (LEAST_SEEN, 1.0)])
def test_absence_is_told_where_it_is_seen_often(absent: int, told: float) -> None:
    gaps = AMOUNTS.copy()
    gaps[:absent] = np.nan
    basis = basis_of(gaps, is_category=False, directed=False)
    assert basis.missing.tolist() == [0.0, 0.0, 0.0, told]


def test_functions_of_one_kind_of_one_feature_are_alike() -> None:
    columns = np.column_stack([MONTHS, AMOUNTS, AMOUNTS])
    bases = [basis_of(each, is_category=False, directed=False) for each in columns.T]
    groups = alike(bases)
    assert len(groups) == sum(len(each.kinds) for each in bases)
    assert len(set(groups[3:15].tolist())) == 1, "a month's own values"
    assert len(set(groups.tolist())) == 4 + 4 + 4


def test_the_design_holds_every_function_at_every_row() -> None:
    gaps = np.where(np.arange(N) % 9, AMOUNTS, np.nan)
    columns = np.column_stack([gaps, MONTHS])
    bases = [basis_of(gaps, is_category=False, directed=False), constant(np.zeros(1), tells_absence=False)]
    whole = design(columns, bases).toarray()
    assert whole.shape == (N, 5)
    assert whole[0].tolist() == [0.0, 0.0, 0.0, 1.0, 0.0], "what is not known tells that alone"
    assert whole[:, 4].tolist() == [0.0] * N, "nothing is learned from it"
    row = int(np.argmax(gaps == np.nanquantile(gaps, 0.5, method="nearest")))
    assert abs(whole[row, 2]) < 0.01, "the middle's rank"


def test_numbers_of_many_values_have_no_weight_for_each() -> None:
    counts = np.random.default_rng(3).integers(0, FEW_VALUES + 1, N).astype(np.float64)
    assert Kind.LEVEL not in basis_of(counts, is_category=False, directed=False).kinds
