"""Whether the cases of today are still those a model learned from, how it does on them, and what that costs.

One report for both sides: `fairlead drift` gives it a later history, the service its own latest decisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.amounts import percent
from data.vocabulary import Task
from models import shifts
from models.drift_alarms import PER, Judged, Stake, chances_of, drifts_of, judged_together
from models.drift_records import MODERATE, Alarm, DriftReport, FeatureDrift, Level, RateDrift, RegionDrift
from models.performance import (
    FEWEST,
    MOST_ERROR,
    UNLIKELY,
    Performance,
    alike,
    claimed,
    level_missed,
    realised,
    top_event,
)
from models.profile import PREDICTION, FeatureProfile, Profile
from models.weights import effective, part

Floats = NDArray[np.float64]

LARGE = 0.25
"""The population stability index from which a shift is a large one."""
DISCOVERIES = 0.05
"""The share of false discoveries allowed among the features called shifted."""
HALFWAY = 0.5
FEW_TOLD = 0.1
"""The share of later cases with an outcome below which what outcomes feed has faded for want of any."""


@dataclass(frozen=True)
class Later:
    """Later cases as a model met them: what was said, what happened, where; features float64[m, k] as shown.

    The features may be those of some of the cases only. Weights are what a case counts for, None where all count alike.
    """

    features: Floats
    probability: Floats
    """Of each case's event: the risk's, or that the likeliest label is right."""
    happened: NDArray[np.int64]
    """Whether it did: 1, 0, or -1 where unknown."""
    said: Floats
    """What the model said: the probability of a risk, the likeliest label's index of labels."""
    regions: Sequence[str | None]
    selection: Floats | None = None
    """What the outcome of each case counts for, because of why it is known."""
    said_weight: Floats | None = None
    """What each case counts for in what was said."""
    features_weight: Floats | None = None
    """What each row of the features counts for."""

    @classmethod
    def of(
        cls,
        features: Floats,
        probabilities: Floats,
        truth: NDArray[np.int64],
        regions: Sequence[str | None],
        selection: Floats | None = None,
        features_weight: Floats | None = None,
    ) -> Later:
        """From the probabilities of a risk float64[n, 1] or of all labels; `truth` is -1 where unknown."""
        probability, happened = top_event(probabilities, truth)
        whole = of_all(selection, truth)
        return cls(features, probability, happened, said(probabilities), regions, selection, whole, features_weight)


def of_all(selection: Floats | None, truth: NDArray[np.int64]) -> Floats | None:
    """What cases count for where outcomes do not matter, of those whose known outcomes count for `selection`.

    Such weights make the cases that told their outcome stand for all: where others are there, each stands for itself.
    """
    return None if np.any(truth < 0) else selection


def said(probabilities: Floats) -> Floats:
    """What a model said in one number: a risk's probability, the index of the likeliest label."""
    if probabilities.shape[1] == 1:
        return np.asarray(probabilities[:, 0])
    return np.asarray(probabilities.argmax(axis=1), np.float64)


def drift_report(
    task: Task,
    profile: Profile,
    later: Later,
    names: Sequence[str],
    stake: Stake,
    unfed: frozenset[str] = frozenset(),
) -> DriftReport:
    """Compare. `names` are the features' columns; `later` holds at least one case.

    The features `unfed` are left out and counted: of later cases that tell no outcomes, what outcomes feed has faded,
    whatever happened.
    """
    fed = replace(profile, features=tuple(each for each in profile.features if each.name not in unfed))
    features = _features(fed, later, names)
    found = [_region(each, profile, later) for each in (None, *_told_of(later.regions))]
    judged = judged_together([chances_of(each) for each in found])
    regions = tuple(_judged(*each) for each in zip(found, judged, strict=True))
    told = [drifts_of(region, sure, features, stake) for region, sure in zip(regions, judged, strict=True)]
    drifts = [drift for each in told for drift in each]
    alarms = tuple(each for each in drifts if stake.is_alarm(each))
    shifted = sum(each.level != "none" for each in features)
    moved = _moved_says(shifted, len(features), len(profile.features) - len(fed.features))
    cheap = _cheap_says(stake) if drifts and not alarms else ""
    return DriftReport(
        task=task,
        n=len(later.probability),
        with_outcome=int((later.happened >= 0).sum()),
        features=features,
        shifted=shifted,
        regions=regions,
        stake=None if stake.amount is None else f"{stake.amount:.2f}",
        currency=stake.currency,
        alarms=alarms,
        says=_summary(task, regions[0], moved, alarms) + cheap,
    )


def _told_of(regions: Sequence[str | None]) -> list[str]:
    known = [each for each in regions if each is not None]
    return [each for each in sorted(set(known)) if known.count(each) >= FEWEST]


def features_drift(
    profile: Profile, features: Floats, names: Sequence[str], weight: Floats | None = None
) -> tuple[FeatureDrift, ...]:
    """Whether the features of a profile have moved, judged together, those that moved first.

    `features` float64[m, k] are later cases as they are shown, in the columns `names`; each counts for its weight.
    """
    columns = dict(zip(names, features.T, strict=True))
    return _surely([_measured(each, columns[each.name], weight) for each in profile.features if each.name in columns])


def _features(profile: Profile, later: Later, names: Sequence[str]) -> tuple[FeatureDrift, ...]:
    columns = dict(zip(names, later.features.T, strict=True)) | {PREDICTION: later.said}
    bins = _telling(_alike(profile))
    told = [each.probabilities_in(bins) if each.name == PREDICTION else each for each in profile.features]
    known = [each for each in told if each.name in columns]
    return _surely(
        [
            _measured(each, columns[each.name], later.said_weight if each.name == PREDICTION else later.features_weight)
            for each in known
        ]
    )


def _surely(measured: Sequence[FeatureDrift]) -> tuple[FeatureDrift, ...]:
    """What is measured with the verdict: of so many, some are always further apart by chance."""
    found = shifts.false_discovery([each.chance for each in measured])
    judged = [
        each.model_copy(update={"discovery": rate, "level": _level(each.psi, rate)})
        for each, rate in zip(measured, found, strict=True)
    ]
    return tuple(sorted(judged, key=lambda each: (each.level == "none", -each.psi, each.feature)))


def _alike(profile: Profile) -> float:
    """How near two probabilities lie that say the same.

    A profile holds what the rehearsal said, later cases are answered by the model that ships, which learned from more.
    Where most cases say next to nothing, bins as full as each other lie a tenth of a point apart, and the two models
    part there though nothing moved. What no rate would be called moved for, up to `MOST_ERROR`, is no shift either; of
    a rarer event less is.
    """
    rehearsed = profile.performance(None)
    return MOST_ERROR if rehearsed is None else alike(rehearsed.rate)


def _telling(width: float) -> list[float]:
    """The edges of bins of probabilities: the first is so wide, each next one doubles them up to one half, and back."""
    low = [width * 2**step for step in range(64) if width * 2**step < HALFWAY]
    return [*low, HALFWAY, *(1.0 - each for each in reversed(low))]


def _measured(profile: FeatureProfile, values: Floats, weight: Floats | None) -> FeatureDrift:
    was, now = profile.expected, profile.counts(values, weight)
    cases = float(len(values))
    if weight is not None:
        cases = effective(weight)
        now = now * (cases / weight.sum())
    distance = shifts.ks(was, now) if profile.ordered else None
    # If nothing moved, later cases hang together as those of training did; what strays within them may be the shift.
    design = profile.design or 1.0
    if distance is None:
        chance = shifts.levels_chance(was / design, now / design)
    else:
        chance = shifts.ks_chance(distance, profile.cases / design, cases / design)
    return FeatureDrift(
        feature=profile.name,
        psi=shifts.psi(was, now),
        ks=distance,
        chance=chance,
        discovery=1.0,
        missing_was=profile.shares[0],
        missing_is=float(now[0] / max(cases, 1)),
        level="none",
    )


def _level(index: float, discovery: float) -> Level:
    if discovery > DISCOVERIES or index < MODERATE:
        return "none"
    return "large" if index >= LARGE else "moderate"


def _region(region: str | None, profile: Profile, later: Later) -> RegionDrift:
    chosen = np.array([region is None or each == region for each in later.regions], dtype=bool)
    known = chosen & (later.happened >= 0)
    rehearsed = profile.performance(region)
    seen = None
    if known.sum() >= FEWEST:
        seen = realised(later.probability[known], later.happened[known], region, part(later.selection, known))
    return RegionDrift(
        region=region,
        n=int(chosen.sum()),
        rehearsed=rehearsed,
        claimed=claimed(later.probability[chosen], region, part(later.said_weight, chosen)),
        realised=seen,
        rate=_rate(rehearsed, seen) if rehearsed and seen else None,
    )


def _rate(was: Performance, now: Performance) -> RateDrift:
    chance = shifts.rates_chance(was.rate * was.counts, was.counts, now.rate * now.counts, now.counts)
    return RateDrift(was=was.rate, now=now.rate, chance=chance, holds=True)


def _judged(found: RegionDrift, sure: Judged) -> RegionDrift:
    """With what holds and what does not, once all that the report asks has been judged together."""
    rate, seen = found.rate, found.realised
    if rate is not None:
        holds = sure["rate"] > UNLIKELY or abs(rate.now - rate.was) <= MOST_ERROR
        rate = rate.model_copy(update={"holds": holds})
    calibrated = None if seen is None else (seen.ece or 0.0) <= MOST_ERROR or sure.get("calibration", 1.0) > UNLIKELY
    return found.model_copy(update={"rate": rate, "calibrated": calibrated})


def _moved_says(shifted: int, compared: int, left_out: int) -> str:
    moved = f"{shifted} of {compared} features have moved"
    if not left_out:
        return moved
    are = "1 more that outcomes feed is" if left_out == 1 else f"{left_out} more that outcomes feed are"
    return f"{moved}; {are} left out, as hardly any of these cases tells its outcome"


def _cheap_says(stake: Stake) -> str:
    """Why nothing of what the report tells is an alarm, where the cost is the reason."""
    least = f"{stake.least:,.2f} {stake.currency} per {PER:,} cases"
    return f"; what is amiss costs less than the {least} from which the policy alarms (drift.alarm_from)"


def _summary(task: Task, whole: RegionDrift, moved: str, alarms: Sequence[Alarm]) -> str:
    if whole.realised is None:
        return f"{moved}; too few outcomes count yet, so performance is only claimed"
    count = f"{len(alarms)} {'alarm' if len(alarms) == 1 else 'alarms'}"
    return "; ".join((moved, _rate_says(task, whole), *_calibration_says(task, whole, whole.realised), count))


def _rate_says(task: Task, whole: RegionDrift) -> str:
    of = "the rate" if task.is_risk else "the share of right labels"
    if whole.rate is None:
        return f"{of} has nothing to be compared with"
    held = "holds" if whole.rate.holds else "has drifted"
    if whole.rate.holds and abs(whole.rate.now - whole.rate.was) > MOST_ERROR:
        held = "differs by no more than chance may explain"
    return f"{of} {held} ({percent(whole.rate.was)} when rehearsed, {percent(whole.rate.now)} now)"


def _calibration_says(task: Task, whole: RegionDrift, seen: Performance) -> Iterator[str]:
    """What the model says beside what happens, unless chance explains it, and whether probabilities are right."""
    missed = level_missed(seen.said, seen.rate, seen.counts)
    if missed:
        happens = "happens" if task.is_risk else "is right"
        yield f"the model says {percent(seen.said)} where {percent(seen.rate)} {happens}"
    if not whole.calibrated:
        yield "probabilities miss what happens"
    elif not missed:
        yield "probabilities come true"
