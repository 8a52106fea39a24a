"""From raw scores to probabilities that come true as often as they say.

Both calibrators are plain numbers with a JSON form; they are fitted in training on cases later than the trees' own.
`BinaryCalibrator` is a strictly increasing line through knots in log-odds, so it keeps the order of the cases (and with
it the average precision) and extrapolates sensibly. `MulticlassCalibrator` is temperature scaling with a bias per class
(Guo et al., "On Calibration of Modern Neural Networks", 2017) and a share of cases that nobody could have told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SMALLEST_PROBABILITY = 1e-6
"""No answer is more certain than this, or than one minus this."""
LARGEST_SCORE = 1e6
"""Scores, knots and biases beyond this say nothing more; raw scores are clipped to it."""
SLOPES = (1e-9, 1e9)
"""What a calibration curve's slope may be: outside, its line would be flat or a step in floating point."""
TEMPERATURES = (1e-3, 1e3)
"""What a temperature may be."""
MOST_NOISE = 0.2
"""The largest share of cases that may be beyond telling."""


class InvalidCalibrationError(ValueError):
    """The numbers do not describe a calibrator; the message says which and why."""


@dataclass(frozen=True)
class BinaryCalibrator:
    """Knots from raw score to calibrated log-odds, straight between them and on beyond the ends.

    Raises:
        InvalidCalibrationError: unless both lists are equally long, at least two, finite and strictly increasing.
    """

    raw: tuple[float, ...]
    log_odds: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.raw) != len(self.log_odds) or len(self.raw) < 2:
            raise InvalidCalibrationError(
                f"{len(self.raw)} raw and {len(self.log_odds)} calibrated knots; expected as many, at least two"
            )
        _check_size("raw", self.raw)
        _check_size("log_odds", self.log_odds)
        self._check_slopes()

    def _check_slopes(self) -> None:
        steps, rises = np.diff(self.raw), np.diff(self.log_odds)
        if not (np.all(steps > 0) and np.all(rises > 0)):
            raise InvalidCalibrationError("the knots do not rise strictly in both raw and log_odds")
        if not np.all((rises >= SLOPES[0] * steps) & (rises <= SLOPES[1] * steps)):
            raise InvalidCalibrationError(f"a slope between two knots lies outside {SLOPES[0]:g} to {SLOPES[1]:g}")

    @overload
    def probability(self, raw: float) -> float: ...
    @overload
    def probability(self, raw: Floats) -> Floats: ...
    def probability(self, raw: float | Floats) -> float | Floats:
        """The calibrated probability of a raw score, or of each of an array; never decreasing in it."""
        # Wider than the probability's own bounds, so that the exponential cannot overflow and the clip still decides.
        log_odds = np.clip(self._line(np.asarray(raw, dtype=np.float64)), -20.0, 20.0)
        probability = np.clip(1.0 / (1.0 + np.exp(-log_odds)), SMALLEST_PROBABILITY, 1.0 - SMALLEST_PROBABILITY)
        return float(probability) if probability.ndim == 0 else np.asarray(probability)

    def _line(self, raw: Floats) -> Floats:
        start, height, slope, ceiling = self._segments
        raw = np.clip(raw, -LARGEST_SCORE, LARGEST_SCORE)
        at = np.clip(np.searchsorted(start, raw, side="right") - 1, 0, len(start) - 1)
        # The ceiling keeps a segment's rounding from overshooting the next knot.
        return np.asarray(np.minimum(height[at] + slope[at] * (raw - start[at]), ceiling[at]))

    @cached_property
    def _segments(self) -> tuple[Floats, Floats, Floats, Floats]:
        raw, log_odds = np.array(self.raw), np.array(self.log_odds)
        ceiling = np.append(log_odds[1:-1], np.inf)
        return raw[:-1], log_odds[:-1], np.diff(log_odds) / np.diff(raw), ceiling

    def to_json(self) -> dict[str, Any]:
        """The knots as a JSON object."""
        return {"kind": "binary", "raw": list(self.raw), "log_odds": list(self.log_odds)}

    @classmethod
    def from_json(cls, document: object) -> BinaryCalibrator:
        """The calibrator that `to_json` wrote. Raises InvalidCalibrationError for anything else."""
        fields = _fields(document, "binary", {"raw", "log_odds"})
        return cls(_numbers("raw", fields["raw"]), _numbers("log_odds", fields["log_odds"]))


@dataclass(frozen=True)
class MulticlassCalibrator:
    """Softmax of raw scores divided by a temperature, plus a bias per class; `noise` of it spread over all classes.

    Labels are wrong or unforeseeable in a small share of cases, however sure the scores are. A temperature alone can
    only answer that by doubting every case.

    Raises:
        InvalidCalibrationError: unless there are at least two classes and every number is within bounds.
    """

    temperature: float
    bias: tuple[float, ...]
    noise: float = 0.0

    def __post_init__(self) -> None:
        if not TEMPERATURES[0] <= self.temperature <= TEMPERATURES[1]:
            raise InvalidCalibrationError(
                f"the temperature is {self.temperature}; expected {TEMPERATURES[0]:g} to {TEMPERATURES[1]:g}"
            )
        if len(self.bias) < 2:
            raise InvalidCalibrationError(f"{len(self.bias)} biases; expected one per class, at least two")
        _check_size("bias", self.bias)
        if not 0.0 <= self.noise <= MOST_NOISE:
            raise InvalidCalibrationError(f"the noise is {self.noise}; expected 0 to {MOST_NOISE:g}")

    def probability(self, raw: Floats) -> Floats:
        """Probabilities that sum to 1 over the last axis, of raw scores float64[..., n_classes]."""
        if raw.ndim == 0 or raw.shape[-1] != len(self.bias):
            raise ValueError(f"the raw scores have shape {raw.shape}; expected {len(self.bias)} classes last")
        score = np.clip(raw, -LARGEST_SCORE, LARGEST_SCORE) / self.temperature + np.array(self.bias)
        odds = np.exp(score - score.max(axis=-1, keepdims=True))
        told = odds / odds.sum(axis=-1, keepdims=True)
        return np.asarray((1.0 - self.noise) * told + self.noise / len(self.bias))

    def to_json(self) -> dict[str, Any]:
        """Temperature, biases and noise as a JSON object."""
        return {"kind": "multiclass", "temperature": self.temperature, "bias": list(self.bias), "noise": self.noise}

    @classmethod
    def from_json(cls, document: object) -> MulticlassCalibrator:
        """The calibrator that `to_json` wrote. Raises InvalidCalibrationError for anything else."""
        fields = _fields(document, "multiclass", {"temperature", "bias", "noise"})
        temperature, noise = _numbers("temperature and noise", [fields["temperature"], fields["noise"]])
        return cls(temperature, _numbers("bias", fields["bias"]), noise)


def _fields(document: object, kind: str, names: set[str]) -> Mapping[str, Any]:
    if not isinstance(document, Mapping) or set(document) != {"kind", *names} or document["kind"] != kind:
        raise InvalidCalibrationError(
            f"not a {kind} calibrator: expected an object of kind, {', '.join(sorted(names))}"
        )
    return document


def _numbers(name: str, values: object) -> tuple[float, ...]:
    if not isinstance(values, Sequence) or not all(type(value) in (int, float) for value in values):
        raise InvalidCalibrationError(f"{name} must hold numbers only")
    try:
        return tuple(float(value) for value in values)
    except OverflowError:
        raise InvalidCalibrationError(f"{name} holds a number too large for a float") from None


def _check_size(name: str, values: tuple[float, ...]) -> None:
    for value in values:
        if not (math.isfinite(value) and abs(value) <= LARGEST_SCORE):
            raise InvalidCalibrationError(f"{name} holds {value}; expected finite numbers up to {LARGEST_SCORE:g}")
