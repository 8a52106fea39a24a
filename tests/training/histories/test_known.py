"""Known cases taken by their positions, and counted by why they do not teach."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from training.histories.known import Known
from training.histories.maturity import Maturity
from training.histories.truth import UNKNOWN

KNOWN = Known(
    times=np.array([1.0, 2.0, 3.0, 4.0]),
    truth=np.array([0, 1, 0, 1]),
    fired=["a", "b", "c", "d"],
    messages=["one", None, "three", None],
    facts=np.arange(8.0).reshape(4, 2),
    exceptions=np.array([7, 8, 9, 7]),
    regions=["emea", "apac", None, "us"],
    stakes=np.array([10.0, 20.0, 30.0, 40.0]),
    promise_passed=5,
    no_outcome=6,
    selection=np.array([1.0, 2.0, 4.0, 8.0]),
    events=("e", "f", "g", "h"),
    counts_at=np.array([5.0, 6.0, 7.0, 8.0]),
    since=np.array([1.0, 2.0, 3.0, 4.0]),
    open=np.array([False, False, True, True]),
    maturity=Maturity(np.array([False, True, True, False]), np.array([3.0, 1.0, 1.0, 1.0])),
)


def test_all_that_is_known_of_a_case_goes_with_it() -> None:
    some = KNOWN.at(np.array([3, 1]))
    for field in fields(Known):
        whole, own = getattr(KNOWN, field.name), getattr(some, field.name)
        if field.name == "maturity":
            assert own.young.tolist() == [False, True]
        elif field.name in ("promise_passed", "no_outcome"):
            assert own == whole, "these are not among the cases"
        else:
            np.testing.assert_array_equal(list(own), [whole[3], whole[1]], err_msg=field.name)


def test_what_nothing_says_is_said_of_none_of_them() -> None:
    plain = replace(
        KNOWN,
        selection=None,
        events=(),
        counts_at=np.empty(0),
        since=np.empty(0),
        open=np.empty(0, np.bool_),
        maturity=None,
    ).at(np.array([2]))
    assert (plain.selection, plain.events, len(plain.counts_at), len(plain.open), plain.maturity) == (
        None,
        (),
        0,
        0,
        None,
    )
    assert not plain.promise_open
    assert plain.telling() is plain.unsure() is plain


def test_a_case_that_is_open_and_too_young_is_counted_once() -> None:
    counted = {"no_outcome": 6, "promise_passed": 5, "promise_open": 2, "too_young": 1, "not_known_yet": 2}
    assert KNOWN.left_out == counted
    assert KNOWN.telling().times.tolist() == [1.0]
    assert KNOWN.unsure().truth.tolist() == [0, UNKNOWN, UNKNOWN, UNKNOWN]
    assert KNOWN.unsure().selection is not None
    assert KNOWN.telling().selection == np.array([3.0])


def test_the_events_are_told_by_whether_they_teach() -> None:
    told = [("e", "taught"), ("g", "promise_open"), ("h", "promise_open"), ("f", "too_young")]
    assert list(KNOWN.lessons.named()) == told
    assert not list(replace(KNOWN, events=()).lessons.named()), "a history whose events nobody names"


def test_where_none_is_too_young_known_cases_stand_for_others_all_the_same() -> None:
    stands_for = np.array([3.0, 1.0, 1.0, 2.0])
    known = replace(KNOWN, open=np.empty(0, np.bool_), maturity=Maturity(np.zeros(4, np.bool_), stands_for))
    for told in (known.telling(), known.unsure()):
        assert told.selection is not None
        assert told.selection.tolist() == [3.0, 2.0, 4.0, 16.0]
        assert told.truth.tolist() == known.truth.tolist()
