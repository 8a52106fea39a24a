"""Attributes that a model was taught and a history does not tell: its scores would be those of a blinded model."""

from __future__ import annotations

from data.case import AttributeKind, kind_of
from features.attributes import AttributeSchema
from training.daily.history import DailyHistory
from training.errors import HistoryError
from training.histories.history import History, MappedHistory


def require_declared(taught: AttributeSchema, history: History) -> None:
    """Refuse a mapping without an attribute of the model; a native history declares none, its cases tell.

    Raises:
        HistoryError: the names that the mapping lacks.
    """
    declared = _declared(history)
    lost = [] if declared is None else sorted(taught.kinds.keys() - declared)
    if lost:
        raise HistoryError(
            f"the mapping does not declare {', '.join(lost)}, which the model was taught: every score would be that of "
            "a model without it. Declare it under attributes, as in the mapping that the model was trained by, or "
            "train a model without it"
        )


def never_told(taught: AttributeSchema, history: History) -> list[str]:
    """The attributes of the model that no case of the history tells, or only as another kind than was taught.

    Reads no further than until each was told once.
    """
    if isinstance(history, DailyHistory):
        columns = history.mapping.attributes
        return sorted(name for name in taught.attributes if not history.frame[columns[name].column].notna().any())
    left: dict[str, AttributeKind] = dict(taught.kinds)
    lines = iter(history.lines())
    while left and (line := next(lines, None)) is not None:
        told = line.case.attributes
        left = {name: kind for name, kind in left.items() if kind_of(told.get(name)) != kind}
    return sorted(left)


def _declared(history: History) -> frozenset[str] | None:
    if isinstance(history, DailyHistory):
        return frozenset(history.mapping.attributes)
    return history.attributes if isinstance(history, MappedHistory) else None
