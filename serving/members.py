"""Which members the schema names at one place of a body: names of our own, never those that came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from data.record import Record


def members_at(model: type[Record], location: Sequence[int | str]) -> tuple[str, ...]:
    """The members of the object at this place, in the schema's order; none where it is no object of the schema."""
    schema = _schema(model)
    places = list(_meant(schema, schema))
    for part in location:
        places = [inner for place in places for inner in _inside(schema, place, part)]
    return tuple(dict.fromkeys(name for place in places for name in place.get("properties", ())))


@cache
def _schema(model: type[Record]) -> dict[str, Any]:
    return model.model_json_schema()


def _inside(schema: dict[str, Any], place: dict[str, Any], part: int | str) -> Iterator[dict[str, Any]]:
    inner = place.get("items") if isinstance(part, int) else place.get("properties", {}).get(part)
    return _meant(schema, inner) if isinstance(inner, dict) else iter(())


def _meant(schema: dict[str, Any], place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a schema stands for: references followed, each alternative by itself."""
    if "$ref" in place:
        yield from _meant(schema, schema["$defs"][place["$ref"].rpartition("/")[2]])
    elif "anyOf" in place:
        for each in place["anyOf"]:
            yield from _meant(schema, each)
    else:
        yield place
