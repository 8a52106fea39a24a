"""One grammar for every explanation: an ordered list of steps.

A step has a kind, an id, the version of what spoke, what it saw, what it concluded and a sentence for people, built
from the same values as the check. Model, calibration, rule, gate, cost and fallback all speak it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from data.record import Identifier, Record
from data.units import Measure

Seen = str | float | bool | None
"""A value as it was seen: money as a decimal string, a label, a number, a flag; None for a missing fact."""

Space = Literal["log_odds", "log_softmax"]
"""What contributions add up in: log-odds of a risk, or the un-normalised log-probability of one label."""


class Contribution(Record):
    """How far one feature moved the raw score, in the step's space."""

    feature: Identifier
    value: Seen = None
    unit: Measure
    """A unit of the vocabulary, or a word of the retailer's own (`kg`), where a mapping says one."""
    contribution: float
    lever: bool = False
    """True where somebody can change the value."""
    says: str
    called: str | None = None
    """What people call the feature, where it is of the retailer's own and a mapping says so."""


class ModelStep(Record):
    """Exact additive attributions: `base + sum(contributions) + others + residual == raw`.

    Path-dependent TreeSHAP (Lundberg et al., Nature Machine Intelligence 2, 2020). `others` is the sum of the
    contributions not listed; `residual` what rounding left, checked before rounding.
    """

    kind: Literal["model"] = "model"
    id: Identifier
    version: str
    label: str | None = None
    """The label explained, for a prediction of a label."""
    space: Space
    base: float
    contributions: tuple[Contribution, ...]
    others: float
    raw: float
    residual: float
    says: str
    news: tuple[str, ...] = ()
    """What the case names and no history told of, in sentences; listed above or not, the model cannot know it."""


class CalibrationStep(Record):
    """From raw score to the probability shown: `saw` has `raw` and `raw_probability`."""

    kind: Literal["calibration"] = "calibration"
    id: Identifier
    version: str
    saw: dict[str, Seen]
    concluded: float
    says: str


class CheckStep(Record):
    """What a rule, a gate, the costs, a conformal set or the fallback saw and concluded."""

    kind: Literal["rule", "gate", "cost", "fallback", "promise", "conformal"]
    id: Identifier
    version: str
    saw: dict[str, Seen]
    """What was there; facts that were not are in `missing`."""
    concluded: Seen = None
    """Absent where nothing could be concluded."""
    says: str
    missing: tuple[str, ...] = ()
    """Facts that were needed and absent: the check could not be evaluated."""


Step = Annotated[ModelStep | CalibrationStep | CheckStep, Field(discriminator="kind")]
