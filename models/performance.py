"""How good predictions are once outcomes are known, and how good they claim to be before: numpy alone.

Every task is looked at as one event with a probability: a risk's event, or that the likeliest label is right. What
calibrated probabilities claim of themselves is confidence-based performance estimation (as NannyML does it): if they
come true as often as they say, the expected log loss, Brier score and AUC follow from them without any outcome.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from data.record import Record
from models.calibration_error import binned, error_by_chance, expected_calibration_error
from models.shifts import normal_chance
from models.weights import effective, mean

Floats = NDArray[np.float64]

SMALLEST = 1e-9
"""Probabilities are shown with nine decimals, so a logarithm sees none smaller."""
FEWEST = 30
"""Outcomes below which a region is not told of."""
MOST_ERROR = 0.02
"""The calibration error, and the change of a rate, up to which all is as it should be."""
LIKE_SHARE = 1 / 6
"""The share of how often the rarer answer comes true up to which two probabilities say the same."""
UNLIKELY = 0.01
"""How likely chance may be to explain what outcomes tell, or the share of false discoveries among what a report calls a
drift: every region is asked."""


class Performance(Record):
    """Of the cases of a region, or of all: what came true, what was said, and how well the two agree.

    `rate` is the share in which the event happened, `said` the mean probability. `brier` and `log_loss` (nats) are
    means, `brier_error` is the standard error of the former; `roc_auc` is absent where only one outcome occurs. `ece`
    is the mean distance of said and seen over equally filled bins, `ece_by_chance` what perfectly calibrated
    probabilities would show on so few cases, `ece_chance` how likely they are to be as far off as these;
    `miscalibration` is the part of the Brier score that a recalibration can win back. Where cases count for different
    amounts, all of these do so, and `effective` is as how many equal ones they count.
    """

    region: str | None = None
    n: int
    rate: float
    said: float
    log_loss: float
    brier: float
    brier_error: float | None = None
    roc_auc: float | None = None
    ece: float | None = None
    ece_by_chance: float | None = None
    ece_chance: float | None = None
    miscalibration: float | None = None
    effective: float | None = None

    @property
    def counts(self) -> float:
        """As how many cases of equal weight these count."""
        return self.n if self.effective is None else self.effective


def alike(rate: float) -> float:
    """How near two probabilities of an event of this rate lie that say the same: of a rarer one, nearer."""
    return min(MOST_ERROR, LIKE_SHARE * min(rate, 1.0 - rate))


def level_missed(said: float, rate: float, n: float) -> bool:
    """Whether the mean of what was said of n cases lies beside the share that came true, by more than chance explains.

    If what was said is right, that share strays as a mean of n chances does, at most as if each were the mean.
    """
    spread = math.sqrt(max(said * (1.0 - said), SMALLEST) / n)
    return abs(said - rate) > alike(rate) and 2.0 * normal_chance(abs(said - rate) / spread) <= UNLIKELY


def top_event(probabilities: Floats, truth: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    """The probability of each case's event, and whether it happened (-1 where unknown).

    Of probabilities float64[n, k], k is 1 for a risk; of labels the event is that the likeliest one is right.
    """
    if probabilities.shape[1] == 1:
        return probabilities[:, 0], truth
    right = (probabilities.argmax(axis=1) == truth).astype(np.int64)
    return np.asarray(probabilities.max(axis=1)), np.where(truth < 0, truth, right)


def claimed(probability: Floats, region: str | None = None, weight: Floats | None = None) -> Performance:
    """What calibrated probabilities say of themselves, without any outcome; cases count for their `weight`."""
    p = np.clip(probability, SMALLEST, 1.0 - SMALLEST)
    return Performance(
        region=region,
        n=len(p),
        rate=mean(p, weight),
        said=mean(p, weight),
        log_loss=mean(-(p * np.log(p) + (1 - p) * np.log1p(-p)), weight),
        brier=mean(p * (1 - p), weight),
        brier_error=_error(p * (1 - p) ** 4 + (1 - p) * p**4, p * (1 - p), weight),
        roc_auc=_auc(p, p, weight),
        effective=None if weight is None else effective(weight),
    )


def realised(
    probability: Floats, happened: NDArray[np.int64], region: str | None = None, weight: Floats | None = None
) -> Performance:
    """How probabilities did against what happened, 0 or 1; cases count for their `weight`, alike without."""
    p = np.clip(probability, SMALLEST, 1.0 - SMALLEST)
    bins = binned(happened, probability, weight)
    spread = bins.said * (1.0 - bins.said)
    off = bins.mean((bins.said - bins.seen) ** 2)
    # What the bins' own sampling adds to the squared distances is no miscalibration.
    noise = bins.mean(bins.seen * (1.0 - bins.seen) / np.maximum(bins.cases - 1, 1))
    return Performance(
        region=region,
        n=len(p),
        rate=mean(happened, weight),
        said=mean(probability, weight),
        log_loss=mean(-np.where(happened == 1, np.log(p), np.log1p(-p)), weight),
        brier=mean((p - happened) ** 2, weight),
        brier_error=_error((p - happened) ** 4, (p - happened) ** 2, weight),
        roc_auc=_auc(p, happened.astype(np.float64), weight),
        ece=expected_calibration_error(happened, probability, weight=weight),
        ece_by_chance=bins.mean(np.sqrt(2 / math.pi * spread / bins.cases)),
        ece_chance=error_by_chance(bins)[1],
        miscalibration=max(0.0, off - noise),
        effective=None if weight is None else effective(weight),
    )


def _error(fourth: Floats, squared: Floats, weight: Floats | None) -> float:
    """The standard error of a mean squared distance, from the cases' fourth and squared distances, expected or seen."""
    if weight is None:
        return math.sqrt(max(0.0, float(fourth.mean() - squared.mean() ** 2)) / len(squared))
    about = mean(squared, weight)
    strays = fourth - 2.0 * about * squared + about**2
    return math.sqrt(float((weight**2 * strays).sum())) / float(weight.sum())


def _auc(score: Floats, happens: Floats, weight: Floats | None) -> float | None:
    """The chance that a case that happens scores above one that does not; `happens` is how surely each does."""
    counts = np.ones(len(score)) if weight is None else weight
    order = np.argsort(score, kind="stable")
    _, start = np.unique(score[order], return_index=True)
    yes, no = (np.add.reduceat(each[order], start) for each in (counts * happens, counts * (1.0 - happens)))
    if not (yes.sum() > 0 and no.sum() > 0):
        return None
    below = np.cumsum(no) - no
    return float((yes * (below + no / 2)).sum() / (yes.sum() * no.sum()))
