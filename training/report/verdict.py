"""Whether a rehearsal speaks for its model, and whether its level is right: what card and terminal say of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from data.amounts import percent
from data.vocabulary import Task
from models.performance import level_missed

OWN = "attribute."
"""What the name of a column of one's own begins with."""
TOO_GOOD = 0.95
"""The share of the base rate's log loss that is gone from which a leak is likelier than a model so good."""


def closer(told: Mapping[str, Any], side: str) -> float:
    """By what share a side's log loss lies below that of the base rate alone."""
    base = float(told["base"]["log_loss"])
    return 1.0 - float(told[side]["log_loss"]) / base if base else 0.0


def closer_than_known(task: Task, told: Mapping[str, Any]) -> float | None:
    """By what share the model's log loss lies below that of whoever had known the rate of the measured cases before.

    That is the entropy of the rate. None for labels, of which the commonest alone is told, and where all ended alike.
    """
    rate = float(told["base_rate"])
    if not task.is_risk or not 0.0 < rate < 1.0:
        return None
    entropy = -(rate * math.log(rate) + (1.0 - rate) * math.log1p(-rate))
    return 1.0 - float(told["model"]["log_loss"]) / entropy


SUSPECTS = "suspects"
"""Where a lineage keeps the columns that the check refuses, and what it has against each."""


def suspects_of(lineage: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The columns that the check refused when a model of this lineage was trained, and what it had against each."""
    kept = lineage.get(SUSPECTS)
    pairs = [each for each in kept if isinstance(each, list) and len(each) == 2] if isinstance(kept, list) else []
    return [(str(column), str(against)) for column, against in pairs]


def unexplained(columns: Sequence[str]) -> str:
    """Why a model should not be put in force that learned from columns which the check refuses; empty without any."""
    if not columns:
        return ""
    return (
        f"It learned from {', '.join(columns)}, which fairlead history check suspects of holding what happened later. "
        "Do not put it in force before somebody who knows the table has looked at that."
    )


def doubt(told: Mapping[str, Any]) -> str:
    """Why the model should not be put in force; empty where it did better than the base rate and the rules."""
    model, rules = closer(told, "model"), closer(told, "rules")
    if model >= TOO_GOOD:
        return (
            "It is all but always right, which is too good to be true: look for a column that holds what happened "
            "later (fairlead history check), and do not put it in force before."
        )
    if model <= 0:
        return "It does no better than the base rate. Do not put it in force."
    if model <= rules:
        return (
            "It beats the base rate but not the rules, which need no model. There is little reason to put it in force."
        )
    return ""


ALONE = 3.0
"""How many times as far as anything else a column of one's own moves the score that is asked about."""


def stands_alone(told: Mapping[str, Any]) -> str:
    """What to ask of a column of one's own that tells nearly all: of a first bundle no promotion asks. Else empty."""
    first, second = [*told.get("report", {}).get("strongest", []), None, None][:2]
    if first is None or second is None or not first["feature"].startswith(OWN):
        return ""
    times = first["strength"] / second["strength"]
    if times < ALONE:
        return ""
    name = first["feature"].removeprefix(OWN)
    return f"{name} moves the score {times:.1f} times as far as anything else: is it known when the event comes?"


MENDS = "Newer labels may mend that: train on them too, or give them to `fairlead recalibrate`"


def wrong_level(task: Task, told: Mapping[str, Any]) -> str:
    """What the model said beside what came true, where the two differ by more than chance explains; else empty."""
    said, happened = _said(told), float(told["base_rate"] if task.is_risk else told["model"]["accuracy"])
    if said is None or not level_missed(said, happened, int(told["n"])):
        return ""
    if task.is_risk:
        return f"it said {percent(said)} where {percent(happened)} came true"
    return f"it said that {percent(said)} of its likeliest labels are right, and {percent(happened)} were"


def _said(told: Mapping[str, Any]) -> float | None:
    """The mean of what was said; of a bundle that does not tell it, of its bins."""
    if "said" in told["model"]:
        return float(told["model"]["said"])
    bins = told.get("report", {}).get("reliability", [])
    n = sum(count for _, _, count in bins)
    return sum(said * count for said, _, count in bins) / n if n else None
