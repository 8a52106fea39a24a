"""What every part of a mapping shares: a key that it does not have is answered with the nearest that it has."""

from __future__ import annotations

import codecs
import difflib
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from data.record import Record

UNKNOWN_KEY = "unknown_key"
"""The type of the error that names a key which is none; `key` of its context is that key."""


def _of_text(name: str) -> str:
    try:
        "é".encode(name, "replace").decode(name)
    except (LookupError, ValueError):
        raise ValueError("expected how a file of text is written, such as cp1252, latin-1 or utf-16") from None
    return codecs.lookup(name).name


Encoding = Annotated[str, AfterValidator(_of_text)]
"""How the characters of a file are written, by a name that Python knows; UTF-8 where nobody says."""


class Part(Record):
    """A table of keys in a mapping."""

    came_later: ClassVar[frozenset[str]] = frozenset()
    """Keys that mappings did not always have: where they say nothing, a mapping's digest is what it was before."""

    never_empty: ClassVar[frozenset[str]] = frozenset()
    """Keys whose list would say nothing if it were empty, and be taken for a key that is not there."""

    @model_serializer(mode="wrap")
    def _as_before(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: told for key, told in whole(self).items() if told or key not in self.came_later}

    @classmethod
    def in_full(cls, given: Any) -> Any:
        """What is given, with what a shorthand stands for."""
        return given

    @model_validator(mode="before")
    @classmethod
    def _of_known_keys(cls, given: Any) -> Any:
        whole = cls.in_full(given)
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in whole if isinstance(whole, dict) else ():
            if key not in known:
                raise PydanticCustomError(UNKNOWN_KEY, "no such key; {instead}", _instead(str(key), known))
            if key in cls.never_empty and whole[key] == []:
                raise ValueError(f"{key}: [] says nothing: expected one or more in the list, or no {key} at all")
        return whole


def _instead(key: str, known: list[str]) -> dict[str, Any]:
    begun = [each for each in known if each.startswith(key.lower())]
    near = begun or difflib.get_close_matches(key.lower(), known, n=1)
    return {"key": key, "instead": f"did you mean {near[0]!r}?" if near else f"the keys here are {', '.join(known)}"}
