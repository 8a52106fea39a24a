r"""Sets as wide as what they missed of late asks for.

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


Line = tuple[float, float]
"""The logarithms of two error rates."""


class Width(NamedTuple):
    """How a label's sets of late differ from those trained: at each error rate the power of it that was missed."""

    error_rates: tuple[float, ...]
    exponents: tuple[float, ...]

    def leaves_at(self, rate: float) -> float:
        """The error rate at which a label leaves that left at `rate` as trained."""
        at = bisect_left(self.error_rates, rate)
        if 0 < at < len(self.error_rates):
            return _between(rate, self._trained(at), self._missed(at))
        return float(rate ** self.exponents[min(at, len(self.exponents) - 1)])

    def asked(self, error_rate: float) -> float:
        """The error rate to ask the trained sets for where so many are to be missed."""
        at = bisect_left([rate**power for rate, power in zip(*self, strict=True)], error_rate)
        if 0 < at < len(self.error_rates):
            return _between(error_rate, self._missed(at), self._trained(at))
        return float(error_rate ** (1.0 / self.exponents[min(at, len(self.exponents) - 1)]))

    def _trained(self, at: int) -> Line:
        return math.log(self.error_rates[at - 1]), math.log(self.error_rates[at])

    def _missed(self, at: int) -> Line:
        low, high = self._trained(at)
        return low * self.exponents[at - 1], high * self.exponents[at]


def _between(rate: float, known: Line, wanted: Line) -> float:
    """What lies as far between two logarithms as a rate lies between two others."""
    share = (math.log(rate) - known[0]) / (known[1] - known[0])
    return math.exp(wanted[0] + share * (wanted[1] - wanted[0]))


def missed_at(left_at: float) -> tuple[float, ...]:
    """At which of `AIMS` the sets missed a truth that left its set at an error rate: 1 where they did."""
    return tuple(float(left_at <= aim) for aim in AIMS)


Records = Sequence[TrackRecord | None]
"""Of a version of a model: what answers of all regions came to and, of a case that names one, those of its region."""


def width(records: Records, label: str) -> Width | None:
    """How a label's sets of late differ from those trained; None where nothing is known of it."""
    if any(_is_former(each, label) for each in records):
        return _former_width(records[-1], label)
    shares: tuple[float, ...] = AIMS
    told = False
    for record, weighs in zip(records, (PRIOR_ANSWERS, REGION_ANSWERS), strict=False):
        if record is not None and record.true.get(label):
            counts, answers = record.missed[label], record.true[label] + weighs
            assert isinstance(counts, tuple)
            shares = tuple((n + weighs * share) / answers for n, share in zip(counts, shares, strict=True))
            told = True
    return Width(AIMS, tuple(map(_exponent, AIMS, shares))) if told else None


def heeded(leaves_at: Mapping[str, float], records: Records) -> dict[str, float]:
    """Where labels leave their sets, by what sets came to of late; as trained where nothing is known."""
    return {label: _heeded(rate, width(records, label)) for label, rate in leaves_at.items()}


def asked(error_rate: float, records: Records, label: str) -> float:
    """The error rate to ask a label's trained sets for, by what they came to of late."""
    found = width(records, label)
    return error_rate if found is None else found.asked(error_rate)


def _is_former(record: TrackRecord | None, label: str) -> bool:
    """Whether a record was counted at one error rate, where labels that were never missed were not told."""
    return record is not None and bool(record.true.get(label)) and not isinstance(record.missed.get(label), tuple)


def _former_width(record: TrackRecord | None, label: str) -> Width | None:
    """By the record of the case's own region alone: so answers that were given by it are made again."""
    if record is None or not record.true.get(label):
        return None
    missed = record.missed.get(label, 0.0)
    assert not isinstance(missed, tuple)
    share = (missed + FORMER_AIM * PRIOR_ANSWERS) / (record.true[label] + PRIOR_ANSWERS)
    return Width((FORMER_AIM,), (_exponent(FORMER_AIM, share),))


def _exponent(rate: float, share: float) -> float:
    return max(EXPONENTS[0], min(EXPONENTS[1], math.log(share) / math.log(rate)))


def _heeded(rate: float, found: Width | None) -> float:
    return rate if found is None or rate == 1.0 else round(found.leaves_at(rate), DECIMALS)
