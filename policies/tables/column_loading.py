"""The `inputs` and `outputs` of a table: declared in place, or named from the columns tables share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.tables.columns import Column, ColumnType
from policies.tables.conditions import RESERVED
from policies.tables.problems import Place, Problems, listed, shown
from policies.tables.shape import check_name, check_one_of, is_block

_KEYS = ("type", "says", "unit", "values", "optional")
_NOT_IN_LABELS = ",[]"


def read_columns(raw: Any, shared: Mapping[str, Column], place: Place, problems: Problems) -> dict[str, Column]:
    """The columns that could be read, by name; a problem is added for each that could not."""
    if isinstance(raw, list):
        return _named(raw, shared, place, problems)
    if not isinstance(raw, dict):
        problems.add(place, f"expected name: {{type: …}} or a list of shared names, got {shown(raw)}: write one")
        return {}
    lines = getattr(raw, "lines", {})
    read = (_declared(name, each, place.at(line=lines.get(name), column=name), problems) for name, each in raw.items())
    return {column.name: column for column in read if column}


def _named(raw: list[Any], shared: Mapping[str, Column], place: Place, problems: Problems) -> dict[str, Column]:
    for name in raw:
        if not isinstance(name, str) or name not in shared:
            known = listed(shared, name)
            says = f"{shown(name)} is not a shared column (there is {known}): correct it or declare its type"
            problems.add(place, says)
    return {name: shared[name] for name in raw if isinstance(name, str) and name in shared}


def _declared(name: str, raw: Any, place: Place, problems: Problems) -> Column | None:
    before = len(problems.found)
    check_name(name, place, problems)
    if not is_block(raw, place, problems, allowed=_KEYS, required=("type",)):
        return None
    check_one_of(raw["type"], tuple(ColumnType), place, problems)
    values = _values(raw, place, problems)
    for key in ("says", "unit"):
        if not isinstance(raw.get(key, ""), str):
            problems.add(place, f"{key} is text, got {shown(raw[key])}: quote it")
    if not isinstance(raw.get("optional", False), bool):
        problems.add(place, f"optional is true or false, got {shown(raw['optional'])}: write one of these")
    if len(problems.found) > before:
        return None
    says = raw.get("says", name.replace("_", " "))
    return Column(name, ColumnType(raw["type"]), says, raw.get("unit"), values, raw.get("optional", False))


def _values(raw: Mapping[str, Any], place: Place, problems: Problems) -> tuple[str, ...]:
    if "values" not in raw:
        return ()
    values = raw["values"]
    if raw["type"] != ColumnType.LABEL:
        problems.add(place, "only a label has values: remove them or declare the type label")
    elif not isinstance(values, list) or not values or not all(isinstance(each, str) for each in values):
        problems.add(place, f"values are a list of texts, got {shown(values)}: quote numbers, true and false")
    elif bad := [each for each in values if not _can_be_a_label(each)]:
        problems.add(place, f"{shown(bad[0])} cannot be a label (a word of the language, or with , [ ]): rename it")
    elif len(set(values)) < len(values):
        problems.add(place, "a value stands twice: keep one")
    else:
        return tuple(values)
    return ()


def _can_be_a_label(text: str) -> bool:
    return (
        text == text.strip() != ""
        and text not in RESERVED
        and not text.startswith("not ")
        and not text.endswith((" or missing", " and present"))
        and not any(sign in text for sign in _NOT_IN_LABELS)
    )
