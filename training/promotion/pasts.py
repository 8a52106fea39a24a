"""Whether a history tells of the time before the compared days, so that parties are known there as in training."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.promotion import Check, Finding
from features.party_rows import LONG_HALF_LIFE
from training.histories.split import without_times
from training.promotion.ground import Ground
from training.promotion.sides import Pair

ENOUGH = 0.5
"""The share of the time that taught both bundles which a history must tell of before the compared days."""
LONGEST = 2 * LONG_HALF_LIFE
"""Of longer trainings the share is of so much: what is older counts next to nothing."""


def with_past(window: Check, both: Pair, begins: datetime, ground: Ground) -> Check:
    """The check of what is compared, noted where the history `begins` in the midst of what taught the bundles.

    Its parties start unknown then: a bundle's own snapshot knows how cases ended that the history tells once more.
    """
    if not isinstance(ground, datetime) or window.finding is Finding.REFUSED:
        return window
    since = _taught_since(both)
    if since is None:
        return window
    told, taught = ground - begins, min(ground - since, LONGEST)
    if told < timedelta() or told >= ENOUGH * taught:
        return window
    says = (
        f"the history begins on {begins.astimezone(UTC):%Y-%m-%d}, in the midst of what taught them (since "
        f"{since:%Y-%m-%d}), so all parties start unknown there and both answer as they would not in service: give "
        f"the earlier cases too, or those after {ground:%Y-%m-%d %H:%M} UTC alone"
    )
    return window.model_copy(update={"finding": Finding.NOTED, "says": f"{window.says}; {says}"})


def _taught_since(both: Pair) -> datetime | None:
    """From when on both were taught; None where neither says so, or by cases without times."""
    lineages = [side.model.lineage for side in both.sides]
    told = [each["fitted_on"]["from"] for each in lineages if "fitted_on" in each and not without_times(each)]
    since = max(told, default=None)
    return None if since is None else datetime.fromtimestamp(since, UTC)
