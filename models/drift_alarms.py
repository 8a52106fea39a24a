"""Which drifts are worth an alarm: those that cost what the policy says a person's look is worth.

What a worse model costs: where acting costs a share t of what is at stake, the best rule acts when the probability
exceeds t. Acting on p where q is true then loses the stake times the distance from t to q, for every t between them;
over all t alike that is stake x (p - q)^2 / 2, and against what happens stake x Brier score / 2 up to a constant
(Schervish, Annals of Statistics 17, 1989). So half the stake times a difference of Brier scores is money per case.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from data.amounts import percent
from models.drift_records import Alarm, FeatureDrift, RegionDrift
from models.performance import UNLIKELY, Performance
from models.shifts import false_discovery, normal_chance

PER = 1_000
"""Cases an amount of money is told for."""
FEWEST_OF_EACH = 5
"""How often each of the two outcomes must have occurred, or be expected to, before a model's skill is compared."""

About = Literal["inputs", "rate", "calibration", "performance"]


@dataclass(frozen=True)
class Stake:
    """What hangs on a prediction on average, and the loss per 1,000 cases that is an alarm; both in one currency."""

    amount: float | None
    currency: str
    alarm_from: float = 0.0

    def per_1000(self, brier: float) -> float | None:
        """The expected loss of 1,000 cases through a Brier score that is worse by so much."""
        return None if self.amount is None else PER * self.amount * brier / 2.0

    @property
    def least(self) -> float:
        """The loss per 1,000 cases from which a drift is an alarm: what costs nothing never is."""
        return max(self.alarm_from, 0.01)

    def is_alarm(self, drift: Alarm) -> bool:
        """Whether a drift costs enough, or nobody knows what it costs."""
        return drift.per_1000 is None or float(drift.per_1000) >= self.least


Judged = Mapping[About, float]
"""Of one region: the false discovery rate of calling each drift, and all surer ones of the report, real."""


def chances_of(found: RegionDrift) -> dict[About, float]:
    """How likely chance alone explains what is told of a region, by what it is about."""
    seen, was, told = found.realised, found.rehearsed, dict[About, float]()
    if found.rate:
        told["rate"] = found.rate.chance
    if seen and seen.ece_chance is not None:
        told["calibration"] = seen.ece_chance
    if seen and was:
        told["performance"] = _worse_by_chance(was, seen)
    if found.region is None and was:
        told["inputs"] = _worse_by_chance(was, found.claimed)
    return told


def judged_together(chances: Sequence[Mapping[About, float]]) -> list[dict[About, float]]:
    """Those of every region as false discovery rates over all that a report asks: who asks often finds by chance."""
    asked = [(place, about) for place, each in enumerate(chances) for about in each]
    rates = false_discovery([chances[place][about] for place, about in asked])
    told: list[dict[About, float]] = [{} for _ in chances]
    for (place, about), rate in zip(asked, rates, strict=True):
        told[place][about] = rate
    return told


def drifts_of(found: RegionDrift, judged: Judged, features: Sequence[FeatureDrift], stake: Stake) -> list[Alarm]:
    """The drifts of a region: from its outcomes and, of all regions together, from inputs that have moved.

    They are alarms where they cost enough, which the stake says.
    """
    alarms = _from_outcomes(found, judged, stake)
    shifted = [each for each in features if each.level != "none"]
    if found.region is None and found.rehearsed and shifted and _is_sure("inputs", judged):
        worse = _excess(found.rehearsed, found.claimed)
        moved = ", ".join(each.called for each in shifted[:3])
        alarms.append(_alarm("inputs", None, worse, stake, f"{len(shifted)} features have moved, most of all {moved}"))
    return [each.model_copy(update={"discovery": judged[each.about]}) for each in alarms]


def _is_sure(about: About, judged: Judged) -> bool:
    return judged[about] <= UNLIKELY


def _from_outcomes(found: RegionDrift, judged: Judged, stake: Stake) -> list[Alarm]:
    seen, was, alarms = found.realised, found.rehearsed, []
    if seen and found.rate and not found.rate.holds:
        was_is = f"the rate was {percent(found.rate.was)} and is {percent(found.rate.now)}"
        told = f"{was_is}; the model says {percent(seen.said)}"
        alarms.append(_alarm("rate", found.region, (seen.said - seen.rate) ** 2, stake, told))
    if seen and found.calibrated is False:
        missed = f"probabilities miss what happens by {100 * (seen.ece or 0.0):.0f} percentage points on average"
        told = f"{missed}: recalibrate on the latest labels"
        alarms.append(_alarm("calibration", found.region, seen.miscalibration or 0.0, stake, told))
    if seen and was and _is_sure("performance", judged):
        took = f"the model took {percent(_skill(was))} off the Brier score of the base rate when rehearsed"
        alarms.append(_alarm("performance", found.region, _excess(was, seen), stake, f"{took} and {_takes(seen)}"))
    return alarms


def _takes(seen: Performance) -> str:
    skill = _skill(seen)
    return f"takes {percent(skill)}: retrain" if skill >= 0 else f"adds {percent(-skill)} to it: retrain"


def _worse_by_chance(was: Performance, now: Performance) -> float:
    """How likely chance loses as much against a model that tells as much as it did.

    If nothing changed, the cases stray alike then and now; those of now tell by how much, as a small rehearsal that was
    lucky takes itself for sure. Where one of the outcomes hardly occurred, no skill is known to compare with.
    """
    if not (_tells_skill(was) and _tells_skill(now)):
        return 1.0
    error = _error(now) * math.sqrt(now.counts / was.counts + 1.0)
    return normal_chance(_excess(was, now) / error) if error > 0 else 1.0


def _tells_skill(seen: Performance) -> bool:
    return min(seen.rate, 1.0 - seen.rate) * seen.counts >= FEWEST_OF_EACH


def _excess(was: Performance, now: Performance) -> float:
    """How much higher the Brier score is than by a model of the same skill at today's rate: its loss of skill there.

    A rate nearer to one half makes the same work harder: what was asked changed, not the model.
    """
    return _uncertainty(now) * (_skill(was) - _skill(now))


def _uncertainty(seen: Performance) -> float:
    """The Brier score of the base rate (the uncertainty of Murphy's decomposition, 1973)."""
    return seen.rate * (1.0 - seen.rate)


def _skill(seen: Performance) -> float:
    """What share of it the model takes off, where both outcomes occurred."""
    return 1.0 - seen.brier / _uncertainty(seen)


def _error(seen: Performance) -> float:
    """The standard error of a Brier score; the most that it can be where none is told, as in records of before.

    So it is where it is none: of a model that says one half of every case, each misses by as much.
    """
    return seen.brier_error or math.sqrt(seen.brier * (1 - seen.brier) / seen.counts)


def _alarm(about: About, region: str | None, brier: float, stake: Stake, says: str) -> Alarm:
    loss = stake.per_1000(brier)
    where = f"{region}: " if region else ""
    cost = "" if loss is None else f"; about {loss:.2f} {stake.currency} lost per {PER:,} cases"
    return Alarm(
        about=about,
        region=region,
        per_1000=None if loss is None else f"{loss:.2f}",
        says=f"{where}{says}{cost}",
    )
