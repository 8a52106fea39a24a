from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from data.amounts import percent
from data.vocabulary import Task
from models.drift import Later, drift_report, features_drift
from models.drift_alarms import Stake
from models.drift_records import DriftReport, FeatureDrift
from models.performance import MOST_ERROR, realised
from models.profile import PREDICTION, Profile, profile_of
from models.shifts import normal_chance

EURO = Stake(40.0, "EUR", alarm_from=10.0)


def world(seed: int, n: int, shift: float = 0.0, level: float = 0.0, moved: float = 0.0) -> Later:
    """Cases whose event follows a score; `shift` moves the truth, `moved` the features, `level` what is said."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n)
    features = np.column_stack([score + moved, rng.normal(size=n), rng.integers(0, 4, n) + 0.0])
    probability = 1 / (1 + np.exp(-score - level))
    happened = (rng.random(n) < 1 / (1 + np.exp(-score - shift))).astype(np.int64)
    return Later.of(features, probability[:, None], happened, ["emea" if i % 2 else "apac" for i in range(n)])


def profile(seed: int = 1) -> Profile:
    then = world(seed, 6_000)
    columns = zip(("score", "noise", "level"), then.features.T, (True, True, False), strict=True)
    features = [profile_of(name, column, ordered) for name, column, ordered in columns]
    parts = [None, "apac", "emea"]
    chosen = [np.array([part is None or each == part for each in then.regions]) for part in parts]
    return Profile(
        (*features, profile_of(PREDICTION, then.said, ordered=True)),
        tuple(
            realised(then.probability[mine], then.happened[mine], part)
            for part, mine in zip(parts, chosen, strict=True)
        ),
    )


def report(later: Later, stake: Stake = EURO) -> DriftReport:
    return drift_report(Task.SLA_BREACH, profile(), later, ("score", "noise", "level"), stake)


def about(found: DriftReport) -> set[str]:
    return {each.about for each in found.alarms}


def test_days_like_those_before_raise_no_alarm() -> None:
    found = report(world(2, 4_000))
    assert (found.shifted, found.alarms) == (0, ())
    assert found.regions[0].rate is not None
    assert found.regions[0].rate.holds
    assert found.regions[0].calibrated


def test_the_feature_that_moved_is_named_and_no_other() -> None:
    found = report(world(2, 4_000, moved=1.0))
    assert [each.feature for each in found.features if each.level != "none"] == ["score"]
    assert found.features[0].level == "large"
    assert found.features[0].ks == pytest.approx(0.38, abs=0.05)


@pytest.mark.parametrize(("moved", "level"), [(0.15, "none"), (0.42, "moderate"), (0.6, "large"), (1.0, "large")])
def test_a_feature_is_called_moved_by_how_far_it_lies_however_sure_that_is(moved: float, level: str) -> None:
    (score,) = [each for each in report(world(2, 4_000, moved=moved)).features if each.feature == "score"]
    assert score.discovery < 0.001
    assert score.level == level


def test_how_many_did_not_tell_a_feature_is_told_of_then_and_now() -> None:
    then, now = world(1, 6_000), world(2, 4_000)
    then.features[:600, 1] = now.features[:1_200, 1] = np.nan
    kept = Profile((profile_of("noise", then.features[:, 1], ordered=True),), ())
    (found,) = drift_report(Task.SLA_BREACH, kept, now, ("score", "noise", "level"), EURO).features
    assert (found.missing_was, found.missing_is) == pytest.approx((0.1, 0.3), abs=0.001)


@pytest.mark.parametrize(("n", "told"), [(29, False), (30, True)])
def test_a_region_is_told_of_from_thirty_cases_on_and_from_as_many_outcomes(n: int, told: bool) -> None:
    later = world(2, 4_000)
    few = replace(later, regions=["tiny" if number < n else "emea" for number in range(4_000)])
    assert ("tiny" in {each.region for each in report(few).regions}) is told
    seldom = replace(later, happened=np.where(np.arange(4_000) < n, later.happened, -1))
    assert (report(seldom).regions[0].realised is not None) is told


def test_a_point_more_is_as_it_should_be_however_sure_it_is() -> None:
    then, now = world(1, 200_000), world(2, 200_000, shift=0.06)
    kept = Profile((profile_of("noise", then.features[:, 1], True),), (realised(then.probability, then.happened),))
    found = drift_report(Task.SLA_BREACH, kept, now, ("score", "noise", "level"), EURO)
    rate, seen = found.regions[0].rate, found.regions[0].realised
    assert rate is not None
    assert seen is not None
    assert (rate.chance < 0.001, (seen.ece_chance or 0.0) < 0.001) == (True, True)
    assert (rate.holds, found.regions[0].calibrated) == (True, True)


def test_what_no_outcome_feeds_any_more_is_left_out_and_counted() -> None:
    later, names = world(2, 4_000, moved=1.0), ("score", "noise", "level")
    found = drift_report(Task.SLA_BREACH, profile(), later, names, EURO, frozenset({"score", "elsewhere"}))
    assert "score" not in {each.feature for each in found.features}
    assert found.says.startswith("0 of 3 features have moved; 1 more that outcomes feed is left out, as hardly any")


def test_a_rate_that_moved_is_an_alarm_and_priced_by_half_the_stake_times_the_brier_it_costs() -> None:
    found = report(world(2, 4_000, shift=-1.0))
    assert {"rate", "calibration"} <= about(found)
    whole = found.regions[0]
    assert whole.realised is not None
    assert not whole.calibrated
    alarm = next(each for each in found.alarms if each.about == "calibration" and each.region is None)
    expected = 1_000 * 40.0 * (whole.realised.miscalibration or 0.0) / 2
    assert float(alarm.per_1000 or 0) == pytest.approx(expected, abs=0.01)
    assert "EUR lost per 1,000 cases" in alarm.says


def test_each_region_is_told_of() -> None:
    later = world(2, 4_000)
    emea = np.array([each == "emea" for each in later.regions])
    broken = replace(later, happened=np.where(emea, 0, later.happened))
    found = report(broken)
    assert {each.region for each in found.regions} == {None, "apac", "emea"}
    assert {each.region for each in found.alarms} >= {"emea"}
    assert "apac" not in {each.region for each in found.alarms}


def test_what_costs_less_than_the_policy_says_is_no_alarm() -> None:
    later = world(2, 4_000, shift=-1.0)
    assert report(later).alarms
    found = report(later, replace(EURO, alarm_from=1e6))
    assert not found.alarms
    why = "0 alarms; what is amiss costs less than the 1,000,000.00 EUR per 1,000 cases from which the policy alarms"
    assert f"probabilities miss what happens; {why} (drift.alarm_from)" in found.says
    assert "costs less" not in report(later).says
    assert "costs less" not in report(world(2, 4_000), replace(EURO, alarm_from=1e6)).says, "nothing is amiss"


def test_without_outcomes_the_model_s_own_claim_is_all_there_is() -> None:
    later = replace(world(2, 2_000, shift=-1.0), happened=np.full(2_000, -1))
    found = report(later)
    assert (found.with_outcome, found.regions[0].realised) == (0, None)
    assert found.regions[0].claimed.roc_auc == pytest.approx(0.74, abs=0.05)
    assert "only claimed" in found.says


def test_without_a_stake_nothing_has_a_price() -> None:
    found = report(world(2, 4_000, shift=-1.0), Stake(None, "EUR"))
    assert found.stake is None
    assert {each.per_1000 for each in found.alarms} == {None}


def rare(seed: int, n: int, harder: float = 0.0) -> Later:
    """Cases of which one in twenty comes to it, told as well as can be told; `harder` hides what was known of them."""
    rng = np.random.default_rng(seed)
    score = rng.normal(-4.0, 1.5, n)
    happened = (rng.random(n) < 1 / (1 + np.exp(-score))).astype(np.int64)
    known = score - harder * rng.normal(0.0, 1.5, n)
    return Later.of(score[:, None], (1 / (1 + np.exp(-known)))[:, None], happened, [None] * n)


def rehearsed_on(then: Later) -> Profile:
    said = profile_of(PREDICTION, then.said, ordered=True)
    return Profile(
        (profile_of("score", then.features[:, 0], ordered=True), said), (realised(then.probability, then.happened),)
    )


def test_a_small_rehearsal_of_a_rare_outcome_cries_no_wolf() -> None:
    reports = [
        drift_report(Task.SLA_BREACH, rehearsed_on(rare(seed, 150)), rare(10_000 + seed, 600), ("score",), EURO)
        for seed in range(200)
    ]
    assert sum("performance" in about(each) or "inputs" in about(each) for each in reports) <= 8


def test_a_model_that_tells_less_than_it_did_is_an_alarm() -> None:
    worse = rare(2, 4_000, harder=1.5)
    found = drift_report(Task.SLA_BREACH, rehearsed_on(rare(1, 4_000)), worse, ("score",), EURO)
    assert "performance" in about(found)


def test_a_rate_that_rose_makes_the_same_work_harder_and_is_no_reason_to_retrain() -> None:
    then, now = rare(1, 4_000), rare(2, 4_000)
    often = np.concatenate([np.flatnonzero(now.happened == 1), np.flatnonzero(now.happened == 0)[:1_000]])
    odds = now.said / (1 - now.said) * (now.happened == 0).sum() / 1_000
    level = Later.of(now.features[often], (odds / (1 + odds))[often, None], now.happened[often], [None] * len(often))
    found = drift_report(Task.SLA_BREACH, rehearsed_on(then), level, ("score",), EURO)
    assert found.regions[0].realised is not None
    assert found.regions[0].realised.brier > 1.5 * realised(then.probability, then.happened).brier
    assert "performance" not in about(found)


def floor(seed: int, n: int, lowest: float, scale: float = 1.0) -> Later:
    """Cases of which six in ten are said to be all but safe, at a floor that is each model's own."""
    rng = np.random.default_rng(seed)
    risky = rng.random(n) < 0.4
    said = np.where(risky, rng.beta(1.0, 2.5, n), lowest + rng.exponential(0.001, n)) * scale
    happened = (rng.random(n) < said).astype(np.int64)
    return Later.of(np.empty((n, 0)), said[:, None], happened, [None] * n)


def prediction_of(then: Later, now: Later) -> tuple[float, str]:
    kept = Profile(
        (profile_of(PREDICTION, then.said, ordered=True),), (realised(then.probability, then.happened, None),)
    )
    (found,) = drift_report(Task.STOCKOUT, kept, now, (), EURO).features
    return found.psi, found.level


@pytest.mark.parametrize("seed", range(5))
def test_a_model_that_puts_safe_cases_up_to_half_a_point_elsewhere_has_not_moved(seed: int) -> None:
    then = floor(seed, 1_400, 0.0015)
    assert prediction_of(then, floor(seed + 50, 3_500, 0.0035))[1] == "none"
    assert prediction_of(then, floor(seed + 50, 3_500, 0.0065))[1] == "none"


def test_predictions_that_did_move_are_told() -> None:
    then = floor(1, 1_400, 0.0015)
    assert prediction_of(then, floor(2, 3_500, 0.08))[1] == "large"
    risky = floor(2, 8_000, 0.0015)
    said = np.concatenate([risky.said[risky.said > 0.05], risky.said[:800]])
    more = Later.of(np.empty((len(said), 0)), said[:, None], np.zeros(len(said), np.int64), [None] * len(said))
    assert prediction_of(then, more)[1] == "large"


def test_of_a_rare_event_less_is_a_shift() -> None:
    then = floor(1, 4_000, 0.0015, scale=0.1)
    assert then.happened.mean() < 0.02
    assert prediction_of(then, floor(2, 4_000, 0.0015, scale=0.1))[1] == "none"
    assert prediction_of(then, floor(2, 4_000, 0.0015, scale=0.3))[0] > 0.1


def beside(then: Later, now: Later) -> DriftReport:
    return drift_report(Task.SLA_BREACH, rehearsed_on(then), now, ("score",), EURO)


@pytest.mark.parametrize("seed", range(5))
def test_a_rehearsal_in_which_it_never_happened_knows_no_skill_to_lose(seed: int) -> None:
    then = rare(seed, 400)
    now = rare(seed + 50, 4_000, harder=1.5)
    assert "performance" in about(beside(then, now))
    for often in (0, 1):
        least = replace(then, happened=np.where(np.cumsum(then.happened) <= often, then.happened, 0))
        assert least.happened.sum() == often
        assert not {"performance", "inputs"} & about(beside(least, now))
    assert "performance" not in about(beside(then, replace(now, happened=np.zeros(4_000, np.int64))))


def test_a_lost_skill_costs_what_it_adds_to_the_brier_score() -> None:
    then, now = rare(1, 4_000), rare(2, 4_000, harder=1.5)
    was, seen = realised(then.probability, then.happened), realised(now.probability, now.happened)
    skills = [1 - each.brier / (each.rate * (1 - each.rate)) for each in (was, seen)]
    lost = (skills[0] - skills[1]) * seen.rate * (1 - seen.rate)
    (alarm,) = [each for each in beside(then, now).alarms if each.about == "performance"]
    assert float(alarm.per_1000 or 0) == pytest.approx(1_000 * 40.0 * lost / 2, abs=0.01)


def test_a_model_worse_than_the_base_rate_is_said_to_add_to_it() -> None:
    (alarm,) = [
        each for each in beside(rare(1, 4_000), rare(2, 4_000, harder=3.0)).alarms if each.about == "performance"
    ]
    assert "when rehearsed and adds " in alarm.says
    assert "-" not in alarm.says


def test_a_model_that_still_tells_something_is_said_to_take_less_off() -> None:
    """What it says lies nearer to one half than what happens."""
    then, now = world(1, 6_000), world(2, 4_000)
    vague = replace(now, probability=0.5 + 0.3 * (now.probability - 0.5))
    (alarm,) = [each for each in report(vague).alarms if (each.about, each.region) == ("performance", None)]
    both = [realised(each.probability, each.happened) for each in (then, vague)]
    was, is_ = (1 - each.brier / (each.rate * (1 - each.rate)) for each in both)
    assert 0 < is_ < was < 0.5
    took = f"took {percent(was)} off the Brier score of the base rate when rehearsed"
    assert f"{took} and takes {percent(is_)}: retrain" in alarm.says


def test_the_features_that_moved_furthest_are_the_ones_an_alarm_names() -> None:
    """Four moved, and the model says less of where they went."""
    rng, by = np.random.default_rng(4), (0.6, 3.0, 1.2, 2.0)
    names = tuple(f"fact.n{at}_moved" for at in range(4))
    then, now = rng.normal(size=(4_000, 4)), rng.normal(size=(4_000, 4)) + by
    told, vague = (1 / (1 + np.exp(-spread * rng.normal(size=4_000))) for spread in (2.0, 0.3))
    happened = (rng.random(4_000) < told).astype(np.int64)
    kept = Profile(
        tuple(profile_of(name, column, ordered=True) for name, column in zip(names, then.T, strict=True)),
        (realised(told, happened),),
    )
    later = Later.of(now, vague[:, None], np.full(4_000, -1), [None] * 4_000)
    (alarm,) = drift_report(Task.SLA_BREACH, kept, later, names, EURO).alarms
    assert "4 features have moved, most of all n1 moved, n3 moved, n2 moved; about" in alarm.says


def test_a_rate_that_holds_hides_no_wrong_level() -> None:
    found = report(world(2, 4_000, level=-1.0))
    seen, rate = found.regions[0].realised, found.regions[0].rate
    assert seen is not None
    assert rate is not None
    assert rate.holds
    assert "the rate holds (50 % when rehearsed, 50 % now); the model says 30 % where 50 % happens" in found.says
    assert "probabilities miss what happens; " in found.says
    (alarm,) = [each for each in found.alarms if each.about == "calibration" and each.region is None]
    assert f"miss what happens by {100 * (seen.ece or 0):.0f} percentage points on average" in alarm.says


def test_a_rate_that_differs_within_chance_is_not_said_to_hold() -> None:
    told = [report(world(seed, 300)) for seed in range(12)]
    rates = [(each.regions[0].rate, each.says) for each in told]
    apart = [says for rate, says in rates if rate and rate.holds and abs(rate.now - rate.was) > MOST_ERROR]
    near = [says for rate, says in rates if rate and rate.holds and abs(rate.now - rate.was) <= MOST_ERROR]
    assert apart
    assert near
    assert all("the rate differs by no more than chance may explain (" in says for says in apart)
    assert all("the rate holds (" in says for says in near)


def test_a_right_level_is_not_told_and_a_wrong_one_is_never_said_to_come_true() -> None:
    found = report(world(2, 4_000))
    assert "probabilities come true" in found.says
    assert "the model says" not in found.says
    slight = report(world(2, 1_500, level=0.1))
    assert "the model says" in slight.says
    assert "come true" not in slight.says


def test_of_labels_the_headline_speaks_of_right_ones() -> None:
    found = drift_report(Task.ROOT_CAUSE, profile(), world(2, 4_000, level=1.0), ("score", "noise", "level"), EURO)
    assert "the share of right labels holds (" in found.says
    assert "where 50 % is right" in found.says


def watched(seed: int, n: int) -> Later:
    """Days like those before, of which half of the broken promises are told, and one in ten of the kept ones."""
    whole = world(seed, n)
    rng = np.random.default_rng(seed)
    known = rng.random(n) < np.where(whole.happened == 1, 0.5, 0.1)
    return replace(
        whole,
        happened=np.where(known, whole.happened, -1),
        selection=np.where(whole.happened == 1, 2.0, 10.0) * known.mean() * known + (1.0 - known),
    )


def test_outcomes_that_are_told_oftener_where_it_broke_are_a_drift_only_without_their_weights() -> None:
    later = watched(2, 12_000)
    plain, told = report(replace(later, selection=None)), report(later)
    assert {"rate", "calibration"} <= about(plain)
    assert told.alarms == ()
    whole = told.regions[0]
    assert whole.realised is not None
    assert whole.realised.rate == pytest.approx(0.5, abs=0.03)
    assert whole.realised.effective is not None
    assert whole.realised.effective < whole.realised.n == told.with_outcome
    assert whole.claimed == plain.regions[0].claimed, "every case is there, told or not"


def test_a_rate_is_as_sure_as_the_cases_that_count_for_it_are_many() -> None:
    """Of as many cases as before, of which one in ten counts, a rate strays as that of a tenth of them."""
    later, tenth = world(2, 4_000, shift=0.2), np.arange(4_000) % 10 == 0
    counted = report(replace(later, selection=np.where(tenth, 1.0, 1e-6))).regions[0]
    known = np.where(tenth, later.happened, -1)
    alone, every = (report(replace(later, happened=each)).regions[0] for each in (known, later.happened))
    assert counted.rate is not None
    assert alone.rate is not None
    assert every.rate is not None
    assert counted.rate.chance == pytest.approx(alone.rate.chance, rel=0.01)
    assert every.rate.chance < counted.rate.chance / 3


def test_where_only_told_cases_are_there_they_stand_for_all() -> None:
    later = watched(2, 12_000)
    known = np.flatnonzero(later.happened >= 0)
    regions = [later.regions[each] for each in known.tolist()]
    probabilities, truth = later.said[known, None], later.happened[known]
    weight = later.selection
    assert weight is not None
    told = Later.of(later.features[known], probabilities, truth, regions, weight[known], weight[known])
    plain = Later.of(later.features[known], probabilities, truth, regions)
    assert report(told).regions[0].claimed.rate == pytest.approx(0.5, abs=0.02)
    assert report(plain).regions[0].claimed.rate > 0.55
    score = {each.feature: each.ks or 0.0 for each in report(told).features}["score"]
    assert score < 0.04 < 0.1 < {each.feature: each.ks or 0.0 for each in report(plain).features}["score"]
    assert report(told).alarms == ()


def test_features_of_some_of_the_cases_count_as_those_do_and_what_was_said_as_all_do() -> None:
    """Of each case what was said is there, of the later half alone the features: the first of these count for it."""
    later, half = world(2, 4_000), np.arange(2_000, 4_000)
    far = later.features[half] + np.where(np.arange(2_000) < 1_000, 0.0, 9.0)[:, None]
    weight = np.where(np.arange(2_000) < 1_000, 1.0, 1e-6)
    told = Later(
        far,
        later.probability,
        later.happened,
        later.said,
        later.regions,
        said_weight=np.ones(4_000),
        features_weight=weight,
    )
    of = {each.feature: each for each in report(told).features}
    assert {each.level for each in of.values()} == {"none"}
    assert of["score"].ks == pytest.approx(0.0, abs=0.05)
    alone = {
        each.feature: each.psi for each in report(replace(told, features=far[:1_000], features_weight=None)).features
    }
    assert {name: each.psi for name, each in of.items()} == pytest.approx(alone, abs=1e-3)


def moved_by(column: NDArray[np.float64], weight: NDArray[np.float64] | None = None) -> FeatureDrift:
    kept = Profile((profile_of("noise", world(1, 6_000).features[:, 1], ordered=True),), ())
    return features_drift(kept, column[:, None], ("noise",), weight)[0]


def test_cases_that_count_for_little_make_no_drift_surer_and_only_their_proportion_matters() -> None:
    column = np.append(np.random.default_rng(3).normal(0.2, 1.0, 100), np.full(1_900, np.nan))
    weight = np.where(np.arange(2_000) < 100, 1.0, 1e-6)
    alone, counted, tenfold = moved_by(column[:100]), moved_by(column, weight), moved_by(column, 10 * weight)
    assert 0.001 < alone.chance < 0.5
    for found in (counted, tenfold):
        assert (found.chance, found.psi) == pytest.approx((alone.chance, alone.psi), rel=0.02)
        assert found.missing_is == pytest.approx(1.9e-5, rel=0.01)
    assert moved_by(np.repeat(column[:100], 9)).chance < alone.chance / 10


@pytest.mark.parametrize("design", [None, 8.0])
def test_a_level_whose_neighbours_say_the_same_is_no_surer_moved_than_its_independent_cases_are(
    design: float | None,
) -> None:
    was, now = np.arange(800) % 4 < 2, np.arange(800) % 20 < 11
    kept = replace(profile_of("level", was.astype(np.float64), ordered=False), design=design)
    (found,) = features_drift(Profile((kept,), ()), now.astype(np.float64)[:, None], ("level",))
    spread = math.sqrt((0.525 * 0.475) * 2 * (design or 1.0) / 800)
    assert found.chance == pytest.approx(2 * normal_chance(0.05 / spread), rel=0.15)


def test_what_surely_moved_comes_before_what_only_chance_put_further_away() -> None:
    rng = np.random.default_rng(5)
    then, now = rng.normal(size=(4_000, 2)), rng.normal((0.45, 0.8), 1.0, (4_000, 2))
    sure, slow = (profile_of(name, column, True) for name, column in zip(("sure", "slow"), then.T, strict=True))
    found = features_drift(Profile((sure, replace(slow, design=1_500.0)), ()), now, ("sure", "slow"))
    assert [(each.feature, each.level) for each in found] == [("sure", "moderate"), ("slow", "none")]
    assert found[1].psi > found[0].psi


def test_of_an_event_of_one_in_a_hundred_a_point_and_a_half_more_is_a_shift_of_what_is_said() -> None:
    """Of a common event it is next to nothing: whatever is said below two points is then the same."""
    rng = np.random.default_rng(6)

    def days(low: float, rate: float) -> Later:
        said = low + rng.uniform(0.0, 0.003, 4_000)
        said[:2_000] = rng.uniform(0.02, 0.9, 2_000)
        return Later.of(
            np.empty((4_000, 0)), said[:, None], (rng.random(4_000) < rate).astype(np.int64), [None] * 4_000
        )

    assert prediction_of(days(0.001, 0.01), days(0.015, 0.01))[1] == "large"
    assert prediction_of(days(0.001, 0.3), days(0.015, 0.3))[1] == "none"


def test_a_feature_that_lies_elsewhere_by_chance_says_so() -> None:
    told = report(world(2, 40)).features[-1].model_copy(update={"psi": 0.3, "level": "none"})
    moved = [told.model_copy(update=each).moved for each in ({}, {"psi": 0.05}, {"level": "large"})]
    assert moved == ["no further than in training", "none", "large"]
