"""Paths into a record by name: `event.time`, `stock.0.on_hand`; each leads to a fact and its unit."""

from __future__ import annotations

import types
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from data.outcome import Outcome
from data.record import Record, Unit

_OUTCOME_UNITS = {
    "recorded_at": Unit.INSTANT,
    "resolved_at": Unit.INSTANT,
    "sla_breached": Unit.FLAG,
    "stockout": Unit.FLAG,
    "exception_type": Unit.LABEL,
    "root_cause": Unit.LABEL,
    "action": Unit.LABEL,
    "granted": Unit.MONEY,
    "cost": Unit.MONEY,
}
"""An outcome is no snapshot of facts, so its fields carry no unit marks of their own."""


def leaf_unit(record: type[Record], path: str) -> Unit | None:
    """The unit of the fact a path leads to; None where there is no such fact, or the path stops at a block."""
    if record is Outcome:
        return _OUTCOME_UNITS.get(path)
    head, _, rest = path.partition(".")
    field = record.model_fields.get(head)
    if field is None:
        return None
    inner, repeated = _inside(field.annotation)
    if repeated:
        index, _, rest = rest.partition(".")
        if not index.isdecimal():
            return None
    if _is_record(inner):
        return leaf_unit(inner, rest) if rest else None
    return None if rest or repeated or _is_table(inner) else _unit_of(field)


def paths_of(record: type[Record]) -> list[str]:
    """Every path that leads to a fact; index 0 stands for any position of a list."""
    return list(_OUTCOME_UNITS) if record is Outcome else [path for path, _ in fields_of(record)]


def fields_of(record: type[Record]) -> Iterator[tuple[str, FieldInfo]]:
    """Every path that leads to a fact of a case, with the field that it is there; 0 for any position of a list."""
    for name, field in record.model_fields.items():
        inner, repeated = _inside(field.annotation)
        prefix = f"{name}.0" if repeated else name
        if _is_record(inner):
            yield from ((f"{prefix}.{path}", each) for path, each in fields_of(inner))
        elif not repeated and not _is_table(inner):
            yield name, field


def words_of(field: FieldInfo) -> tuple[str, ...]:
    """The words that a fact may say, where these are given; empty for any other fact."""
    inner = _inside(field.annotation)[0]
    return tuple(each.value for each in inner) if isinstance(inner, type) and issubclass(inner, StrEnum) else ()


def needed_beside(record: type[Record], path: str) -> list[str]:
    """The facts without which a fact cannot be told: an order's value needs the order's id."""
    head, _, rest = path.partition(".")
    inner, repeated = _inside(record.model_fields[head].annotation)
    index, _, rest = rest.partition(".") if repeated else ("", "", rest)
    if not rest or not _is_record(inner):
        return []
    prefix = f"{head}.{index}" if repeated else head
    own = [name for name, each in inner.model_fields.items() if each.is_required()]
    return [f"{prefix}.{each}" for each in (*own, *needed_beside(inner, rest))]


def _inside(annotation: Any) -> tuple[Any, bool]:
    """The annotation without `| None`, marks and `tuple[..., ...]`; and whether it was a tuple."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _inside(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        present = [each for each in get_args(annotation) if each is not type(None)]
        return _inside(present[0]) if len(present) == 1 else (annotation, False)
    if origin is tuple:
        return get_args(annotation)[0], True
    return annotation, False


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Record)


def _is_table(annotation: Any) -> bool:
    return get_origin(annotation) is dict


def _unit_of(field: FieldInfo) -> Unit | None:
    extra = field.json_schema_extra
    return Unit(str(extra["x-unit"])) if isinstance(extra, dict) and "x-unit" in extra else None
