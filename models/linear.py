"""A linear term beside the trees: a piecewise linear function of each feature, summed in the space of the raw score.

Trees find interactions; a sum of smooth functions of one feature each (a generalised additive model, Hastie and
Tibshirani, 1990) is steadier on few cases and beyond the range seen. Its Shapley values need no algorithm: what a
feature adds is its function's value less that function's mean over the training rows.

Layout. Feature j owns the knots `first[j]` to `first[j + 1]` (k + 1 offsets, at least one knot each): at `knot`, which
ascends, its function is `value`; straight between knots, constant beyond the ends. A category has a knot at each code.
`missing` (k) is the function's value where the feature is not known, `mean` (k) its mean over the training rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DTYPES: Final[Mapping[str, type[np.generic]]] = {
    "first": np.int64,
    "knot": np.float64,
    "value": np.float64,
    "missing": np.float64,
    "mean": np.float64,
    "intercept": np.float64,
}
_BLOCK_ROWS = 8_192


class InvalidLinearTermError(ValueError):
    """The arrays do not describe a linear term; the message says which and why."""


@dataclass(frozen=True, eq=False)
class LinearTerm:
    """The functions of all features as flat arrays, laid out as the module says; checked when made.

    Raises:
        InvalidLinearTermError: when the arrays are no such functions.
    """

    first: NDArray[np.int64]
    knot: Floats
    value: Floats
    missing: Floats
    mean: Floats
    intercept: float

    def __post_init__(self) -> None:
        for name in ("knot", "value", "missing", "mean", "intercept"):
            if not np.all(np.isfinite(getattr(self, name))):
                raise InvalidLinearTermError(f"{name} holds a number that is not finite")
        self._check_offsets()
        inner = np.ones(len(self.knot), dtype=bool)
        inner[self.first[:-1]] = False
        if not np.all(np.diff(self.knot, prepend=0.0)[inner] > 0.0):
            raise InvalidLinearTermError("the knots of a feature do not ascend")

    def _check_offsets(self) -> None:
        first, k = self.first, self.n_features
        if k < 1 or first[0] != 0 or first[-1] != len(self.knot) or np.any(np.diff(first) < 1):
            raise InvalidLinearTermError("first does not give each feature its knots, at least one each")
        if len(self.value) != len(self.knot) or len(self.missing) != k or len(self.mean) != k:
            raise InvalidLinearTermError(
                f"{len(self.knot)} knots with {len(self.value)} values, {k} features with {len(self.missing)} missing "
                f"values and {len(self.mean)} means; expected as many"
            )

    @property
    def reads(self) -> NDArray[np.bool_]:
        """Of each feature, bool[n_features], whether its value moves the score: whether its function is no constant."""
        starts = self.first[:-1]
        highest = np.maximum(np.maximum.reduceat(self.value, starts), self.missing)
        return np.asarray(highest > np.minimum(np.minimum.reduceat(self.value, starts), self.missing))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> LinearTerm:
        """The term that `to_arrays` stored.

        Raises:
            InvalidLinearTermError: when an array is missing or the arrays are no such functions.
        """
        lacking = sorted(set(_DTYPES) - set(arrays))
        if lacking:
            raise InvalidLinearTermError(f"missing: {', '.join(lacking)}")
        read = {name: np.array(arrays[name], dtype=dtype) for name, dtype in _DTYPES.items()}
        return cls(**{**read, "intercept": float(read["intercept"])})  # type: ignore[arg-type]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays under their names, ready for `numpy.savez`; the intercept becomes a 0-dimensional one."""
        return {name: np.asarray(getattr(self, name), dtype=dtype) for name, dtype in _DTYPES.items()}

    @property
    def n_features(self) -> int:
        """Features, whether their function says something or is 0 everywhere."""
        return len(self.first) - 1

    @property
    def base(self) -> float:
        """The score expected when no feature is known."""
        return self.intercept + float(self.mean.sum())

    def scaled(self, share: float) -> LinearTerm:
        """The term times a share."""
        return LinearTerm(
            self.first, self.knot, share * self.value, share * self.missing, share * self.mean, share * self.intercept
        )

    def raw(self, rows: Floats) -> Floats:
        """What the term adds to the raw score of rows float64[..., k]."""
        return np.asarray(self.intercept + self.terms(rows).sum(axis=-1))

    def contributions(self, rows: Floats) -> Floats:
        """float64[..., k]: what each feature adds to `base`."""
        return np.asarray(self.terms(rows) - self.mean)

    def raw_batch(self, rows: Floats) -> Floats:
        """As `raw`, float64[n] of rows float64[n, k], in blocks."""
        blocks = range(0, len(rows), _BLOCK_ROWS)
        return np.concatenate([np.empty(0), *(self.raw(rows[start : start + _BLOCK_ROWS]) for start in blocks)])

    def terms(self, rows: Floats) -> Floats:
        """The value of every feature's function, float64[..., k]."""
        if rows.shape[-1] != self.n_features:
            raise ValueError(f"the rows have shape {rows.shape}; expected {self.n_features} features at the end")
        low, last, _ = self._ends
        x = np.clip(rows, self.knot[low], self.knot[last])
        below = self._knot_below(x)
        above = np.minimum(below + 1, last)
        start, height = self.knot[below], self.value[below]
        width = self.knot[above] - start
        share = np.divide(x - start, width, out=np.zeros_like(x), where=width > 0.0)
        return np.where(np.isnan(rows), self.missing, height + share * (self.value[above] - height))

    def _knot_below(self, x: Floats) -> NDArray[np.int64]:
        """The last knot at or below each value, the first one where there is none."""
        return self._counted(x) if x.ndim == 1 else self._halved(x)

    def _counted(self, x: Floats) -> NDArray[np.int64]:
        """For one row: all knots are compared at once, which is few numbers and fewer calls."""
        reached = self.knot <= x.take(self._owner)
        below = self.first[:-1] + np.add.reduceat(reached, self.first[:-1], dtype=np.int64) - 1
        return np.maximum(below, self.first[:-1])

    @cached_property
    def _owner(self) -> NDArray[np.int64]:
        """The feature of each knot."""
        return np.repeat(np.arange(self.n_features), np.diff(self.first))

    def _halved(self, x: Floats) -> NDArray[np.int64]:
        """For many rows: all features are searched in step, by halving."""
        low, high, halvings = self._ends
        low, high = np.broadcast_to(low, x.shape), np.broadcast_to(high, x.shape)
        for _ in range(halvings):
            middle = (low + high + 1) // 2
            reached = self.knot[middle] <= x
            low, high = np.where(reached, middle, low), np.where(reached, high, middle - 1)
        return low

    @cached_property
    def _ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Each feature's first and last knot, and how many halvings find one among the most knots."""
        most = int(np.diff(self.first).max())
        return self.first[:-1], self.first[1:] - 1, (most - 1).bit_length()
