"""JSON that every reader understands alike (I-JSON, RFC 7493), or a clear refusal.

Refused besides bad syntax: duplicate names, NaN and infinities (also as 1e400), integers that are not exact in every
reader, lone surrogates, NUL, a byte order mark, and nesting deeper than anything that is read here.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from data.record import LARGEST_EXACT_INTEGER
from serving.errors import MalformedBody

DEEPEST = 24
"""Levels of nesting; a case needs six."""

_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A string, closed or running to the end: what is never closed must not be scanned again from each of its quotes."""
_BRACKETS = re.compile(rb"[\[\]{}]")
_ODD = re.compile("[\x00\ud800-\udfff]")


def read_json(content: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises MalformedBody, saying what is wrong but never what came."""
    if not content.strip():
        raise MalformedBody("The body is empty: send a JSON object.")
    _refuse_deep(content)
    value = _parse(_decode(content))
    for text in _texts(value):
        if _ODD.search(text):
            raise MalformedBody("A string holds NUL or half of a surrogate pair: send whole Unicode characters.")
    return value


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise MalformedBody(f"Not JSON: the syntax breaks at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise MalformedBody(_too_deep()) from None


def _refuse_deep(content: bytes) -> None:
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", content)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise MalformedBody(_too_deep())


def _too_deep() -> str:
    return f"The body nests deeper than {DEEPEST} levels."


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedBody("An object has the same name twice: readers disagree which one counts.")
    return value


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedBody("NaN and infinities are not JSON: leave the fact out where it is unknown.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedBody("A number is too large for a double.")
    return value


def _integer(text: str) -> int:
    if len(text) > len(str(LARGEST_EXACT_INTEGER)) + 1 or abs(int(text)) > LARGEST_EXACT_INTEGER:
        raise MalformedBody(f"An integer is beyond {LARGEST_EXACT_INTEGER}: send it as a string.")
    return int(text)


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            yield from each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
