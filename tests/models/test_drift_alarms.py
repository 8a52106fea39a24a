"""No alarm by chance, though every region is asked of everything; and none missed where a region is broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from data.vocabulary import Task
from models.drift import Later, drift_report
from models.drift_alarms import FEWEST_OF_EACH, About, Stake, chances_of, drifts_of, judged_together
from models.drift_records import Alarm, DriftReport, RegionDrift
from models.performance import UNLIKELY, Performance
from models.profile import PREDICTION, Profile, profile_of
from models.shifts import normal_chance
from training.learning.profiling import performances

SIZES = {"apac": 700, "benelux": 350, "dach": 200, "iberia": 120, "nordics": 70, "uk": 60}
FREE = Stake(40.0, "EUR")
"""Whatever a drift costs is an alarm: none is kept from being one by the policy."""


def days(seed: int, level: float = -1.5, broken: str | None = None) -> Later:
    """Cases that come true as often as is said, but of a broken region, whose log-odds are two higher."""
    rng = np.random.default_rng(seed)
    regions = rng.permutation(np.repeat(list(SIZES), list(SIZES.values())))
    score = rng.normal(level, 1.5, len(regions))
    said = 1 / (1 + np.exp(-score))
    really = 1 / (1 + np.exp(-score - 2.0 * (regions == broken)))
    happened = (rng.random(len(regions)) < really).astype(np.int64)
    return Later.of(score[:, None], said[:, None], happened, regions.tolist())


def report(then: Later, now: Later) -> DriftReport:
    features = (profile_of("score", then.features[:, 0], True), profile_of(PREDICTION, then.said, True))
    rehearsed = performances(then.probability, then.happened, then.regions)
    return drift_report(Task.SLA_BREACH, Profile(features, rehearsed), now, ("score",), FREE)


@cache
def redrawn(level: float) -> Counter[str]:
    """Of a hundred reports on days redrawn from the same world, how many raise an alarm, and about what."""
    told: Counter[str] = Counter()
    for seed in range(100):
        alarms = report(days(seed, level), days(10_000 + seed, level)).alarms
        told.update({each.about for each in alarms} | ({"any"} if alarms else set()))
    return told


@pytest.mark.parametrize("level", [-1.5, -3.5], ids=["common", "rare"])
def test_days_redrawn_from_the_same_world_raise_hardly_an_alarm(level: float) -> None:
    assert redrawn(level)["any"] <= 5
    assert redrawn(level)["calibration"] <= 1
    assert redrawn(level)["performance"] <= 1


@pytest.mark.parametrize("region", ["dach", "benelux"])
def test_a_region_that_is_broken_is_named_and_no_other(region: str) -> None:
    for seed in range(10):
        alarms = report(days(seed), days(10_000 + seed, broken=region)).alarms
        assert ("calibration", region) in {(each.about, each.region) for each in alarms}
        assert {each.region for each in alarms} <= {None, region}


def test_every_alarm_says_how_sure_it_is_and_the_report_holds_it_against_all_it_asks() -> None:
    found = report(days(1), days(10_001, broken="dach"))
    assert found.alarms
    for alarm in found.alarms:
        assert alarm.discovery is not None
        assert alarm.discovery <= UNLIKELY
    (dach,) = [each for each in found.regions if each.region == "dach"]
    assert dach.calibrated is False
    assert dach.realised is not None
    (alarm,) = [each for each in found.alarms if (each.about, each.region) == ("calibration", "dach")]
    assert (alarm.discovery or 0.0) >= (dach.realised.ece_chance or 0.0)


def certain(seed: int, spread: float) -> Later:
    """Cases that come true as often as is said, and say the less of them the narrower their scores lie."""
    rng = np.random.default_rng(seed)
    score = rng.normal(0.0, spread, 4_000)
    said = 1 / (1 + np.exp(-score))
    return Later.of(score[:, None], said[:, None], (rng.random(4_000) < said).astype(np.int64), ["uk"] * 4_000)


def test_inputs_that_moved_to_where_less_can_be_told_are_an_alarm_before_any_outcome() -> None:
    then, now = certain(1, 2.0), certain(2, 0.3)
    kept = (
        profile_of("standing.carrier.breach_rate", then.features[:, 0], True),
        profile_of(PREDICTION, then.said, True),
    )
    rehearsed = performances(then.probability, then.happened, then.regions)
    untold, names = replace(now, happened=np.full(4_000, -1)), ("standing.carrier.breach_rate",)
    found = drift_report(Task.SLA_BREACH, Profile(kept, rehearsed), untold, names, FREE)
    (alarm,) = found.alarms
    was, is_ = found.regions[0].rehearsed, found.regions[0].claimed
    assert was is not None
    skill = 1 - was.brier / (was.rate * (1 - was.rate))
    lost = is_.rate * (1 - is_.rate) * skill - (is_.rate * (1 - is_.rate) - is_.brier)
    assert (alarm.about, alarm.region) == ("inputs", None)
    assert float(alarm.per_1000 or 0) == pytest.approx(1_000 * 40.0 * lost / 2, abs=0.01)
    assert "2 features have moved, most of all" in alarm.says
    assert "carrier breach rate" in alarm.says
    assert "standing" not in alarm.says
    for judged, region, told in ((0.001, None, 1), (0.5, None, 0), (0.001, "uk", 0)):
        asked = found.regions[0].model_copy(update={"region": region})
        assert len(drifts_of(asked, {"inputs": judged}, found.features, FREE)) == told
    assert not drifts_of(found.regions[0], {"inputs": 0.001}, (), FREE), "nothing has moved"


def test_inputs_that_stayed_are_not_to_blame_and_neither_are_those_that_tell_as_much() -> None:
    then = certain(1, 2.0)
    assert "inputs" not in {each.about for each in report(then, certain(2, 2.0)).alarms}
    wider = report(then, certain(2, 4.0))
    assert wider.shifted
    assert "inputs" not in {each.about for each in wider.alarms}


def test_a_rate_costs_what_the_wrong_level_adds_to_the_brier_score() -> None:
    found = report(days(1), days(10_001, broken="apac"))
    (alarm,) = [each for each in found.alarms if (each.about, each.region) == ("rate", "apac")]
    (apac,) = [each.realised for each in found.regions if each.region == "apac"]
    assert apac is not None
    assert float(alarm.per_1000 or 0) == pytest.approx(1_000 * 40.0 * (apac.said - apac.rate) ** 2 / 2, abs=0.01)


@pytest.mark.parametrize(
    ("alarm_from", "per_1000", "told"),
    [(0.0, "0.00", False), (0.0, "0.01", True), (10.0, "9.99", False), (10.0, "10.00", True), (10.0, None, True)],
)
def test_what_costs_nothing_is_never_an_alarm_and_what_nobody_can_price_always(
    alarm_from: float, per_1000: str | None, told: bool
) -> None:
    drift = Alarm(about="rate", per_1000=per_1000, says="more promises break")
    assert Stake(40.0, "EUR", alarm_from).is_alarm(drift) is told


def test_chances_of_all_regions_are_judged_together() -> None:
    alone = judged_together([{"rate": 0.004}])
    others: list[dict[About, float]] = [{"rate": 0.6, "calibration": 0.4} for _ in range(5)]
    among = judged_together([{"rate": 0.004}, *others])
    assert alone == [{"rate": 0.004}]
    assert among[0]["rate"] == pytest.approx(0.044)
    assert judged_together([{}, {"calibration": 0.2}]) == [{}, {"calibration": 0.2}]


def test_inputs_are_asked_of_all_regions_together_alone() -> None:
    """Asked of each, nobody could be told and every other drift would be held for less sure."""
    asked = [set(chances_of(each)) for each in report(days(1), days(2)).regions]
    assert asked[0] == {"rate", "calibration", "performance", "inputs"}
    assert len(asked) == len(SIZES) + 1
    assert all(each == {"rate", "calibration", "performance"} for each in asked[1:])


def test_a_region_in_which_the_model_tells_nothing_any_more_is_named_and_no_other() -> None:
    then, now = days(1), days(10_001)
    mixed, mine = now.probability.copy(), np.array([each == "apac" for each in now.regions])
    mixed[mine] = np.random.default_rng(1).permutation(mixed[mine])
    alarms = report(then, Later.of(now.features, mixed[:, None], now.happened, now.regions)).alarms
    assert {each.region for each in alarms if each.about == "performance"} == {"apac", None}


def test_what_chance_never_explains_is_no_probability_that_comes_true() -> None:
    """Of what is said to be certain nothing strays by chance: whatever misses does so for sure."""
    sure, happened = np.ones((2_000, 1)), (np.arange(2_000) % 10 > 0).astype(np.int64)
    found = report(days(1), Later.of(sure, sure, happened, ["uk"] * 2_000))
    (whole, _) = found.regions
    assert whole.realised is not None
    assert whole.realised.ece_chance == 0.0
    assert whole.calibrated is False
    assert "calibration" in {each.about for each in found.alarms}


def test_a_model_that_says_one_half_of_every_case_is_an_alarm_with_and_without_outcomes() -> None:
    """Each case misses by as much, so that the Brier score has no error; what it lost is no chance for that."""
    then, now = certain(1, 2.0), certain(2, 2.0)
    halves = Later.of(now.features - 9.0, np.full((4_000, 1), 0.5), now.happened, now.regions)
    assert {"performance", "inputs"} <= {each.about for each in report(then, halves).alarms}
    untold = replace(halves, happened=np.full(4_000, -1))
    assert {each.about for each in report(then, untold).alarms} == {"inputs"}
    nothing = replace(then, probability=np.full(4_000, 0.5), said=np.full(4_000, 0.5))
    assert "performance" not in {each.about for each in report(nothing, halves).alarms}, "it never told anything"


def seen(n: int, brier: float, rate: float = 0.5, error: float | None = 0.01) -> Performance:
    return Performance(n=n, rate=rate, said=rate, log_loss=0.6, brier=brier, brier_error=error)


def performance_chance(was: Performance, now: Performance) -> float:
    found = RegionDrift(region="uk", n=now.n, rehearsed=was, claimed=now, realised=now)
    return chances_of(found)["performance"]


@pytest.mark.parametrize(("then", "now"), [(100, 400), (400, 100)])
def test_a_rehearsal_is_as_sure_as_its_cases_are_many_and_stray_as_those_of_now(then: int, now: int) -> None:
    """The error of a difference of two means: of the later cases as it is, of the rehearsal's by their count."""
    error = np.hypot(0.01, 0.01 * np.sqrt(now / then))
    told = performance_chance(seen(then, 0.20, error=9.0), seen(now, 0.22))
    assert told == pytest.approx(normal_chance(0.02 / error))
    assert performance_chance(seen(then, 0.22), seen(now, 0.20)) > 0.5, "what became better is no loss"
    assert performance_chance(seen(then, 0.20), seen(now, 0.0, error=0.0)) == 1.0, "nor is what never misses"


@pytest.mark.parametrize("mirrored", [False, True], ids=["it happened", "it did not"])
@pytest.mark.parametrize(("often", "known"), [(FEWEST_OF_EACH - 1, False), (FEWEST_OF_EACH, True)])
def test_skill_is_compared_where_each_outcome_occurred_five_times_then_and_now(
    mirrored: bool, often: int, known: bool
) -> None:
    assert FEWEST_OF_EACH == 5
    rate, enough = (1.0 - often / 512 if mirrored else often / 512), seen(512, 0.01, 0.05)
    few, worse = seen(512, 0.001, rate), seen(512, 0.3, rate)
    assert (performance_chance(few, seen(512, 0.3, 0.05)) < 1.0) is known
    assert (performance_chance(enough, worse) < 1.0) is known
