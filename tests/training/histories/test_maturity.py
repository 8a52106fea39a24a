"""Of a history that ends, the known outcomes stand for those that are not known yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.case import Promise
from data.outcome import HistoryLine, Outcome
from data.vocabulary import Task
from tests.fixtures.cases import NOON, a_case
from training.histories.maturity import (
    FEWEST,
    LEAST,
    NONE_TOOK,
    Maturity,
    Took,
    known_within,
    matured,
    maturity,
    maturity_of,
    took,
)
from training.histories.truth import truth_of

Cut = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def a_desk(seed: int, days: int = 120, a_day: int = 60) -> Cut:
    """Cases of `days` whose share of a slow outcome rises from one to three in ten: truths, days, delays and ages.

    A quick outcome is known within a day or two, a slow one after nine days, give or take some.
    """
    draw = np.random.default_rng(seed)
    when = np.repeat(np.arange(days, dtype=float), a_day) + draw.random(days * a_day)
    truth = (draw.random(len(when)) < 0.1 + 0.2 * when / days).astype(np.int64)
    delays = np.where(truth == 1, draw.gamma(9.0, 1.0, len(when)), draw.gamma(2.0, 0.5, len(when)))
    return truth, when, delays, days - when


def stepped(quick: int, slow: int, late: int) -> Cut:
    """Old cases that were known after one day or after five, and late ones, three days old and known now."""
    ages = np.repeat([100.0, 3.0], [quick + slow, late])
    return np.zeros(len(ages), np.int64), 100.0 - ages, np.repeat([1.0, 5.0, 3.0], [quick, slow, late]), ages


def written_down(cut: Cut) -> tuple[Maturity, NDArray[Any], Cut]:
    """What the history says of those of its cases that it tells the outcome of; which these are; and all."""
    truth, _, delays, ages = cut
    known = delays <= ages
    found = maturity(truth, delays, ages)
    assert found is not None
    return found, known, cut


@pytest.mark.parametrize("seed", range(6))
def test_the_known_outcomes_are_weighed_to_the_share_that_all_come_to(seed: int) -> None:
    found, known, (truth, when, _, _) = written_down(a_desk(seed))
    lately = when >= 108.0
    told = known & lately & ~found.young
    true = float(truth[lately & ~found.young & (when <= when[told].max())].mean())
    as_known = float(truth[told].mean())
    weighed = float(np.average(truth[told], weights=found.stands_for[told]))
    assert as_known < true - 0.03, "what is known is of quick cases"
    assert abs(weighed - true) < abs(as_known - true) / 2
    assert weighed == pytest.approx(true, abs=0.06)


@pytest.mark.parametrize("seed", range(6))
def test_cases_are_left_out_that_are_younger_than_half_of_the_slow_outcomes_take(seed: int) -> None:
    found, known, (_, when, _, _) = written_down(a_desk(seed))
    youngest = 120.0 - float(when[known & ~found.young].max())
    assert youngest == pytest.approx(8.67, abs=0.6), "the median of a gamma distribution of shape nine"
    assert found.young[known & (when > 120.0 - youngest)].all(), "by age alone, whatever came of them"
    assert 1.0 <= found.stands_for.min() <= found.stands_for.max() <= 1.0 / LEAST


def test_it_says_how_many_are_not_known_yet() -> None:
    said = true = 0
    for seed in range(8):
        found, known, (_, when, _, _) = written_down(a_desk(seed))
        said += found.unknown
        true += int((~known & (when <= when[known & ~found.young].max())).sum())
    assert said == pytest.approx(true, rel=0.15)


def test_where_every_outcome_is_known_each_case_stands_for_itself() -> None:
    truth, _, delays, ages = a_desk(1)
    assert maturity(truth, delays, ages + 60.0) is None, "written down two months later"
    quick = np.minimum(delays, 0.01)
    assert maturity(truth, quick, ages + 0.01) is None


def test_of_unknown_outcomes_nothing_is_read() -> None:
    truth, _, delays, ages = a_desk(2)
    known = delays <= ages
    told = maturity(truth, delays, ages)
    again = maturity(np.where(known, truth, -1), np.where(known, delays, np.nan), ages)
    assert told is not None
    assert again is not None
    for one, other in zip(told, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not told.young[~known].any()
    assert (told.stands_for[~known] == 1.0).all()


def test_a_rare_label_takes_as_long_as_all_together() -> None:
    truth, _, delays, ages = a_desk(3)
    rare = truth.copy()
    rare[np.flatnonzero((truth == 0) & (delays <= ages))[: FEWEST - 1]] = 2
    known = delays <= ages
    two, three = maturity(truth, delays, ages), maturity(rare, delays, ages)
    assert two is not None
    assert three is not None
    assert three.stands_for[rare == 2] == pytest.approx(
        1.0 / known_within(delays[known], ages[known], ages[rare == 2]), abs=1e-12
    )
    assert three.young.sum() >= two.young.sum() - FEWEST


def test_few_cases_say_nothing_of_others() -> None:
    truth, _, delays, ages = a_desk(4)
    few = slice(-FEWEST // 2, None)
    assert maturity(truth[few], delays[few], ages[few]) is None


def test_some_of_the_cases_keep_what_was_said_of_them() -> None:
    found = written_down(a_desk(5))[0]
    some = np.array([3, 1, 7000])
    assert found.at(some).young.tolist() == found.young[some].tolist()
    assert found.at(some).stands_for.tolist() == found.stands_for[some].tolist()


@given(st.integers(0, 2**32 - 1), st.integers(200, 600), st.floats(0.1, 10.0))
def test_the_share_known_rises_from_none_to_all(seed: int, n: int, slow: float) -> None:
    draw = np.random.default_rng(seed)
    ages, delays = draw.uniform(0.0, 30.0, n), draw.exponential(slow, n)
    seen = delays <= ages
    after = np.linspace(0.0, 60.0, 200)
    found = known_within(delays[seen], ages[seen], after)
    assert (np.diff(found) >= 0.0).all()
    assert 0.0 <= found[0] <= found[-1] == 1.0


@pytest.mark.parametrize("mean", [2.0, 5.0, 9.0])
def test_what_the_end_of_the_history_cut_off_is_made_good(mean: float) -> None:
    """Half of the cases of the last days are not known: the mean of the known delays is far from that of all."""
    draw = np.random.default_rng(7)
    ages, delays = draw.uniform(0.0, 40.0, 40_000), draw.exponential(mean, 40_000)
    seen = delays <= ages
    after = np.array([1.0, 3.0, 7.0, 12.0])
    whole = 1.0 - np.exp(-40.0 / mean)
    expected = (1.0 - np.exp(-after / mean)) / whole
    assert known_within(delays[seen], ages[seen], after) == pytest.approx(expected, abs=0.02)
    naive = np.array([(delays[seen] <= each).mean() for each in after])
    assert np.abs(naive - expected).max() > 0.02


def test_where_hardly_a_case_is_untold_late_news_are_no_missing_outcomes() -> None:
    """A backlog that was entered on one day looks like outcomes that take long; but nothing is missing."""
    truth, when, delays, _ = a_desk(6)
    told = when + np.where((truth == 1) & (when < 90.0), np.maximum(delays, 90.0 - when), delays)
    assert maturity(truth, told - when, told.max() - when) is not None, "by its delays alone"
    assert matured(truth, when, told, 0) is None
    assert matured(truth, when, told, 10) is None


@pytest.mark.parametrize("seed", range(6))
def test_without_the_rows_of_what_has_not_ended_the_known_ones_count_as_with_them(seed: int) -> None:
    truth, when, delays, ages = a_desk(seed)
    known = delays <= ages
    told = when + delays
    kept = matured(np.where(known, truth, -1), when, np.where(known, told, when), int((~known).sum()))
    dropped = matured(truth[known], when[known], told[known], 0)
    assert kept is not None
    assert dropped is not None
    assert dropped.stands_for.tolist() == kept.stands_for[known].tolist()
    assert dropped.young.tolist() == kept.young[known].tolist()


@pytest.mark.parametrize("seed", range(6))
def test_the_latest_days_alone_learn_from_earlier_cases_how_long_outcomes_take(seed: int) -> None:
    """Of twelve days, of which slow outcomes take nine; the earlier cases were written down on the day before those."""
    truth, when, delays, ages = a_desk(seed)
    known, late = delays <= ages, when >= 108.0
    told = np.where(known, when + delays, when)
    whole = matured(np.where(known, truth, -1), when, told, int((~known).sum()))
    before = ~late & (when + delays <= 108.0)
    earlier = took(truth[before], when[before], told[before])
    lately = np.where(known, truth, -1)[late], when[late], told[late], int((~known & late).sum())
    taught, alone = matured(*lately, earlier), matured(*lately)
    assert whole is not None
    assert taught is not None
    expected, seen = whole.at(np.flatnonzero(late & known)), taught.at(np.flatnonzero(known[late]))
    assert seen.young.mean() == pytest.approx(expected.young.mean(), abs=0.05)
    assert seen.unknown == pytest.approx(expected.unknown, abs=6)
    assert alone is None or alone.young.mean() < expected.young.mean() / 2


def test_an_outcome_that_the_latest_days_cannot_show_makes_them_too_young() -> None:
    """Slow ones take thirty days: of four days, only quick ones are told."""
    draw = np.random.default_rng(3)
    when = np.sort(draw.uniform(0.0, 100.0, 5_000))
    truth = (draw.random(len(when)) < 0.3).astype(np.int64)
    told = when + np.where(truth == 1, 30.0, 0.5)
    known, late = told <= 100.0, when >= 96.0
    lately = np.where(known, truth, -1)[late], when[late], np.where(known, told, when)[late], int((~known & late).sum())
    found = matured(*lately, took(truth[known & ~late], when[known & ~late], told[known & ~late]))
    assert matured(*lately) is None
    assert found is not None
    assert found.young[known[late]].all()


def test_late_cases_that_are_all_told_at_once_may_hide_those_that_take_as_long_as_earlier_ones() -> None:
    """Earlier broken promises took nine days to be known. Of a week whose rows all tell theirs at once, none took half
    as long: rows of what has not ended may have been left out.
    """
    draw = np.random.default_rng(5)
    truth = (draw.random(2_000) < 0.3).astype(np.int64)
    earlier = Took(truth, np.where(truth == 1, 9.0, 0.5) + draw.random(2_000), np.full(2_000, 60.0))
    when, late = np.sort(draw.uniform(0.0, 7.0, 400)), (draw.random(400) < 0.3).astype(np.int64)
    found = matured(late, when, when + 0.01, 0, earlier)
    assert found is not None
    assert found.young.mean() > 0.98


def test_an_outcome_of_few_cases_takes_as_long_as_those_of_earlier_cases_did() -> None:
    """Of thirty promises broken in all nobody knows how long that takes; of all the outcomes of before one does."""
    ages = np.full(200, 4.0)
    truth = np.repeat([0, 1], [185, 15])
    before = Took(np.repeat([0, 1], [1_900, 15]), np.repeat([1.0, 9.0], 1_915)[::2], np.full(1_915, 40.0))
    alone, found = maturity(truth, np.full(200, 1.0), ages), maturity(truth, np.full(200, 1.0), ages, before)
    assert alone is None
    assert found is not None
    assert (found.stands_for[truth == 1] > 1.3).all()


def test_what_is_worth_counting_is_a_share_of_the_latest_cases_not_of_all_before_them() -> None:
    late, before = np.zeros(300), np.zeros(90_000, np.int64)
    took_before = np.repeat([1.0, 9.0], [85_500, 4_500])
    found = maturity(
        late.astype(np.int64), late + 1.0, late + 4.0, Took(before, took_before, late[0] + took_before + 90.0)
    )
    assert found is not None
    assert found.unknown == pytest.approx(300 * 0.05, abs=2)


def test_earlier_cases_of_which_nothing_is_known_change_nothing() -> None:
    truth, when, delays, ages = a_desk(4)
    known = delays <= ages
    rows = np.where(known, truth, -1), when, np.where(known, when + delays, when), int((~known).sum())
    none = took(np.full(9, -1), np.arange(9.0), np.arange(9.0))
    assert none is NONE_TOOK
    one, other = matured(*rows), matured(*rows, none)
    assert one is not None
    assert other is not None
    assert (one.young.tolist(), one.stands_for.tolist()) == (other.young.tolist(), other.stands_for.tolist())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("weeks", [0.1, 2.0])
def test_a_backlog_entered_within_two_weeks_is_no_missing_outcome(seed: int, weeks: float) -> None:
    truth, when, delays, _ = a_desk(seed)
    entered = 80.0 + np.random.default_rng(seed).uniform(0.0, 7.0 * weeks, len(when))
    told = np.where((truth == 1) & (when < 80.0), np.maximum(when + delays, entered), when + delays)
    assert maturity(truth, told - when, told.max() - when) is not None, "by its delays alone"
    assert matured(truth, when, told, 0) is None


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45])
@pytest.mark.parametrize("days", [1.0, 20.0])
def test_days_that_are_told_as_whole_days_are_read_too(share: float, days: float) -> None:
    """Many outcomes take exactly as long as the slowest."""
    draw = np.random.default_rng(9)
    when = np.repeat(np.arange(60.0), 50)
    truth = (draw.random(len(when)) < 0.4).astype(np.int64)
    took = np.where(draw.random(len(when)) < share, 2.0 * days, days)
    known = when + took <= 60.0
    kept = matured(np.where(known, truth, -1), when, np.where(known, when + took, when), int((~known).sum()))
    dropped = matured(truth[known], when[known], (when + took)[known], 0)
    assert (kept is None) == (dropped is None)


@given(st.integers(0, 2**32 - 1), st.integers(1, 900), st.integers(1, 60), st.integers(1, 40), st.integers(0, 900))
def test_whatever_a_history_tells_the_weights_are_bounded(seed: int, n: int, days: int, slow: int, untold: int) -> None:
    draw = np.random.default_rng(seed)
    since = draw.integers(0, days, n).astype(float)
    told = since + draw.integers(-slow, slow, n) * draw.integers(0, 2, n)
    found = matured(draw.integers(-1, 3, n), since, told, untold)
    if found is not None:
        assert 1.0 <= found.stands_for.min() <= found.stands_for.max() <= 1.0 / LEAST
        assert found.young.sum() + found.unknown >= 1


def test_a_history_hardly_longer_than_its_outcomes_take_is_read_without_the_rows_too() -> None:
    """What takes ten days is told in the last two thirds of thirty alone, which is no backlog."""
    truth, when, delays, ages = a_desk(8, days=30, a_day=240)
    known = delays <= ages
    assert matured(truth[known], when[known], (when + delays)[known], 0) is not None


@pytest.mark.parametrize("odd", [0, 1, 3, 6])
def test_a_wrong_year_or_a_late_patch_moves_no_end(odd: int) -> None:
    truth, when, delays, ages = a_desk(7)
    known = delays <= ages
    told = when + delays
    told[np.flatnonzero(known)[:odd]] += 3_650.0
    found = matured(np.where(known, truth, -1), when, told, int((~known).sum()))
    assert found is not None
    assert found.young.sum() == pytest.approx(written_down(a_desk(7))[0].young.sum(), rel=0.1)
    dropped = matured(truth[known], when[known], told[known], 0)
    assert dropped is not None, "nor does it make a backlog of all others"
    assert dropped.young.tolist() == found.young[known].tolist()


@pytest.mark.parametrize("late", [9, 10])
@pytest.mark.parametrize(("quick", "young"), [(495, False), (396, True)], ids=["missing", "too young"])
def test_one_case_in_a_hundred_must_be_missing_or_too_young_before_any_counts_for_others(
    quick: int, young: bool, late: int
) -> None:
    truth, _, delays, ages = stepped(quick, 990 - quick, late)
    found = maturity(truth, delays, ages)
    assert (found is not None) is (late == 10)
    if found is not None:
        assert found.young[-late:].tolist() == [young] * late, "known with a probability of just a half is old enough"
        assert found.stands_for[-late:].tolist() == [1.0 if young else 2.0] * late
        assert found.unknown == (0 if young else late)


@pytest.mark.parametrize(
    ("quick", "untold", "tells"), [(495, 9, False), (495, 10, True), (396, 5, False), (396, 6, True)]
)
def test_half_of_what_would_be_missing_must_be_untold(quick: int, untold: int, tells: bool) -> None:
    """Twenty for which others count, or else one case in a hundred."""
    truth, when, delays, _ = stepped(quick, 990 - quick, 20)
    assert (matured(truth, when, when + delays, untold) is not None) is tells


@pytest.mark.parametrize(("n", "share"), [(FEWEST, 0.5), (FEWEST - 2, 1.0)])
def test_a_delay_tells_from_a_hundred_cases_on_that_are_as_old(n: int, share: float) -> None:
    delays = np.repeat([2.0, 8.0], n // 2)
    assert known_within(delays, np.full(n, 8.0), np.array([7.9, 8.0])).tolist() == [share, 1.0]


@pytest.mark.parametrize(("n", "own"), [(FEWEST, True), (FEWEST - 1, False)])
def test_a_label_has_delays_of_its_own_from_a_hundred_cases_on(n: int, own: bool) -> None:
    _, _, delays, ages = stepped(900, n, 20)
    assert (maturity((delays == 5.0).astype(np.int64), delays, ages) is not None) is own


def test_labels_that_are_all_rare_take_as_long_as_all_together() -> None:
    _, _, delays, ages = stepped(396, 594, 20)
    found = maturity(np.arange(len(ages)) % 12, delays, ages)
    assert found is not None
    assert found.young.tolist() == (ages == 3.0).tolist()


@pytest.mark.parametrize("n", [1, 3])
def test_a_handful_of_outcomes_says_nothing_of_others(n: int) -> None:
    assert matured(np.zeros(n, np.int64), np.zeros(n), np.arange(float(n)), 50) is None


def test_of_promises_that_are_all_open_none_stands_for_others() -> None:
    told = np.arange(200.0)
    assert matured(np.zeros(200, np.int64), told + 300.0, told, 50) is None


def test_what_came_of_a_promise_is_as_old_as_the_promise_is_due() -> None:
    """Each is due after twenty days; broken ones are known six to fourteen days later, kept ones long before."""
    until = NOON + timedelta(days=120)

    def line(hour: int) -> HistoryLine:
        at, breaks = NOON + timedelta(hours=hour), hour % 3 == 0
        due_at = at + timedelta(days=20)
        known_at = due_at + timedelta(hours=144 + hour * 7 % 192) if breaks else at + timedelta(days=1)
        told = Outcome(recorded_at=known_at, sla_breached=breaks) if known_at <= until else None
        return HistoryLine(case=a_case(hour, at=at, promise=Promise(due_at=due_at)), outcome=told)

    lines = [line(hour) for hour in range(120 * 24)]
    truth = np.array([truth_of(Task.SLA_BREACH, each) for each in lines])
    found = maturity_of(Task.SLA_BREACH, lines, truth)
    assert found is not None
    young = np.flatnonzero(found.young) / 24
    assert young.min() == pytest.approx(120 - 20 - 10, abs=1.5)
    assert young.max() == pytest.approx(120 - 20, abs=0.2), "what is not due yet is no matter of age"
