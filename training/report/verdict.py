"""Whether a rehearsal speaks for its model: what the card and the terminal say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def closer(told: Mapping[str, Any], side: str) -> float:
    """By what share a side's log loss lies below that of the base rate alone."""
    base = float(told["base"]["log_loss"])
    return 1.0 - float(told[side]["log_loss"]) / base if base else 0.0


def doubt(told: Mapping[str, Any]) -> str:
    """Why the model should not be put in force; empty where it did better than the base rate and the rules."""
    model, rules = closer(told, "model"), closer(told, "rules")
    if model <= 0:
        return "It does no better than the base rate. Do not put it in force."
    if model <= rules:
        return (
            "It beats the base rate but not the rules, which need no model. There is little reason to put it in force."
        )
    return ""
