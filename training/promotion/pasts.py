"""Whether a history tells of the time before the compared days, so that parties are known there as in training."""

from __future__ import annotations

from data.promotion import Check, Finding
from features.party_rows import LONG_HALF_LIFE
from models.task_model import TaskModel
from training.histories.split import without_times
from training.promotion.ground import Ground
from training.promotion.later import Reading
from training.promotion.sides import Pair

ENOUGH = 0.5
"""The share of the cases that taught both bundles, as many as a history must tell before the compared days."""
LONGEST = (2 * LONG_HALF_LIFE).total_seconds()
"""Of longer trainings the cases of so many seconds are meant: what is older counts next to nothing."""


def with_past(window: Check, both: Pair, reading: Reading, ground: Ground) -> Check:
    """The check of what is compared, noted where the history tells little of the time before.

    Most parties start unknown then: a bundle's own snapshot serves only where no earlier case is told, as it knows
    already how these ended.
    """
    earlier, taught = reading.earlier, _taught(both)
    if not earlier or taught is None or earlier >= ENOUGH * taught or window.finding is Finding.REFUSED:
        return window
    says = (
        f"of the time before, the history tells {earlier:,} cases, where about {taught:,} of the last two years taught "
        "them: most parties start unknown and both answer as they would not in service. Give the earlier cases too, "
        f"or those after {ground:%Y-%m-%d %H:%M} UTC alone"
    )
    return window.model_copy(update={"finding": Finding.NOTED, "says": f"{window.says}; {says}"})


def _taught(both: Pair) -> int | None:
    """How many cases of the last two years taught both; None where neither says so, or by cases without times."""
    told = [each for side in both.sides if (each := _lately(side.model)) is not None]
    return min(told, default=None)


def _lately(model: TaskModel) -> int | None:
    window = model.lineage.get("fitted_on")
    if window is None or without_times(model.lineage):
        return None
    return int(window["n"] * min(1.0, LONGEST / max(window["to"] - window["from"], 1.0)))
