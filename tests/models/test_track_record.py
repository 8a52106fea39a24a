"""What answers came to moves the next ones: towards what happened, as far as it is known, and no further."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.standing import TrackRecord
from data.vocabulary import Task
from features.standing import OUTCOME_HALF_LIFE
from models.calibration import SMALLEST_PROBABILITY
from models.delays import Delays
from models.heeded_sets import FORMER_AIM, heeded
from models.track_record import (
    LONGEST_WAIT,
    MOST_SHIFT,
    MemoryRecords,
    Proven,
    counted_from,
    keys_of,
    known,
    learn,
    shift,
    shifted,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEYS = keys_of(Task.STOCKOUT, "one", "emea")
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


def answer(yes: bool, said: float = 0.4, left_at: float | None = 0.3, at: datetime = NOON) -> Proven:
    return Proven("yes" if yes else "no", at, said, left_at)


def after(answers: list[Proven], at: datetime = NOON) -> tuple[TrackRecord, ...]:
    rows = MemoryRecords()
    for each in answers:
        learn(rows, KEYS, each)
    return known(rows, KEYS, at)


def a_record(**sums: Any) -> TrackRecord:
    kept = {"answers": 1.0, "surplus": 0.0, "doubt": 0.0, "true": {}, "missed": {}, **sums}
    return TrackRecord(task=Task.STOCKOUT, version="one", region=None, **kept)


def test_without_a_record_an_answer_is_as_it_was_trained() -> None:
    assert after([]) == ()
    assert shift(None, 0.5) == 0.0
    assert shifted(0.123456789, 0.0) == 0.123456789
    assert heeded({"no": 0.2, "yes": 1.0}, [None]) == {"no": 0.2, "yes": 1.0}


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


def test_what_was_trained_weighs_as_sixty_of_doubt_beside_a_surplus() -> None:
    assert shift(a_record(surplus=6.0, doubt=60.0), 1.0) == pytest.approx(0.05)
    assert shift(a_record(surplus=6.0, doubt=60.0), 0.5) == pytest.approx(0.025)
    assert shift(a_record(surplus=6.0, doubt=60.0), 0.0) == 0.0
    assert shift(a_record(surplus=-900.0, doubt=60.0), 0.5) == -0.5 * MOST_SHIFT


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
    assert (of_labels.surplus, of_labels.doubt, dict(of_labels.missed)) == (0.0, 0.0, {"system_latency": (1.0,) * 5})


@pytest.mark.parametrize(
    ("due_at", "counts_at"),
    [
        (None, NOON),
        (NOON - 3 * DAY, NOON),
        (NOON - timedelta(hours=1), MIDNIGHT),
        (NOON + timedelta(hours=1), MIDNIGHT),
        (MIDNIGHT, MIDNIGHT),
        (NOON + 5 * DAY, MIDNIGHT + 5 * DAY),
        (NOON + 9 * LONGEST_WAIT, MIDNIGHT + LONGEST_WAIT),
        (datetime.max.replace(tzinfo=UTC), MIDNIGHT + LONGEST_WAIT),
        (datetime.min.replace(tzinfo=UTC), NOON),
    ],
)
def test_an_answer_counts_when_it_is_known_and_the_day_of_its_promise_is_over(
    due_at: datetime | None, counts_at: datetime
) -> None:
    assert counted_from(NOON, due_at) == counts_at


def test_no_instant_is_too_late_to_be_read() -> None:
    """Tables say "never" by the last day there is."""
    last = datetime.max.replace(tzinfo=UTC)
    assert counted_from(last, last) == last


@pytest.mark.parametrize("yes", [True, False])
def test_what_is_known_before_its_promise_is_due_waits_and_then_counts_whole(yes: bool) -> None:
    """Level and sets, of promises kept and broken, whether or not anything was learned in between."""
    early = answer(yes, left_at=FORMER_AIM)._replace(due_at=NOON + 2 * DAY)
    counts_at = MIDNIGHT + 2 * DAY
    assert after([early], counts_at - timedelta(milliseconds=1)) == ()
    alone, other = after([early], counts_at), answer(not yes, at=counts_at)
    assert alone == after([answer(yes, left_at=FORMER_AIM)])
    together, apart = after([early, other], counts_at + DAY), after([other, early], counts_at + DAY)
    for each, late in zip(together, apart, strict=True):
        assert each.answers == pytest.approx(2.0 * 0.5 ** (1 / OUTCOME_HALF_LIFE.days))
        assert each.surplus == pytest.approx(late.surplus)
        assert list(each.missed) == ["no", "yes"]
        for label, counts in each.missed.items():
            assert counts == pytest.approx(late.missed[label])


def test_to_look_at_a_record_changes_nothing() -> None:
    rows = MemoryRecords()
    learn(rows, KEYS, answer(True)._replace(due_at=NOON + DAY))
    before = rows.get(KEYS)
    assert known(rows, KEYS, NOON + 9 * DAY)
    assert rows.get(KEYS) == before


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 90_000)), max_size=60))
def test_few_days_wait_however_far_off_promises_are(answers: list[tuple[int, int]]) -> None:
    """Each as long as it may, in any order; and nothing is counted twice or lost."""
    rows = MemoryRecords()
    for known_after, due_after in answers:
        at = NOON + timedelta(hours=known_after)
        learn(rows, KEYS, answer(True, at=at)._replace(due_at=at + timedelta(hours=due_after)))
        (state, _) = rows.get(KEYS).values()
        assert state.at is not None
        assert all(state.at < each <= state.at + LONGEST_WAIT + DAY for each in state.waiting)
        assert all(each == each.replace(hour=0, minute=0) for each in state.waiting)
    end = NOON + 10 * LONGEST_WAIT
    whole = sum(0.5 ** ((end - counts_at(*each)) / OUTCOME_HALF_LIFE) for each in answers)
    assert sum(each.answers for each in known(rows, KEYS[:1], end)) == pytest.approx(whole, abs=1e-9)


def counts_at(known_after: int, due_after: int) -> datetime:
    at = NOON + timedelta(hours=known_after)
    return counted_from(at, at + timedelta(hours=due_after))


PROMISE = 5


def told_of_a_right_model(seed: int, waits: bool) -> dict[int, float]:
    """By how much half a level moves a right model's answers, day by day, where promises of five days wait or not.

    Of 200 answers a day, kept promises are known at some moment of the five days, broken ones as they fall due.
    """
    dice, days, per_day = np.random.default_rng(seed), 7 * PROMISE, 200
    said = np.round(1 / (1 + np.exp(1.0 - 1.5 * dice.normal(size=days * per_day))), 9)
    broke, asked = dice.random(len(said)) < said, np.repeat(np.arange(days), per_day)
    in_days = np.where(broke, PROMISE, PROMISE * dice.random(len(said)))
    rows, moved = MemoryRecords(), {}
    order = np.argsort(asked + in_days, kind="stable").tolist()
    for day in range(days):
        while order and asked[order[0]] + in_days[order[0]] <= day:
            place = order.pop(0)
            at, due_at = (NOON + float(asked[place] + after) * DAY for after in (in_days[place], PROMISE))
            proven = answer(bool(broke[place]), float(said[place]), at=at)
            learn(rows, KEYS, proven._replace(due_at=due_at if waits else None))
        records = known(rows, KEYS, NOON + day * DAY)
        moved[day] = shift(records[0] if records else None, 0.5)
    return moved


def test_a_right_model_is_not_told_too_low_while_its_record_is_young() -> None:
    """Counted as they come, the kept promises of the first five days would move it by a third of log-odds."""
    waiting, at_once = ([told_of_a_right_model(seed, waits) for seed in range(5)] for waits in (True, False))
    due = range(PROMISE - 1, PROMISE + 3)
    assert np.mean([each[day] for each in at_once for day in due]) < -0.2, "or this would show nothing"
    assert abs(np.mean([each[day] for each in waiting for day in due])) < 0.03
    assert max(abs(each[day]) for each in waiting for day in each) < 0.1


SLOW = Delays(1, {"no": (1.0, 1.0), "yes": (*(day / 20 for day in range(20)), 1.0)})
"""Broken promises are known within twenty days, one in twenty a day; kept ones at once."""


def told_of_late_breaches(seed: int, delays: Delays | None) -> dict[int, float]:
    """By how much half a level moves a right model's answers, day by day, where broken promises are known late."""
    dice, days, per_day = np.random.default_rng(seed), 60, 100
    said = np.round(1 / (1 + np.exp(1.0 - 1.5 * dice.normal(size=days * per_day))), 9)
    broke, asked = dice.random(len(said)) < said, np.repeat(np.arange(days), per_day)
    known_on = asked + np.where(broke, dice.integers(1, 21, len(said)), 0)
    rows, moved = MemoryRecords(), {}
    order = np.argsort(known_on, kind="stable").tolist()
    for day in range(days):
        while order and known_on[order[0]] < day:
            place = order.pop(0)
            at, asked_at = NOON + int(known_on[place]) * DAY, NOON + int(asked[place]) * DAY
            learn(rows, KEYS, answer(bool(broke[place]), float(said[place]), at=at)._replace(asked_at=asked_at), delays)
        records = known(rows, KEYS, NOON + day * DAY, {Task.STOCKOUT: delays})
        moved[day] = shift(records[0] if records else None, 0.5)
    return moved


def test_a_right_model_is_not_told_too_low_where_breaches_are_known_late() -> None:
    plain, weighed = ([told_of_late_breaches(seed, each) for seed in range(4)] for each in (None, SLOW))
    assert np.mean([each[day] for each in plain for day in range(10, 40)]) < -0.1, "or this would show nothing"
    assert abs(np.mean([each[day] for each in weighed for day in range(60)])) < 0.02
    assert all(each[day] == 0.0 for each in weighed for day in range(3)), "while too few are known, none counts"


def test_answers_stand_for_others_as_time_goes_by_and_then_for_themselves() -> None:
    rows, early = MemoryRecords(), answer(True)._replace(asked_at=NOON)
    learn(rows, KEYS, early, SLOW)
    surplus = {
        days: known(rows, KEYS, MIDNIGHT + days * DAY, {Task.STOCKOUT: SLOW})[0].surplus / 0.5 ** (days / 30)
        for days in (0, 1, 2, 4, 10, 20, 300)
    }
    assert surplus == pytest.approx({0: 0.0, 1: 0.0, 2: 6.0, 4: 3.0, 10: 1.2, 20: 0.6, 300: 0.6}, abs=1e-6)
    (kept, _) = rows.get(KEYS).values()
    assert (list(kept.levels), kept.sums.surplus, kept.sums.answers) == ([MIDNIGHT], 0.0, 1.0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 3_000), st.booleans()), min_size=1, max_size=40))
def test_few_days_are_kept_apart_and_none_is_lost(answers: list[tuple[int, int, bool]]) -> None:
    """In any order; when all is known each counts once, faded since the end of its step."""
    rows, whole = MemoryRecords(), 0.0
    end = NOON + timedelta(hours=9_000)
    for asked_after, delay, yes in answers:
        asked_at = NOON + timedelta(hours=asked_after)
        proven = answer(yes, at=asked_at + timedelta(hours=delay))._replace(asked_at=asked_at)
        learn(rows, KEYS, proven, SLOW)
        (state, _) = rows.get(KEYS).values()
        assert state.at is not None
        assert all(state.at < each + SLOW.horizon for each in state.levels)
        whole += (0.6 if yes else -0.4) * 0.5 ** ((end - SLOW.end_of_step(asked_at)) / OUTCOME_HALF_LIFE)
    assert known(rows, KEYS, end, {Task.STOCKOUT: SLOW})[0].surplus == pytest.approx(whole, abs=1e-8)


def test_sets_count_each_answer_once() -> None:
    """They ask what share of a label was missed: how many of another label are not known yet is nothing to them."""
    rows, plain = MemoryRecords(), MemoryRecords()
    for number in range(40):
        proven = answer(number % 3 == 0, at=NOON + number * DAY)._replace(asked_at=NOON + number * DAY - DAY)
        learn(rows, KEYS, proven, SLOW)
        learn(plain, KEYS, proven)
    at = NOON + 41 * DAY
    for one, other in zip(known(rows, KEYS, at, {Task.STOCKOUT: SLOW}), known(plain, KEYS, at), strict=True):
        assert (one.surplus != other.surplus) == (one.region is None), "no level of a region is heeded"
        assert (one.answers, one.true, one.missed) == (other.answers, other.true, other.missed)
