"""From where on a challenger is refused: training judges by these numbers, and the service holds a dossier to them.

A challenger is worse where it is clearly the worse one and by more than a retraining moves the number anyway
(docs/decisions/0033).
"""

from __future__ import annotations

from data.promotion import Cost, Difference, Metric

CLEAR = 0.995
"""Share of the resamples in which the challenger must be the worse one to be called so."""
MARGIN = {Metric.LOG_LOSS: 0.004, Metric.AVERAGE_PRECISION: 0.01, Metric.EXPECTED_COST: 0.10}
"""How much worse, as a share of the champion's number: honest retrainings stay below."""
FURTHER_OFF = 0.02
"""How much further off than the champion's a challenger's probabilities may be, as expected calibration error."""
SLOWER = 3.0
PATIENCE = 5.0
"""Milliseconds: a challenger is too slow where it takes so many times as long and so much longer."""
LARGER = 5.0
ROOM = 50_000_000
"""Bytes: a challenger is too large where it is so many times as large and larger than this."""


def loss_of(difference: Difference) -> float:
    """How much worse the challenger is, by what it says; below 0 where it is better."""
    return -difference.difference if difference.metric is Metric.AVERAGE_PRECISION else difference.difference


def margin_of(difference: Difference) -> float:
    """How much worse it may be, in the metric's own unit."""
    return MARGIN[difference.metric] * abs(difference.champion)


def too_slow(champion: float, challenger: float) -> bool:
    """Whether so many milliseconds keep an answer waiting."""
    return challenger > SLOWER * champion and challenger - champion > PATIENCE


def too_large(cost: Cost) -> bool:
    """Whether the challenger's files are out of proportion."""
    return cost.challenger_bytes > LARGER * cost.champion_bytes and cost.challenger_bytes > ROOM
