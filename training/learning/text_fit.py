"""Fit the text model on messages whose label is known, and score a history without looking ahead.

The fit is a multinomial logistic regression over the same hashed words that `models.text` reads. It has no randomness;
the linear algebra is kept on one thread, so that the same messages give the same bytes whatever the machine's cores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models.text import BUCKETS, FEWEST_CASES, NUMBER, TextModel, bucket, loads, tokens
from training.histories.split import ended

Floats = NDArray[np.float64]
Labels = NDArray[np.integer]
Messages = Sequence[str | None]

STRENGTH = 1.0
"""Inverse strength of the penalty on weights (scikit-learn's C)."""
MOST_MESSAGES = 48_000
"""A regression reads at most this many messages, evenly spaced: words repeat, and more of them teach little."""
MOST_REMEMBERED = 2**17
"""Messages whose words are kept for the next fit: every message is read by a dozen of a training's text models."""
TOLERANCE = 1e-3
"""Where the regression stops: the scores are features of trees, which need no more digits."""


def fit_text(messages: Messages, y: Labels, labels: Sequence[str]) -> TextModel:
    """The text model of messages (None: the case has none) with labels int[n] as indexes into `labels`.

    A label that no message has is scored as if half a case had shown it, whatever the words.

    Raises:
        ValueError: when lengths differ, an index is out of range, or there is no message at all.
    """
    _check(messages, y, len(labels))
    has = np.array([message is not None for message in messages], dtype=np.bool_)
    if not has.any():
        raise ValueError("no case has a message; train without a text model")
    read = [_read(message) for message in messages if message is not None]
    step = -(-len(read) // MOST_MESSAGES)
    weights, bias = _fit(_rows(read[::step]), y[has][::step], len(labels))
    return TextModel(tuple(labels), weights, bias, _often(read))


def cross_fit_scores(
    messages: Messages,
    y: Labels,
    labels: Sequence[str],
    order_blocks: int = 5,
    exceptions: NDArray[np.int64] | None = None,
) -> Floats:
    """Scores float64[n, n_labels] of each message by a model that saw only earlier blocks: features to train on.

    Cases come in the order in which their labels became known. The first block, and cases without a message, get NaN.
    Where `exceptions` number each case's, a model leaves out those that go on: their earlier updates tell the label.

    Raises:
        ValueError: as `fit_text`, or when there are not at least two blocks.
    """
    _check(messages, y, len(labels))
    if order_blocks < 2:
        raise ValueError(f"{order_blocks} blocks; expected at least two, one to learn from and one to score")
    scores = np.full((len(messages), len(labels)), np.nan)
    starts = [int(block[0]) for block in np.array_split(np.arange(len(messages)), order_blocks) if len(block)]
    for start, stop in zip(starts[1:], [*starts[2:], len(messages)], strict=False):
        known = np.arange(start) if exceptions is None else np.flatnonzero(ended(exceptions, start))
        taught = [messages[each] for each in known.tolist()]
        if any(message is not None for message in taught):
            scores[start:stop] = fit_text(taught, y[known], labels).scores_batch(messages[start:stop])
    return scores


def _check(messages: Messages, y: Labels, n_labels: int) -> None:
    if len(messages) != len(y):
        raise ValueError(f"{len(messages)} messages and {len(y)} labels; expected as many")
    if not np.all((y >= 0) & (y < n_labels)):
        raise ValueError(f"a label lies outside 0..{n_labels - 1}")


class _Read(NamedTuple):
    """The distinct words of a message, with the bucket and the load of each."""

    words: tuple[str, ...]
    buckets: NDArray[np.int64]
    loads: Floats


@lru_cache(MOST_REMEMBERED)
def _read(message: str) -> _Read:
    load = loads(tokens(message))
    buckets = np.array([bucket(word) for word in load], dtype=np.int64)
    return _Read(tuple(load), buckets, np.array(list(load.values()), dtype=np.float64))


def _often(read: Sequence[_Read]) -> frozenset[str]:
    """The words of at least `FEWEST_CASES` messages; the mask for numbers is no word."""
    cases = Counter(chain.from_iterable(each.words for each in read))
    return frozenset(word for word, count in cases.items() if count >= FEWEST_CASES and word != NUMBER)


def _rows(read: Sequence[_Read]) -> csr_array:
    """Messages as sparse rows over the buckets."""
    ends = np.cumsum([0, *(len(each.words) for each in read)])
    columns = np.concatenate([each.buckets for each in read])
    values = np.concatenate([each.loads for each in read])
    return csr_array((values, columns, ends), shape=(len(read), BUCKETS))


def _fit(rows: csr_array, y: Labels, n_labels: int) -> tuple[Floats, Floats]:
    """Weights and biases of all labels, centred over them."""
    present = np.unique(y)
    weights = np.zeros((BUCKETS, n_labels))
    bias = np.full(n_labels, np.log(0.5 / len(y)))
    weights[:, present], bias[present] = _regression(rows, y) if len(present) > 1 else (0.0, 0.0)
    return weights - weights.mean(axis=1, keepdims=True), bias - bias.mean()


def _regression(rows: csr_array, y: Labels) -> tuple[Floats, Floats]:
    """Weights and biases of the labels present; the biases are log-probabilities of an empty message."""
    with threadpool_limits(limits=1):
        fitted = LogisticRegression(C=STRENGTH, tol=TOLERANCE, max_iter=1_000).fit(rows, y)
    weights, bias = fitted.coef_.T, fitted.intercept_
    if len(bias) == 1:  # scikit-learn gives two labels one column: that of the second.
        weights, bias = np.hstack([-weights, weights]) / 2, np.append(-bias, bias) / 2
    return weights, bias - np.logaddexp.reduce(bias)
