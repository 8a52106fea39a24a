"""Which members the schema names at one place of a body, and what it expects there: words of our own, never those
that came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from data.record import Record


def members_at(model: type[Record], location: Sequence[int | str]) -> tuple[str, ...]:
    """The members of the object at this place, in the schema's order; none where it is no object of the schema."""
    schema = _schema(model)
    return tuple(dict.fromkeys(name for place in _places(schema, location) for name in place.get("properties", ())))


def expected_at(model: type[Record], location: Sequence[int | str]) -> str:
    """What the schema expects at this place, in words: `a text of 1 to 128 characters`; empty where it says nothing."""
    told = (_kind(place) for place in _places(_schema(model), location))
    return " or ".join(dict.fromkeys(each for each in told if each))


def _places(schema: dict[str, Any], location: Sequence[int | str]) -> list[dict[str, Any]]:
    places = list(_meant(schema, schema))
    for part in location:
        places = [inner for place in places for inner in _inside(schema, place, part)]
    return places


def _kind(place: dict[str, Any]) -> str:
    if "enum" in place:
        return "one of " + ", ".join(str(each) for each in place["enum"])
    if "const" in place:
        return str(place["const"])
    match place.get("type"):
        case "string" if place.get("format") in _FORMATS:
            return _FORMATS[place["format"]]
        case "string":
            long = _within(place.get("minLength"), place.get("maxLength"), "of")
            return f"a text{long} characters" if long else "a text"
        case "integer" | "number" as kind:
            name = "a whole number" if kind == "integer" else "a number"
            return name + _within(place.get("minimum"), place.get("maximum"), "from")
        case "object":
            members = place.get("required") or place.get("properties", ())
            return f"an object with {', '.join(members)}" if members else "an object"
        case kind:
            return _PLAIN.get(str(kind), "")


_FORMATS = {
    "date-time": "an instant with its offset, such as 2026-01-31T08:30:00Z",
    "date": "a day, such as 2026-01-31",
}
_PLAIN = {"boolean": "true or false", "array": "a list"}


def _within(low: float | None, high: float | None, between: str) -> str:
    """The limits that the schema says."""
    if low is not None and high is not None:
        return f" {between} {low:g} to {high:,}"
    if low is not None:
        return f" of at least {low:g}"
    return "" if high is None else f" of at most {high:,}"


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
