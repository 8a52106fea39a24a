"""How facts are written down: absent ones left out, amounts as decimal strings, some lost on the way."""

from __future__ import annotations

from typing import Any

from data.simulator.dice import Dice

Facts = dict[str, Any]
"""A block of a case as JSON values under its published names."""


def known(**facts: Any) -> Facts:
    """The facts that are there: None is left out."""
    return {name: value for name, value in facts.items() if value is not None}


def lose(dice: Dice, facts: Facts, share: float, *kept: str) -> Facts:
    """The facts without a random share of them; those named in `kept` always stay."""
    return {name: value for name, value in facts.items() if name in kept or dice.unit() >= share}


def amount(value: float) -> str:
    """Money with two decimals."""
    return f"{value:.2f}"
