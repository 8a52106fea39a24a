"""Sets heed what they missed of late, at every error rate, and are as trained where nothing is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.standing import TrackRecord
from data.vocabulary import Task
from models.conformal import RATES
from models.heeded_sets import (
    AIMS,
    EXPONENTS,
    FORMER_AIM,
    PRIOR_ANSWERS,
    REGION_ANSWERS,
    asked,
    heeded,
    missed_at,
    width,
)

shares = st.lists(st.floats(0.0, 1.0), min_size=len(AIMS), max_size=len(AIMS)).map(sorted)


def record(answers: float, missed: Any) -> TrackRecord:
    """Of answers that were `yes`, of which the sets missed so many."""
    return TrackRecord(
        task=Task.STOCKOUT, version="one", answers=answers, true={"yes": answers}, missed={"yes": missed}
    )


def of_truths(left_at: list[float]) -> TrackRecord:
    """Truths that left their sets at these error rates as trained."""
    return record(float(len(left_at)), tuple(np.sum([missed_at(each) for each in left_at], axis=0).tolist()))


def test_a_truth_is_missed_at_every_error_rate_from_that_on_at_which_it_leaves() -> None:
    assert missed_at(0.1) == (0.0, 1.0, 1.0, 1.0, 1.0)
    assert missed_at(0.005) == (1.0,) * 5
    assert missed_at(1.0) == (0.0,) * 5


def test_sets_are_as_trained_where_nothing_is_known() -> None:
    for none in (None, record(0.0, ()), record(9.0, (1.0,) * 5).model_copy(update={"true": {"no": 9.0}})):
        assert heeded({"yes": 0.105}, [none]) == {"yes": 0.105}
        assert asked(0.1, [none], "yes") == 0.1
    even = record(200.0, tuple(200.0 * aim for aim in AIMS))
    assert heeded(dict.fromkeys("abc", 0.1) | {"yes": 0.17}, [even])["yes"] == pytest.approx(0.17)


@settings(max_examples=50, deadline=None)
@given(shares)
def test_where_labels_left_as_trained_they_leave_at_what_was_missed_there(missed: list[float]) -> None:
    n = 100_000.0
    told = record(n, tuple(n * each for each in missed))
    for aim, share in zip(AIMS, missed, strict=True):
        bounded = max(min(share, aim ** EXPONENTS[0]), aim ** EXPONENTS[1])
        assert heeded({"yes": aim}, [told])["yes"] == pytest.approx(bounded, abs=1e-3)


@settings(max_examples=50, deadline=None)
@given(shares, st.floats(1.0, 1e6))
def test_a_larger_error_rate_never_gives_a_larger_set(missed: list[float], answers: float) -> None:
    told = record(answers, tuple(answers * each for each in missed))
    leaves = [heeded({"yes": rate}, [told])["yes"] for rate in (*RATES, 1.0)]
    assert leaves == sorted(leaves)
    assert leaves[-1] == 1.0


@settings(max_examples=100, deadline=None)
@given(shares, st.floats(1.0, 1e4), st.sampled_from([0.01, 0.05, 0.1, 0.12, 0.2, 0.4]))
def test_what_is_asked_of_trained_sets_is_what_leaves_at_that_rate(
    missed: list[float], answers: float, error_rate: float
) -> None:
    """One way from the label to where it leaves, and one from the policy's rate to what is asked: they agree."""
    told = record(answers, tuple(answers * each for each in missed))
    rate = asked(error_rate, [told], "yes")
    for trained in (*RATES, 1.0):
        if abs(trained - rate) > 1e-6:
            assert (heeded({"yes": trained}, [told])["yes"] > error_rate) is (trained > rate)


def test_a_shift_that_is_no_power_is_made_good_at_each_rate() -> None:
    """Half of the cases never leave, the others leave as trained but none below one in ten: one power told wrong."""
    dice = np.random.default_rng(4)
    left_at = np.where(dice.random(20_000) < 0.5, 1.0, np.maximum(dice.random(20_000), 0.1)).tolist()
    told = of_truths(left_at)
    for error_rate in (0.07, 0.12):
        rate = asked(error_rate, [told], "yes")
        assert np.mean([each <= rate for each in left_at]) == pytest.approx(error_rate, abs=0.02)
    former = record(20_000.0, told.missed["yes"][1])  # type: ignore[index]
    rate = asked(0.12, [former], "yes")
    assert abs(np.mean([each <= rate for each in left_at]) - 0.12) > 0.02, "by one power it is not"


def test_few_answers_of_a_region_are_heeded_beside_those_of_all_and_many_outweigh_them() -> None:
    """Sets of all regions missed 20 % where 10 % were aimed at; those of the region none."""
    all_regions = record(1e6, (1e5, 2e5, 3e5, 4e5, 5e5))
    none = (0.0,) * len(AIMS)

    def leaves(*of_region: TrackRecord | None) -> float:
        return heeded({"yes": 0.1}, [all_regions, *of_region])["yes"]

    assert leaves() == leaves(None) == pytest.approx(0.2, abs=1e-4)
    assert leaves(record(REGION_ANSWERS, none)) == pytest.approx(0.1, abs=1e-4), "half of what is known is the region's"
    assert leaves(record(1e5, none)) == pytest.approx(0.1 ** EXPONENTS[1], abs=1e-4)
    assert heeded({"yes": 0.1}, [None, record(REGION_ANSWERS, none)])["yes"] == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize(("error_rate", "share"), [(0.1, 0.272), (0.01, 0.074)])
def test_a_label_stays_in_every_set_where_more_was_missed_than_the_least_rate_tells(
    error_rate: float, share: float
) -> None:
    """A cell tells no error rates apart below its least: more such truths go in and out together."""
    n = 20_000
    for missed, stays in ((share + 0.01, True), (share - 0.01, False)):
        told = of_truths([RATES[0] if place < missed * n else 0.6 for place in range(n)])
        assert (heeded({"yes": RATES[0]}, [told])["yes"] > error_rate) is stays


@pytest.mark.parametrize(
    ("answers", "missed", "power"),
    [(0.0, 0.0, 1.0), (10.0, 1.0, 1.0), (10.0, 10.0, 0.602), (1e7, 1e7, EXPONENTS[0]), (1e7, 0.0, EXPONENTS[1])],
    ids=["nothing known", "as many as were aimed at", "a few weigh little", "bounded where all", "and where none"],
)
def test_a_record_of_before_moves_sets_by_one_power_as_it_did(answers: float, missed: float, power: float) -> None:
    """Answers that were given by it are made again: the very same power of the rate, at every rate."""
    told = record(answers, missed)
    if answers:
        found = width([told], "yes")
        assert found is not None
        assert found.error_rates == (FORMER_AIM,)
        assert list(found.missed) == pytest.approx([FORMER_AIM**power], abs=1e-3)
        share = (missed + FORMER_AIM * PRIOR_ANSWERS) / (answers + PRIOR_ANSWERS)
        exact = max(EXPONENTS[0], min(EXPONENTS[1], float(np.log(share) / np.log(FORMER_AIM))))
        for rate in RATES:
            assert heeded({"yes": rate}, [told])["yes"] == pytest.approx(rate**exact, abs=1.1e-9)
    assert heeded({"no": 0.2}, [told]) == {"no": 0.2}
    never = told.model_copy(update={"missed": {}})
    assert heeded({"yes": 0.1}, [never]) == heeded({"yes": 0.1}, [record(answers, 0.0)]), (
        "none was missed, so none is told"
    )


def test_by_records_of_before_a_region_without_one_is_as_trained() -> None:
    """Then only the record of the case's own region was heeded."""
    everywhere, region = record(100.0, 50.0), record(50.0, 20.0)
    assert heeded({"yes": 0.1}, [everywhere, None]) == {"yes": 0.1}
    assert heeded({"yes": 0.1}, [everywhere, region]) == heeded({"yes": 0.1}, [region])
