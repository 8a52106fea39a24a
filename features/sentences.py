"""A feature's value as a sentence a store manager understands, with what is usual beside it."""

from __future__ import annotations

import math
import re

from data.amounts import amount
from features.definition import Feature

Quantiles = tuple[float, float, float]
"""The 10 %, 50 % and 90 % quantiles of a feature over the history a model was fitted on."""


def readable(feature: Feature, value: float) -> str:
    """A known value without its sentence; a level by its name, a flag by its word."""
    if feature.kind == "flag":
        return feature.words[int(value != 0.0)]
    if feature.kind == "category":
        return feature.levels[int(value)].replace("_", " ")
    return amount(value, feature.unit)


_EITHER = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")


def filled(says: str, shown: str) -> str:
    """The sentence with its value; `[one|many]` becomes the first where exactly one is shown."""
    return _EITHER.sub(r"\1" if shown == "1" else r"\2", says).replace("{value}", shown)


def _usual(feature: Feature, value: float, reference: Quantiles, plain: bool) -> str:
    """What is usual, said beside a value; nothing where the difference is too small to show."""
    low, _, high = reference
    if low <= value <= high:
        return "; that is usual"
    bound = high if value > high else low
    signed = plain and feature.below_zero is None
    if min(bound, value) < 0.0 and not signed:  # a bound of the other sign would need a sentence of its own
        return "; that is unusual"
    shown = amount(bound, feature.unit)
    if shown == amount(value, feature.unit):
        return ""
    if plain and amount(low, feature.unit) == amount(high, feature.unit):
        return f"; usually {shown}"
    return f"; usually {shown} or {'less' if value > high else 'more'}"


def sentence(feature: Feature, value: float, reference: Quantiles | None, plain: bool = False) -> str:
    """The value as a sentence: `the task has waited 41 min; usually 12 min or less`.

    `value` is NaN where it is not known; `reference` None where nothing is known of what is usual. `plain` tells what
    is usual as one number where it is one, and also of numbers that may be negative: earlier answers did not.
    """
    if math.isnan(value):
        return f"{feature.about[0].lower()}{feature.about[1:]} is not known"
    if feature.kind != "number":
        return filled(feature.says, readable(feature, value))
    told = _told(feature, value)
    return told + (_usual(feature, value, reference, plain) if reference else "")


def _told(feature: Feature, value: float) -> str:
    if value < 0.0 and feature.below_zero is not None:
        return filled(feature.below_zero, readable(feature, -value))
    return filled(feature.says, readable(feature, value))
