"""What is wrong with a mapping, in one line: the key, what was expected there and what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import ValidationError

from training.errors import MappingError, MappingFileError
from training.tables.part import UNKNOWN_KEY, Part

LONGEST = 80
"""Characters of what came that are shown."""
SHAPES = {
    "dict_type": "expected a table of keys",
    "model_type": "expected a table of keys, or the name of a column",
    "tuple_type": "expected a list",
    "bool_type": "expected true or false",
    "string_type": "expected a text; quote what is none",
}
"""What was expected, by the type of the error, where its own words are those of a programmer."""
NAMES = (
    "a name begins with a letter or _ and goes on with letters, digits, _ and - (an attribute's also with .), "
    "64 characters at most"
)
SCALAR = "expected one text, one number, or true or false"
ONE_KEY = "[key]"


def first_problem(error: ValidationError, content: Any, model: type[Part]) -> MappingError:
    """What to mend first: a key that is none explains much else that is then missing."""
    errors = error.errors()
    first = next((each for each in errors if each["type"] == UNKNOWN_KEY), errors[0])
    place = _place(first["loc"], content)
    if first["type"] == UNKNOWN_KEY:
        return MappingError(".".join([*place, first["ctx"]["key"]]), first["msg"])
    if first["type"] == "missing":
        return MappingError(".".join([*place, str(first["loc"][-1])]), _missing(first["loc"], model))
    if {"bool_type", "string_type"} <= {each["type"] for each in errors if _place(each["loc"], content) == place}:
        return MappingError(".".join(place), f"{SCALAR}, got {shown(first['input'])}")
    if not place:
        return MappingFileError(expected(first))
    return MappingError(".".join(place), f"{expected(first, ONE_KEY in first['loc'])}, got {shown(first['input'])}")


def _missing(location: Sequence[int | str], model: type[Part]) -> str:
    """That a key is missing, and what to write where only one value may stand there."""
    of_model = {field.alias or name: field for name, field in model.model_fields.items()}
    field = of_model.get(str(location[0])) if len(location) == 1 else None
    values = get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()
    if len(values) == 1:
        return f"missing; write {location[0]}: {values[0]}"
    return "missing; it cannot be left out here"


def expected(error: Any, is_name: bool = False) -> str:
    """What was expected, in words."""
    if is_name:
        return NAMES
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return SHAPES.get(error["type"]) or str(error["msg"]).replace("Input should be", "expected")


def shown(given: Any) -> str:
    """What came, on one line and not too long."""
    text = "nothing" if given is None else repr(given)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _place(steps: Sequence[int | str], content: Any) -> list[str]:
    """The steps that lead into the content; others are names of what the value was tried as."""
    place: list[str] = []
    for step in steps:
        there = content if isinstance(content, dict) else dict(enumerate(content if isinstance(content, list) else ()))
        if step in there:
            content = there[step]
            place.append(str(step))
    return place


def not_yaml(error: yaml.YAMLError | UnicodeError) -> str:
    """Where a file stops being YAML, and what it often is."""
    if isinstance(error, UnicodeDecodeError):
        return f"not YAML: byte {error.start} is not UTF-8; save the file as UTF-8"
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return f"not YAML: {' '.join(str(error).split())}; take out that character"
    where, why = f"line {mark.line + 1}, column {mark.column + 1}", getattr(error, "problem", None) or "it ends there"
    often = "the indentation, a bracket or quote that is not closed, or a text that needs quotes, as one with ' #' does"
    return f"not YAML at {where}: {why}; look there and in the line before at {often}"
