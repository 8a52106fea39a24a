"""Numbers as people write them: short, exact, and never on the wrong side of a limit beside them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.amounts import amount, beside, exactly, percent, plain_number, together
from data.record import Unit


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (41.2, Unit.MINUTE, "41 min"),
        (0.5, Unit.MINUTE, "0.5 min"),
        (119.0, Unit.MINUTE, "119 min"),
        (150.0, Unit.MINUTE, "2.5 h"),
        (4608.0, Unit.MINUTE, "3.2 days"),
        (16.0, Unit.HOUR, "16 h"),
        (3.25, Unit.DAY, "3.2 days"),
        (0.62, Unit.RATIO, "62 %"),
        (0.004, Unit.RATIO, "0.4 %"),
        (0.0, Unit.RATIO, "0 %"),
        (240.0, Unit.MONEY, "240.00"),
        (12.0, Unit.EACH, "12"),
        (1.5, Unit.EACH, "1.5"),
        (10.0, Unit.SCORE, "10"),
        (0.123, Unit.SCORE, "0.12"),
        (1200.0, Unit.SCORE, "1200"),
        (0.0, Unit.SCORE, "0"),
        (40.0, "kg", "40 kg"),
        (2.46, "km/h", "2.46 km/h"),
        (-5.0, "°C", "-5 °C"),
        (-0.001, "°C", "0 °C"),
    ],
)
def test_a_number_in_its_unit(value: float, unit: str, shown: str) -> None:
    assert amount(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.5, Unit.DAY, "12 h"),
        (2779.88, Unit.MINUTE, "46 h"),
        (-2779.88, Unit.MINUTE, "-46 h"),
        (-0.04, Unit.MINUTE, "0 min"),
        (0.3445, Unit.RATIO, "34 %"),
        (1e300, Unit.SCORE, "1" + 300 * "0"),
    ],
)
def test_the_unit_follows_the_size(value: float, unit: Unit, shown: str) -> None:
    assert amount(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (240.0, Unit.MINUTE, "4 h"),
        (241.0, Unit.MINUTE, "4 h 1 min"),
        (-241.0, Unit.MINUTE, "-4 h 1 min"),
        (2880.5, Unit.MINUTE, "2 days 0.5 min"),
        (2941.0, Unit.MINUTE, "2 days 1 h 1 min"),
        (4320.0, Unit.MINUTE, "3 days"),
        (14.0, Unit.DAY, "14 days"),
        (0.35, Unit.RATIO, "35 %"),
        (0.3445, Unit.RATIO, "34.45 %"),
        (1234.5, Unit.SCORE, "1234.5"),
        (1234.5678, "kg", "1234.5678 kg"),
    ],
)
def test_exactly_keeps_every_digit(value: float, unit: str, shown: str) -> None:
    assert exactly(value, unit) == shown


@pytest.mark.parametrize(
    ("value", "limit", "unit", "shown"),
    [
        (300.0, 240.0, Unit.MINUTE, "5 h"),
        (241.0, 240.0, Unit.MINUTE, "4 h 1 min"),
        (241.0, 242.0, Unit.MINUTE, "4 h"),
        (0.3445, 0.35, Unit.RATIO, "34 %"),
        (0.3499, 0.35, Unit.RATIO, "34.99 %"),
        (119.9, 120.0, "kg", "119.9 kg"),
    ],
)
def test_beside_a_limit_more_digits_are_shown_where_few_would_contradict_it(
    value: float, limit: float, unit: str, shown: str
) -> None:
    assert beside(value, unit, [limit]) == shown


_SHOWN = re.compile(r"([-0-9.]+) (min|h|days)")
_MINUTES = {"min": Decimal(1), "h": Decimal(60), "days": Decimal(1440)}


def minutes_said(text: str) -> Decimal:
    """A duration read as a person would."""
    size = sum(abs(Decimal(number)) * _MINUTES[sign] for number, sign in _SHOWN.findall(text))
    return -Decimal(size) if text.startswith("-") else Decimal(size)


@given(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000))
def test_what_is_read_compares_with_a_limit_as_the_number_does(value: int, limit: int) -> None:
    said = minutes_said(beside(float(value), Unit.MINUTE, [limit]))
    assert minutes_said(exactly(float(limit), Unit.MINUTE)) == limit
    assert (said > limit, said < limit) == (value > limit, value < limit)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_plain_number_is_exact(value: float) -> None:
    text = plain_number(value)
    assert float(text) == value
    assert "e" not in text


@given(st.floats(-1e12, 1e12), st.sampled_from(Unit))
def test_any_number_is_short_and_has_its_sign(value: float, unit: Unit) -> None:
    shown = amount(value, unit)
    assert len(shown) <= 20
    assert "e+" not in shown
    assert not shown.startswith("-0") or float(shown.split()[0]) != 0.0


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.004, "under 1 %"),
        (0.01, "1 %"),
        (0.625, "62 %"),
        (0.99, "99 %"),
        (0.996, "over 99 %"),
        (1, "100 %"),
    ],
)
def test_a_share_in_whole_per_cent_claims_no_certainty(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("values", "unit", "shown"),
    [
        ((24.0, 120.0, 192.0), Unit.HOUR, ("1 day", "5 days", "8 days")),
        ((-48.0, 24.0, 96.0), Unit.HOUR, ("-2 days", "1 day", "4 days")),
        ((-24.0, 0.0, 96.0), Unit.HOUR, ("-1 day", "0 days", "4 days")),
        ((60.0, 119.0, 180.0), Unit.MINUTE, ("1 h", "2 h", "3 h")),
        ((4.0, 150.0, 4608.0), Unit.MINUTE, ("4 min", "2.5 h", "3.2 days")),
        ((10.0, 20.0, 30.0), Unit.MINUTE, ("10 min", "20 min", "30 min")),
        ((0.1, 0.5, 0.62), Unit.RATIO, ("10 %", "50 %", "62 %")),
        ((1.0, 2.5, 240.0), Unit.MONEY, ("1.00", "2.50", "240.00")),
        ((1.0, 2.0, 40.0), "kg", ("1 kg", "2 kg", "40 kg")),
    ],
)
def test_numbers_beside_one_another_share_a_unit_where_none_loses_by_it(
    values: tuple[float, ...], unit: str, shown: tuple[str, ...]
) -> None:
    assert together(values, unit) == shown
