"""Sets as wide as what they missed of late asks for.

A label leaves its set at an error rate `r` of its cell as trained. Where sets at the error rate `a` missed a share `m`
of the cases of that label and region of late, a label that left at `a` leaves at `m` instead, so that again as many are
missed as are asked for. `m` is counted at each of `AIMS`; between two of them `log m` lies on a line over `log a`, and
beyond the outermost a label leaves at a power of `r`, as p-values do that are uniform as trained under a moderate
shift. Few answers of a region say little, so its shares are shrunk to those of all regions, by the weight of
`REGION_ANSWERS`, and these to what was trained, by that of `PRIOR_ANSWERS`.

The idea is that of adaptive conformal inference (Gibbs and Candès, "Adaptive Conformal Inference Under Distribution
Shift", 2021), its guarantee is not: there, what the sets as they were shown missed is fed back, so that any sequence is
covered in the long run. Here only the sets as trained are counted. Nor does a cell tell error rates under half a
percent apart: a label stays in every set of one error in ten where sets at 5 % missed more than 27 %.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from data.standing import TrackRecord
from models.conformal import DECIMALS

AIMS = (0.05, 0.1, 0.15, 0.2, 0.3)
"""The error rates at which sets are counted: about the usual one in ten."""
FORMER_AIM = 0.1
"""The one error rate at which earlier versions counted."""
PRIOR_ANSWERS = 50.0
"""What trained cells weigh beside outcomes."""
REGION_ANSWERS = 20.0
"""What the outcomes of all regions weigh beside those of one."""
EXPONENTS = (0.25, 4.0)
"""How far a record may move the error rate at which a label leaves: its least and greatest power."""
_BOUNDS: dict[float, tuple[float, float]] = {rate: (rate ** EXPONENTS[1], rate ** EXPONENTS[0]) for rate in AIMS}
"""Between which shares that may be missed lie, by the error rate: see `EXPONENTS`."""


class Width(NamedTuple):
    """How a label's sets of late differ from those trained: what share they missed at each error rate, within bounds.

    Neither falls from one to the next.
    """

    error_rates: tuple[float, ...]
    missed: tuple[float, ...]

    def leaves_at(self, rate: float) -> float:
        """The error rate at which a label leaves that left at `rate` as trained."""
        return _moved(rate, self.error_rates, self.missed)

    def asked(self, error_rate: float) -> float:
        """The error rate to ask the trained sets for where so many are to be missed."""
        return _moved(error_rate, self.missed, self.error_rates)


def _moved(rate: float, of: tuple[float, ...], to: tuple[float, ...]) -> float:
    """Where a rate comes to lie: between two by their logarithms, beyond the outermost at a power of itself."""
    at = bisect_left(of, rate)
    if at in (0, len(of)):
        end = min(at, len(of) - 1)
        return float(rate ** (math.log(to[end]) / math.log(of[end])))
    low, high = math.log(of[at - 1]), math.log(of[at])
    share = (math.log(rate) - low) / (high - low)
    return math.exp((1.0 - share) * math.log(to[at - 1]) + share * math.log(to[at]))


def missed_at(left_at: float) -> tuple[float, ...]:
    """At which of `AIMS` the sets missed a truth that left its set at an error rate: 1 where they did."""
    return tuple(float(left_at <= aim) for aim in AIMS)


Records = Sequence[TrackRecord | None]
"""Of a version of a model: what answers of all regions came to and, of a case that names one, those of its region."""


def width(records: Records, label: str) -> Width | None:
    """How a label's sets of late differ from those trained; None where nothing is known of it."""
    if _are_former(records, label):
        return _former_width(records[-1], label)
    shares: tuple[float, ...] = AIMS
    told = False
    for record, weighs in zip(records, (PRIOR_ANSWERS, REGION_ANSWERS), strict=False):
        counts = record.missed.get(label) if record else None
        if record and isinstance(counts, tuple) and record.true.get(label):
            answers = record.true[label] + weighs
            shares = tuple((n + weighs * share) / answers for n, share in zip(counts, shares, strict=True))
            told = True
    return Width(AIMS, tuple(map(bounded, AIMS, shares))) if told else None


def heeded(leaves_at: Mapping[str, float], records: Records) -> dict[str, float]:
    """Where labels leave their sets, by what sets came to of late; as trained where nothing is known."""
    return {label: _heeded(rate, width(records, label)) for label, rate in leaves_at.items()}


def asked(error_rate: float, records: Records, label: str) -> float:
    """The error rate to ask a label's trained sets for, by what they came to of late."""
    found = width(records, label)
    return error_rate if found is None else round(found.asked(error_rate), DECIMALS)


def _are_former(records: Records, label: str) -> bool:
    """Whether records were counted at one error rate, where labels that were never missed were not told."""
    counts = [each.missed.get(label, 0.0) for each in records if each and each.true.get(label)]
    return bool(counts) and not any(isinstance(each, tuple) for each in counts)


def _former_width(record: TrackRecord | None, label: str) -> Width | None:
    """By the record of the case's own region alone: so answers that were given by it are made again."""
    missed = record.missed.get(label, 0.0) if record else None
    if record is None or isinstance(missed, tuple | None) or not record.true.get(label):
        return None
    share = (missed + FORMER_AIM * PRIOR_ANSWERS) / (record.true[label] + PRIOR_ANSWERS)
    return Width((FORMER_AIM,), (bounded(FORMER_AIM, share),))


def bounded(rate: float, share: float) -> float:
    """A share that may be missed at one of `AIMS`, no further from it than `EXPONENTS` let it."""
    least, most = _BOUNDS[rate]
    return max(least, min(most, share))


def _heeded(rate: float, found: Width | None) -> float:
    return rate if found is None else round(found.leaves_at(rate), DECIMALS)
