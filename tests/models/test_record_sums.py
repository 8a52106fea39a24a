"""Sums of answers fade alike and grow by weight, label by label."""

from __future__ import annotations

from models.record_sums import Sums, added

ONE = Sums(4.0, -2.0, 1.0, {"no": 4.0}, {"no": (0.0, 2.0)})
OTHER = Sums(1.0, 0.5, 0.25, {"yes": 1.0}, {"yes": (1.0, 1.0)})


def test_what_is_left_grows_by_what_is_more() -> None:
    missed = {"no": (0.0, 1.0), "yes": (2.0, 2.0)}
    assert added(ONE, 0.5, OTHER, 2.0) == Sums(4.0, 0.0, 1.0, {"no": 2.0, "yes": 2.0}, missed)
    assert added(ONE, 0.5, ONE, 2.0).missed == {"no": (0.0, 5.0)}


def test_sums_to_which_nothing_comes_keep_their_bits() -> None:
    assert added(ONE, 1.0, Sums(), 1.0) == ONE
    assert added(Sums(), 0.5, OTHER, 1.0) == OTHER
