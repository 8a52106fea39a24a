"""Exchanged columns are told from columns that drifted."""

from __future__ import annotations

from models.task_model import Reference
from training.promotion.columns import swapped

BEFORE: Reference = {"minutes": (5.0, 30.0, 90.0), "length": (1.0, 3.0, 8.0), "value": (20.0, 60.0, 200.0)}


def test_two_that_were_exchanged_are_named() -> None:
    now = {**BEFORE, "minutes": BEFORE["length"], "length": BEFORE["minutes"]}
    assert list(swapped(BEFORE, now)) == [("length", "minutes")]


def test_drift_of_one_or_of_all_is_no_exchange() -> None:
    assert not list(swapped(BEFORE, {**BEFORE, "minutes": (20.0, 120.0, 400.0)}))
    assert not list(swapped(BEFORE, {name: (a * 3, b * 3, c * 3) for name, (a, b, c) in BEFORE.items()}))


def test_a_column_that_is_new_or_constant_does_not_matter() -> None:
    flat = {"one": (0.0, 0.0, 0.0), "other": (0.0, 0.0, 0.0)}
    assert not list(swapped(flat, {**flat, "third": (1.0, 2.0, 3.0)}))
