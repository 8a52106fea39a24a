"""Fit the calibrators of `models.calibration` on a slice of cases later than those the trees were fitted on.

Sums over cases use numpy's own summation rather than a matrix product, and the optimiser one thread: a threaded BLAS
adds in an order that varies with the machine, and is many times slower on matrices this small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models.calibration import MOST_NOISE, SMALLEST_PROBABILITY, BinaryCalibrator, MulticlassCalibrator

Floats = NDArray[np.float64]

CASES_PER_KNOT = 100
"""Fewer cases under a knot would let it follow noise."""
MOST_KNOTS = 40
FEWEST_CASES = 5 * CASES_PER_KNOT
"""Below this the straight line is all that the slice can tell."""
SHRINKAGES = (1.0, 0.5, 0.25, 0.1, 0.05)
"""How far the isotonic fit may be drawn to the straight line, the line itself first; never 0, which would tie cases."""
FIRST_NOISE = 0.01
"""Where the search for the noise starts."""
LATEST = 8
"""Into how many parts the weights of the latest cases divide a slice, each counting half as much as the next."""
FOLDS = 5
SCORE_DECIMALS = 6
"""Scores closer than this are one score: a knot between them would be a step."""
TILT = 1e-6
"""Added slope, too small to see, that keeps the knots rising where probabilities are nearly 0 or 1."""


def fit_binary(raw: Floats, y: NDArray[np.integer], weight: Floats | None = None) -> BinaryCalibrator:
    """The calibrator from raw log-odds float64[n] and labels 0 or 1, deterministic and strictly increasing.

    Platt's line, or knots on the way from it to an isotonic fit where cross-validated log loss says that bends pay
    (Platt 1999; Zadrozny and Elkan 2002). Small slices get the line.

    Raises:
        ValueError: when there is no case, or lengths, labels, scores or weights are not what they should be.
    """
    cases = _Cases.of(raw, y, weight)
    with threadpool_limits(limits=1):
        shrinkage = _best_shrinkage(cases) if len(cases.raw) >= FEWEST_CASES else 1.0
        return _Fit.to(cases).calibrator(shrinkage)


def fit_shape(raw: Floats, y: NDArray[np.integer], weight: Floats | None = None) -> BinaryCalibrator:
    """As `fit_binary`, but leaving the mean probability of the slice where the scores put it: for rates that drift.

    The level of a slice is yesterday's; how far apart cases lie is the trees' own.

    Raises:
        ValueError: as `fit_binary`.
    """
    counts = _counts(raw, weight)
    return _at_level(fit_binary(raw, y, weight), raw, float(np.average(_sigmoid(raw), weights=counts)), counts)


def fit_recent(raw: Floats, y: NDArray[np.integer], weight: Floats | None = None) -> BinaryCalibrator:
    """As `fit_binary` of cases in time order, but at the level of the latest: for rates that have moved and stay.

    A case's weight halves with every eighth of the slice that came after it.

    Raises:
        ValueError: as `fit_binary`.
    """
    counts = 0.5 ** (LATEST * np.arange(len(raw))[::-1] / max(len(raw), 1)) * _counts(raw, weight)
    rate = float(np.clip(np.average(y, weights=counts), SMALLEST_PROBABILITY, 1.0 - SMALLEST_PROBABILITY))
    return _at_level(fit_binary(raw, y, weight), raw, rate, counts)


def _counts(raw: Floats, weight: Floats | None) -> Floats:
    """What each case counts for: one, where nothing says."""
    return np.ones(len(raw)) if weight is None else weight


def _at_level(fitted: BinaryCalibrator, raw: Floats, rate: float, weight: Floats) -> BinaryCalibrator:
    """The calibrator moved so that the weighted mean of what it says of the scores is the rate."""
    log_odds = np.log(fitted.probability(raw)) - np.log1p(-fitted.probability(raw))
    share = weight / weight.sum()
    shift = float(brentq(lambda level: float(share @ _sigmoid(log_odds + level)) - rate, -40.0, 40.0))
    return BinaryCalibrator(fitted.raw, tuple(each + shift for each in fitted.log_odds))


def levelled(raw: Floats, y: NDArray[np.integer], weight: Floats | None = None) -> Floats:
    """The scores moved so that their mean probability is the slice's rate: what they tell apart, not their level."""
    counts = _counts(raw, weight)
    rate = float(np.clip(np.average(y, weights=counts), SMALLEST_PROBABILITY, 1.0 - SMALLEST_PROBABILITY))
    return np.asarray(
        raw + float(brentq(lambda shift: np.average(_sigmoid(raw + shift), weights=counts) - rate, -60.0, 60.0))
    )


@dataclass(frozen=True)
class _Cases:
    """Cases in the order of their scores."""

    raw: Floats
    y: Floats
    weight: Floats

    @classmethod
    def of(cls, raw: Floats, y: NDArray[np.integer], weight: Floats | None) -> _Cases:
        weight = np.ones(len(raw)) if weight is None else np.asarray(weight, dtype=np.float64)
        if not len(raw) or raw.shape != y.shape or raw.shape != weight.shape:
            raise ValueError(
                f"scores {raw.shape}, labels {y.shape}, weights {weight.shape}: expected equal lengths, not 0"
            )
        if not (np.all(np.isfinite(raw)) and np.all((y == 0) | (y == 1))):
            raise ValueError("expected finite scores and labels 0 or 1")
        if not (np.all(np.isfinite(weight) & (weight >= 0)) and weight.sum() > 0):
            raise ValueError("expected finite weights, none negative and not all zero")
        order = np.argsort(raw, kind="stable")
        # Weights are scaled to a mean of 1, so that a weight counts cases.
        return cls(np.round(raw[order], SCORE_DECIMALS), y[order].astype(np.float64), (weight / weight.mean())[order])

    def where(self, chosen: NDArray[np.bool_]) -> _Cases:
        return _Cases(self.raw[chosen], self.y[chosen], self.weight[chosen])


@dataclass(frozen=True)
class _Line:
    """log-odds = height + slope * (raw - centre)."""

    centre: float
    scale: float
    height: float
    slope: float

    def probability(self, raw: Floats) -> Floats:
        return _sigmoid(self.height + self.slope * (raw - self.centre))

    def calibrator(self) -> BinaryCalibrator:
        knots = (self.centre - self.scale, self.centre + self.scale)
        return BinaryCalibrator(knots, (self.height - self.slope * self.scale, self.height + self.slope * self.scale))


def _line(cases: _Cases) -> _Line:
    """Platt's logistic fit with his softened targets, so that a slice of one label stays finite; the slope rises."""
    centre = float(np.average(cases.raw, weights=cases.weight))
    scale = max(float(np.sqrt(np.average((cases.raw - centre) ** 2, weights=cases.weight))), 1.0)
    z = (cases.raw - centre) / scale
    positive = float((cases.weight * cases.y).sum())
    negative = float(cases.weight.sum()) - positive
    target = np.where(cases.y == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(parameters: Floats) -> tuple[float, Floats]:
        score = parameters[0] + parameters[1] * z
        error = cases.weight * (_sigmoid(score) - target) / len(z)
        value = (cases.weight * (np.logaddexp(0.0, score) - target * score)).sum() / len(z)
        return float(value), np.array([error.sum(), (error * z).sum()])

    fit = minimize(loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(-20, 20), (1e-3, 1e3)])
    return _Line(centre, scale, float(fit.x[0]), float(fit.x[1]) / scale)


@dataclass(frozen=True)
class _Fit:
    """The line, and per bin the mean score and the mean of the isotonic fit."""

    line: _Line
    raw: Floats
    isotonic: Floats

    @classmethod
    def to(cls, cases: _Cases) -> _Fit:
        start = _bins(cases)
        fitted = IsotonicRegression(out_of_bounds="clip").fit(cases.raw, cases.y, cases.weight).predict(cases.raw)
        mass = np.add.reduceat(cases.weight, start)
        raw = np.add.reduceat(cases.weight * cases.raw, start) / mass
        isotonic = np.add.reduceat(cases.weight * fitted, start) / mass
        return cls(_line(cases), raw, np.maximum.accumulate(isotonic))

    def calibrator(self, shrinkage: float) -> BinaryCalibrator:
        """The isotonic bins drawn to the line by `shrinkage`; the line itself for 1, or where there is but one bin."""
        if shrinkage == 1.0 or len(self.raw) < 2:
            return self.line.calibrator()
        probability = (1 - shrinkage) * self.isotonic + shrinkage * self.line.probability(self.raw)
        log_odds = np.log(probability / (1 - probability)) + TILT * (self.raw - self.raw[0])
        return BinaryCalibrator(tuple(self.raw.tolist()), tuple(log_odds.tolist()))


def _bins(cases: _Cases) -> NDArray[np.intp]:
    """Where each bin starts: bins of about equal weight that keep equal scores together."""
    n_bins = int(np.clip(len(cases.raw) // CASES_PER_KNOT, 1, MOST_KNOTS))
    mass = np.cumsum(cases.weight)
    cuts = np.searchsorted(mass, mass[-1] * np.arange(n_bins) / n_bins, side="right")
    cuts = np.minimum(cuts, len(cases.raw) - 1)
    return np.unique(np.searchsorted(cases.raw, cases.raw[cuts], side="left"))


def _best_shrinkage(cases: _Cases) -> float:
    """The shrinkage with the least log loss on cases left out in turn; the line wins ties."""
    fold = np.arange(len(cases.raw)) % FOLDS
    losses = np.zeros(len(SHRINKAGES))
    for left_out in range(FOLDS):
        fit, held = _Fit.to(cases.where(fold != left_out)), cases.where(fold == left_out)
        losses += [_log_loss(fit.calibrator(shrinkage), held) for shrinkage in SHRINKAGES]
    return SHRINKAGES[int(np.argmin(losses))]


def _log_loss(calibrator: BinaryCalibrator, cases: _Cases) -> float:
    p = calibrator.probability(cases.raw)
    return float(-(cases.weight * np.where(cases.y == 1, np.log(p), np.log1p(-p))).sum())


def _sigmoid(score: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(score, -36.0, 36.0))))


def fit_multiclass(
    raw: Floats, y: NDArray[np.integer], biased: bool = True, weight: Floats | None = None
) -> MulticlassCalibrator:
    """What minimises log loss on raw scores float64[n, n_classes] and labels 0..n_classes - 1.

    Temperature, noise and biases; without biases the order of the labels stays (Guo et al. 2017). The biases carry a
    penalty worth one case, so that a class the slice does not hold keeps a finite one.

    Raises:
        ValueError: when there is no case, or scores or labels are not what they should be.
    """
    if raw.ndim != 2 or raw.shape[1] < 2 or y.shape != raw.shape[:1] or not len(y):
        raise ValueError(f"scores {raw.shape} and labels {y.shape}: expected (n, at least 2) and (n,), n not 0")
    if not (np.all(np.isfinite(raw)) and np.all((y >= 0) & (y < raw.shape[1]))):
        raise ValueError(f"expected finite scores and labels 0 to {raw.shape[1] - 1}")
    n_classes = raw.shape[1]
    bounds = [(-4.0, 4.0), (0.0, MOST_NOISE), *[(-20.0, 20.0) if biased else (0.0, 0.0)] * n_classes]
    start = np.array([0.0, FIRST_NOISE, *[0.0] * n_classes])
    counts = _counts(raw, weight)
    told = (raw, np.eye(n_classes)[y], counts / counts.mean())
    with threadpool_limits(limits=1):
        fit = minimize(_class_loss, start, told, jac=True, method="L-BFGS-B", bounds=bounds)
    bias = fit.x[2:] - fit.x[2:].mean()
    return MulticlassCalibrator(float(np.exp(-fit.x[0])), tuple(bias.tolist()), float(fit.x[1]))


def _class_loss(parameters: Floats, raw: Floats, hit: Floats, weight: Floats) -> tuple[float, Floats]:
    """Mean log loss with its gradient; `hit` is one-hot, and the weights are one on average.

    The parameters are the log of the inverse temperature, the noise, and the biases.
    """
    sharpness, noise, bias = np.exp(parameters[0]), parameters[1], parameters[2:]
    score = sharpness * raw + bias
    score -= score.max(axis=1, keepdims=True)
    told = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    right = (told * hit).sum(axis=1, keepdims=True)
    said = np.maximum((1.0 - noise) * right + noise / len(bias), SMALLEST_PROBABILITY)
    each = weight[:, None]
    error = each * ((1.0 - noise) * right / said * (told - hit) / len(raw))
    value = -(each * np.log(said)).mean() + 0.5 * (bias**2).sum() / len(raw)
    by_noise = (each * ((right - 1.0 / len(bias)) / said)).mean()
    by_sharpness = sharpness * (error * raw).sum()
    return float(value), np.array([by_sharpness, by_noise, *(error.sum(axis=0) + bias / len(raw))])
