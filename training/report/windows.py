"""Which cases a card's numbers are of: what taught the model, what recalibrated it, what measured it.

A model that was recalibrated keeps its trees, and with them the windows of its training; its numbers are of the labels
that its new calibrator was measured on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from training.histories.left_out import NOT_KNOWN_YET, TOO_YOUNG, reasons
from training.histories.split import without_times

Told = Mapping[str, Any]
AGAIN = "recalibrated_on"
MEASURED = "measured_on"


def windows(lineage: Told, measured: int) -> Iterator[tuple[str, str]]:
    """What it learned from, was recalibrated on and what measured it, by name; `measured` is how many cases did."""
    fitted, timeless = lineage["fitted_on"], without_times(lineage)
    span = "" if timeless else f", {_days(fitted)}"
    of_trees = f"{fitted['n']:,} cases of {lineage['history']}{span}"
    if AGAIN in lineage:
        yield "its trees learned from", of_trees
        yield from _recalibrated(lineage, measured)
        return
    yield "learned from", of_trees
    tested = lineage["tested_on"]
    days = "other cases of the same days" if timeless else _days(tested)
    yield "measured on", f"{tested['n']:,} cases it had not seen, {days}"


def _recalibrated(lineage: Told, measured: int) -> Iterator[tuple[str, str]]:
    again = lineage[AGAIN]
    one, other = _halves(again)
    yield "recalibrated on", f"{again['n']:,} cases of {again['history']}{_after(again)}"
    sure = not without_times(lineage) and not _trees_may_have_seen(lineage)
    new = ", which its trees had not seen" if sure else ""
    days = _after(again[MEASURED]) if MEASURED in again else ""
    yield "measured on", f"{measured:,} of these{new}: {other}{days}, by a calibrator of {one}"


def knows_until(lineage: Told) -> Iterator[str]:
    """Up to when it knows anything, and how its numbers were come by."""
    yield _known_days(lineage)
    if AGAIN in lineage:
        yield from _rehearsed_again(lineage)
        return
    without = "the measured cases" if without_times(lineage) else "the latest days"
    yield f"It was measured as a rehearsal without {without}; what ships has learned from those too, the same way."


def _known_days(lineage: Told) -> str:
    again, timeless = lineage.get(AGAIN, {}), without_times(lineage)
    if timeless and not (again and _has_days(again)):
        return "All cases carry one moment, so nobody knows how it does on later days."
    look = "Rates drift: look at it again."
    if not again:
        return f"It knows nothing that happened after {_day(lineage['fitted_on']['to'])}. {look}"
    calibrator = f"its calibrator knows nothing that happened after {_day(again['to'])}. {look}"
    if timeless:
        return f"What its trees learned from carries one moment; {calibrator}"
    return f"Its trees know nothing that happened after {_day(lineage['fitted_on']['to'])}; {calibrator}"


def _rehearsed_again(lineage: Told) -> Iterator[str]:
    one, other = _halves(lineage[AGAIN])
    yield (
        f"It was recalibrated: its trees are those of before, what their scores come to was learned anew. Its numbers "
        f"are of a rehearsal, calibrated on {one} of those cases and measured on {other}; what ships is calibrated "
        "on both."
    )
    if _trees_may_have_seen(lineage):
        yield (
            "Some of the cases it was recalibrated on are of days that its trees learned from, so its numbers may "
            "flatter it."
        )


def counted(lineage: Told) -> Iterator[str]:
    """Which cases did not teach, and that the others count for more than themselves; older bundles tell nothing."""
    again = lineage.get(AGAIN)
    if again is None:
        measured = "in what it learned and where all measured cases are spoken of"
        yield from _counted(lineage, "what it learned from and was measured on", measured)
        return
    yield from _counted(lineage, "what its trees learned from", "in what its trees learned")
    measured = "in what its calibrator learned and where all measured cases are spoken of"
    yield from _counted(again, "what it was recalibrated and measured on", measured)


def _counted(told: Told, of: str, where: str) -> Iterator[str]:
    left_out = told.get("left_out", {})
    if why := reasons(left_out):
        yield f"Left out of {of}: {why}."
    if missing := left_out.get(NOT_KNOWN_YET):
        yield f"Known cases count for about {missing:,} like them that are not known yet, {where}."
    elif told.get("selection_weighted") and TOO_YOUNG not in left_out:
        yield f"Cases count by how seldom outcomes like theirs are told, {where}."


def rates_of(lineage: Told) -> str:
    """Of which cases the rates are that the rules and the base rate say."""
    if AGAIN not in lineage:
        return "with rates from the same cases"
    return (
        "with rates, as the base rate is, from what its trees learned from: unlike its calibrator, neither knows the "
        "cases that it was recalibrated on"
    )


def no_report(lineage: Told) -> str:
    """Why a bundle without a report shows no picture, and what makes one."""
    if AGAIN in lineage:
        return (
            "An earlier Fairlead recalibrated this bundle and kept none of this for it. A recalibration or a training "
            "of today keeps it."
        )
    return "This bundle was published without it. Train again to have it."


def _trees_may_have_seen(lineage: Told) -> bool:
    """Whether cases that it was recalibrated on are no later than the last that taught its trees.

    Of a training without times, cases that may have taught them are left out.
    """
    return not without_times(lineage) and bool(lineage[AGAIN]["from"] <= lineage["fitted_on"]["to"])


def _halves(again: Told) -> tuple[str, str]:
    return ("the earlier half", "the later half") if _has_days(again) else ("one half", "the other half")


def _has_days(window: Told) -> bool:
    return bool(window["from"] != window["to"])


def _after(window: Told) -> str:
    return f", {_days(window)}" if _has_days(window) else ""


def _days(window: Told) -> str:
    return f"{_day(window['from'])} to {_day(window['to'])}"


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%-d %B %Y}"
