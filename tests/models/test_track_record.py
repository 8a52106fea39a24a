"""What answers came to moves the next ones: towards what happened, as far as it is known, and no further."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.standing import TrackRecord
from data.vocabulary import Task
from features.standing import OUTCOME_HALF_LIFE
from models.calibration import SMALLEST_PROBABILITY
from models.conformal import RATES
from models.track_record import (
    AIM,
    MOST_SHIFT,
    MemoryRecords,
    Proven,
    heeded,
    keys_of,
    known,
    learn,
    shift,
    shifted,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = keys_of(Task.STOCKOUT, "one", "emea")


def answer(yes: bool, said: float = 0.4, left_at: float | None = 0.3, at: datetime = NOON) -> Proven:
    return Proven("yes" if yes else "no", at, said, left_at)


def after(answers: list[Proven], at: datetime = NOON) -> tuple[TrackRecord, ...]:
    rows = MemoryRecords()
    for each in answers:
        learn(rows, KEYS, each)
    return known(rows, KEYS, at)


def test_without_a_record_an_answer_is_as_it_was_trained() -> None:
    assert after([]) == ()
    assert shift(None, 0.5) == 0.0
    assert shifted(0.123456789, 0.0) == 0.123456789
    assert heeded({"no": 0.2, "yes": 1.0}, None) == {"no": 0.2, "yes": 1.0}


def test_an_answer_counts_everywhere_and_in_its_region_alone() -> None:
    everywhere, emea = after([answer(True), answer(False)])
    assert (everywhere.region, emea.region) == (None, "emea")
    assert everywhere.model_copy(update={"region": "emea"}) == emea
    assert (emea.answers, emea.surplus) == pytest.approx((2.0, 0.2))
    assert dict(emea.true) == {"no": 1.0, "yes": 1.0}
    assert keys_of(Task.STOCKOUT, "one", None) == KEYS[:1]


@given(st.floats(0.05, 0.95), st.integers(1, 400), st.floats(0.05, 1.0))
def test_the_level_moves_towards_what_happened_and_not_beyond_it(said: float, n: int, share: float) -> None:
    """All came true: the told probability rises; none did: it falls; and never past the bound."""
    for came, sign in ((True, 1.0), (False, -1.0)):
        record = after([answer(came, said)] * n)[0]
        by = shift(record, share)
        assert 0.0 < sign * by <= MOST_SHIFT * share
        assert sign * (shifted(said, by) - said) > 0


def test_half_of_a_steady_surplus_is_made_good_by_half_the_level() -> None:
    """The scores say 40 %, 20 % come true: with the whole level, many answers later, about 20 % are told."""
    record = after([answer(number % 5 == 0) for number in range(20_000)])[0]
    assert shifted(0.4, shift(record, 1.0)) == pytest.approx(0.2, abs=0.03)
    assert 0.25 < shifted(0.4, shift(record, 0.5)) < 0.32


@pytest.mark.parametrize("by", [-MOST_SHIFT, MOST_SHIFT])
def test_no_answer_becomes_more_certain_than_any_may_be(by: float) -> None:
    for said in (SMALLEST_PROBABILITY, 1.0 - SMALLEST_PROBABILITY):
        assert SMALLEST_PROBABILITY <= shifted(said, by) <= 1.0 - SMALLEST_PROBABILITY


@settings(max_examples=10, deadline=None)
@given(st.floats(0.02, 0.3))
def test_sets_that_missed_too_often_are_widened_and_those_that_missed_too_seldom_narrowed(missed: float) -> None:
    """Where labels left at one error in ten as trained, they leave at the share that was missed there of late."""
    n = 2_000
    record = after([answer(True, left_at=AIM if place < missed * n else 0.6) for place in range(n)])[1]
    trained = {"no": AIM, "yes": AIM}
    assert heeded(trained, record)["yes"] == pytest.approx(missed, rel=0.1)
    assert heeded(trained, record)["no"] == AIM, "of the other answer nothing is known"


def test_sets_are_not_promised_to_hold_under_a_shift_that_is_no_power() -> None:
    """Where all that was missed left at the least rate, no power of it reaches the aim: as many go on being missed."""
    record = after([answer(True, left_at=RATES[0] if place % 10 < 3 else 0.6) for place in range(2_000)])[1]
    assert heeded({"yes": RATES[0]}, record)["yes"] <= AIM


@pytest.mark.parametrize(("error_rate", "share"), [(0.1, 0.37), (0.01, 0.136)])
def test_a_label_stays_in_every_set_where_more_was_missed_than_the_least_rate_tells(
    error_rate: float, share: float
) -> None:
    n = 20_000
    for missed, stays in ((share + 0.01, True), (share - 0.01, False)):
        record = after([answer(True, left_at=AIM if place < missed * n else 0.6) for place in range(n)])[1]
        assert (heeded({"yes": RATES[0]}, record)["yes"] > error_rate) is stays


def test_a_set_is_heeded_by_one_rule_at_every_error_rate() -> None:
    """Where labels leave keeps its order: a larger error rate never gives a larger set."""
    record = after([answer(True, left_at=0.05)] * 300)[1]
    told = [heeded({"yes": rate}, record)["yes"] for rate in (0.01, 0.05, 0.1, 0.3, 0.5, 1.0)]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_what_is_long_ago_counts_less_and_what_comes_late_as_faded_already() -> None:
    old = answer(True, at=NOON - OUTCOME_HALF_LIFE)
    assert after([old])[0].answers == 0.5
    in_turn, late = after([old, answer(False)]), after([answer(False), old])
    for one, other in zip(in_turn, late, strict=True):
        assert one.surplus == pytest.approx(other.surplus)
        assert dict(one.true) == pytest.approx(dict(other.true))


def test_answers_without_sets_or_of_labels_count_what_they_can() -> None:
    without_sets = after([answer(True, left_at=None)])[0]
    assert dict(without_sets.true) == {}
    assert without_sets.surplus == pytest.approx(0.6)
    of_labels = after([Proven("system_latency", NOON, None, 0.05)])[0]
    assert (of_labels.surplus, of_labels.doubt, dict(of_labels.missed)) == (0.0, 0.0, {"system_latency": 1.0})
