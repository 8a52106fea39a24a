"""Per cent that are read as shares are found, and shares read as per cent, without blaming honest shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from training.check.columns import Column
from training.check.shares import share_slip

SHARES = np.linspace(0.0, 0.98, 200)


def slip(
    values: Sequence[float] | np.ndarray, scale: float | None = None, name: str = "rate", names: Sequence[str] = ()
) -> str | None:
    numbers = np.array(values, np.float64)
    return share_slip(Column(name, np.arange(len(numbers)), (), numbers), scale, names)


def test_per_cent_that_are_read_as_shares_are_told_with_the_scale() -> None:
    says = slip(SHARES * 100)
    assert says is not None
    assert says.startswith("rate is read as a share and lies between 0 and 98, so that a usual value is told as")
    assert "if it holds per cent, say scale: 0.01 beside the column" in says
    assert slip(SHARES * 100, 0.01) is None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.repeat([0.0, 0.0, 0.0, 5.0, 10.0, 30.0], 30), id="discounts, most of them none"),
        pytest.param(np.repeat([*[0.0] * 9, 5.0, 10.0, 30.0], 30), id="discounts, nearly all of them none"),
        pytest.param(np.linspace(3.0, 26.0, 100), id="interest"),
        pytest.param(np.linspace(-90.0, 40.0, 100), id="changes"),
        pytest.param([*(SHARES * 100), np.nan, 999.0], id="with a gap and a slip of the pen"),
        pytest.param([*np.linspace(11.0, 100.0, 982), *np.linspace(101.0, 120.0, 18)], id="loads above the whole"),
        pytest.param(np.linspace(60.0, 140.0, 200), id="by the plan"),
    ],
)
def test_per_cent_come_in_many_ways(values: np.ndarray) -> None:
    assert slip(values) is not None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(SHARES, id="shares"),
        pytest.param([*SHARES, 1.2, 3.0, 7.5, 40.0], id="a few above 1"),
        pytest.param(np.linspace(0.6, 1.6, 100), id="by the usual price"),
        pytest.param(np.random.default_rng(1).lognormal(0, 1, 500), id="by the usual demand"),
        pytest.param(np.repeat([0.0, 1.0], 100), id="a flag"),
        pytest.param(np.linspace(100.0, 9_000.0, 100), id="no per cent"),
        pytest.param(np.linspace(1.0, 98.0, 10), id="too few"),
        pytest.param(np.zeros(100), id="nothing but 0"),
    ],
)
def test_what_is_a_share_or_no_per_cent_is_not_blamed(values: np.ndarray) -> None:
    assert slip(values) is None


LOADS = np.linspace(0.5, 300.0, 400)
"""Neither within 100 nor where nearly all per cent lie."""


@pytest.mark.parametrize(
    "name", ["dock_load_pct", "loadPct", "Load %", "PERCENT_FULL", "per cent", "percentage", "auslastung_prozent"]
)
def test_per_cent_that_go_beyond_100_are_found_by_what_they_are_called(name: str) -> None:
    assert slip(LOADS, name=name) is not None
    assert slip(LOADS, names=("attributes.load", name)) is not None
    assert slip(SHARES, name=name) is None, "shares may be called so too"
    assert slip(LOADS * 100, 0.01, name=name) is None, "what is read as per cent already"


@pytest.mark.parametrize("name", ["rate", "percentile", "pctx", "centre", "days_of_cover"])
def test_what_goes_beyond_100_and_does_not_say_per_cent_is_not_blamed(name: str) -> None:
    assert slip(LOADS, name=name) is None


def test_shares_that_are_read_as_per_cent_are_told_as_a_maybe() -> None:
    says = slip(SHARES, 0.01)
    assert says is not None
    assert "rate is read as per cent (scale: 0.01) and lies between 0 and 0.98" in says
    assert "no value is told as more than 0.98 %; perhaps it holds shares already: then leave scale out" in says
    assert slip([*SHARES, 1.4], 0.01) is None, "some per cent are small"
    assert slip(SHARES, 0.5) is None, "another scale is another matter"


def test_the_scale_that_is_there_is_heeded() -> None:
    """Hundredths of a per cent."""
    says = slip(SHARES * 10_000, 0.01)
    assert says is not None
    assert "say scale: 0.0001 beside" in says


def test_a_column_of_words_is_no_share() -> None:
    assert share_slip(Column("rate", np.zeros(100, np.int64), ("a",)), None) is None
