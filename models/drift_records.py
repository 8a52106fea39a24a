"""What a drift report says, as records: the same for the command and for the service."""

from __future__ import annotations

from typing import Literal

from data.record import Record
from data.vocabulary import Task
from features.definition import plain_name
from models.performance import Performance

MODERATE = 0.1
"""The PSI from which a feature lies elsewhere."""
Level = Literal["none", "moderate", "large"]


class FeatureDrift(Record):
    """How far one feature has moved: effect sizes, and how surely it has moved at all.

    `psi` in nats, `ks` the largest distance of the cumulated shares (absent for levels, which have no order), `chance`
    the p-value of `ks` or of a chi-square test, `discovery` the false discovery rate of calling this and all surer
    ones real. `level` is `none` unless `discovery` and `psi` both speak.
    """

    feature: str
    psi: float
    ks: float | None = None
    chance: float
    discovery: float
    missing_was: float
    missing_is: float
    level: Level

    @property
    def called(self) -> str:
        """The feature's name as people read it."""
        return plain_name(self.feature)

    @property
    def moved(self) -> str:
        """The level in words: of one that lies elsewhere, and no further than it strayed in training, that it does."""
        return "no further than in training" if self.level == "none" and self.psi >= MODERATE else self.level


class RateDrift(Record):
    """The share of the event (of right labels) then and now, and how likely chance alone moved it so.

    It holds unless it moved by more than 0.02 and the report's false discoveries stay under 1 % if that is called real.
    """

    was: float
    now: float
    chance: float
    holds: bool


class Alarm(Record):
    """A drift whose expected loss reaches what the policy calls an alarm."""

    about: Literal["inputs", "rate", "calibration", "performance"]
    region: str | None = None
    per_1000: str | None = None
    """Expected loss of 1,000 cases in `currency` of the report; absent where no stake is known."""
    says: str
    discovery: float | None = None
    """The false discovery rate of calling this and all surer ones of the report real; absent in reports of before."""


class RegionDrift(Record):
    """One region, or all: claimed without outcomes, realised with them, and what both are compared with."""

    region: str | None = None
    n: int
    rehearsed: Performance | None = None
    claimed: Performance
    realised: Performance | None = None
    rate: RateDrift | None = None
    calibrated: bool | None = None
    """False where the calibration error exceeds 0.02 and chance does not explain it, as of a rate; absent without
    outcomes."""


class DriftReport(Record):
    """One task's later cases beside what its model was trained on."""

    task: Task
    n: int
    with_outcome: int
    features: tuple[FeatureDrift, ...]
    """The furthest moved first; `prediction` is what the model itself said."""
    shifted: int
    """Features whose level is not `none`."""
    regions: tuple[RegionDrift, ...]
    """All cases first."""
    stake: str | None = None
    """What hangs on one prediction on average, by the policy's cost table."""
    currency: str
    alarms: tuple[Alarm, ...]
    says: str
