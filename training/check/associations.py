"""How much one column tells of another, measured on rows it was not learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from training.check.columns import Codes, Column, Floats

BINS = 20
PRIOR = 20.0
"""Cases' worth of the overall rate that every level starts from."""
LEAST = 20
"""Cases a level needs to be told apart from the others."""
SMALLEST_SHARE = 1e-4
Rows = NDArray[np.bool_]


def binned(values: Floats, taught: Rows) -> Codes:
    """Numbers as codes of bins that hold equal shares of the taught rows; -1 where there is none."""
    seen = values[taught & np.isfinite(values)]
    if not len(seen):
        return np.full(len(values), -1, np.int64)
    edges = np.unique(np.quantile(seen, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(np.isfinite(values), np.searchsorted(edges, values, side="right"), -1).astype(np.int64)


def area_alone(column: Column, event: Rows, taught: Rows, tested: Rows, since: Floats | None = None) -> float:
    """The area under the ROC curve that the column alone reaches on the tested rows, learned on the taught.

    `event` says per row whether it happened; an instant is read as the time since `since`. 0.5 tells nothing.
    """
    if len(np.unique(event[tested])) < 2 or len(np.unique(event[taught])) < 2:
        return 0.5
    ways = [column.codes + 1]
    values = column.numbers if column.moments is None else column.moments - (0.0 if since is None else since)
    if values is not None:
        ways.append(binned(values, taught) + 1)
    return max(_area(codes, event, taught, tested) for codes in ways)


def _area(codes: Codes, event: Rows, taught: Rows, tested: Rows) -> float:
    levels = int(codes.max(initial=0)) + 1
    seen = np.bincount(codes[taught], minlength=levels)
    happened = np.bincount(codes[taught], event[taught].astype(float), minlength=levels)
    rates = (happened + PRIOR * event[taught].mean()) / (seen + PRIOR)
    return float(roc_auc_score(event[tested], rates[codes[tested]]))


def skill(of: Codes, by: Codes, rows: Rows) -> float:
    """The share of the uncertainty about one column that another resolves, over some of the rows; 0 or less: none.

    Learned on one half of the rows, measured on the other. Rare words of the told column count as one.
    """
    half = _half(len(of))
    taught, tested = rows & half, rows & ~half
    if not taught.any() or not tested.any():
        return 0.0
    told = _common(of + 1, taught)
    levels, words = int(told.max()) + 1, int(by.max(initial=-1)) + 2
    usual = np.maximum(np.bincount(told[taught], minlength=levels) / taught.sum(), SMALLEST_SHARE)
    pairs = np.bincount((by[taught] + 1) * levels + told[taught], minlength=words * levels).reshape(words, levels)
    rates = (pairs + PRIOR * usual) / (pairs.sum(axis=1, keepdims=True) + PRIOR)
    surprise = -np.log(usual[told[tested]]).mean()
    if surprise < 0.05:
        return 0.0
    return float(1.0 + np.log(np.maximum(rates[by[tested] + 1, told[tested]], SMALLEST_SHARE)).mean() / surprise)


def uncertainty(codes: Codes) -> float:
    """The entropy of the codes, in nats."""
    shares = np.bincount(codes + 1) / max(len(codes), 1)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def _half(n: int) -> Rows:
    """Half of the rows, the same every time, in no order."""
    return np.random.default_rng(0).random(n) < 0.5


def _common(codes: Codes, taught: Rows) -> Codes:
    """Codes from 0 on, all rare ones being 0."""
    seen = np.bincount(codes[taught], minlength=int(codes.max(initial=0)) + 1)
    often = seen >= LEAST
    return np.where(often, np.cumsum(often), 0)[codes].astype(np.int64)


def stability(column: Column, early: Rows, late: Rows) -> float:
    """The population stability index between two groups of rows: above 0.25 the column is another than before.

    Numbers are compared by tenths of the early ones, words by the commonest of them; what is missing is a word.
    """
    values = column.numbers
    codes = (column.codes if values is None or len(column.words) <= BINS else binned(values, early)) + 1
    if column.moments is not None or not early.any() or not late.any():
        return 0.0
    codes = _commonest(codes, early)
    shares: list[Any] = []
    for rows in (early, late):
        seen = np.bincount(codes[rows], minlength=int(codes.max()) + 1)
        shares.append(np.maximum(seen / rows.sum(), SMALLEST_SHARE))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def _commonest(codes: Codes, rows: Rows) -> Codes:
    """The commonest words from 1 on, all others 0."""
    seen = np.bincount(codes[rows], minlength=int(codes.max(initial=0)) + 1)
    best = np.argsort(-seen, kind="stable")[:BINS]
    place = np.zeros(len(seen), np.int64)
    place[best] = np.arange(1, len(best) + 1)
    return place[codes]
