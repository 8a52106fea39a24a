"""Canonical JSON (RFC 8785), written in one pass over ordinary values; what is not ordinary goes to `rfc8785`.

Every answer is digested, so this is on the path of every request: it takes a third of the library's time. A test holds
both to the same bytes.
"""

from __future__ import annotations

from json.encoder import encode_basestring as _quoted
from typing import Any

import rfc8785

_LARGEST, _SMALLEST = 1e15, 1e-4
"""Between these, Python writes a number as ECMAScript does: no exponent, the shortest digits that read back."""

_CONSTANTS = {None: "null", True: "true", False: "false"}


def dumps(value: Any) -> bytes:
    """The canonical bytes of JSON values. Raises `rfc8785.CanonicalizationError` for what JSON cannot carry exactly."""
    try:
        return _text(value).encode()
    except UnicodeEncodeError as error:
        raise rfc8785.CanonicalizationError("a text has a lone surrogate") from error


def _text(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is dict:
        return "{" + ",".join([f"{_quoted(key)}:{_text(value[key])}" for key in _keys(value)]) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([_text(each) for each in value]) + "]"
    if kind is float:
        return _number(value)
    if kind is bool or value is None:
        return _CONSTANTS[value]
    return rfc8785.dumps(value).decode()


def _keys(value: dict[Any, Any]) -> list[str]:
    """Sorted by UTF-16 code units, which for ASCII is the order of the text itself."""
    try:
        plain = all(map(str.isascii, value))
    except TypeError:
        raise rfc8785.CanonicalizationError("a key is not a text") from None
    return sorted(value) if plain else sorted(value, key=lambda key: key.encode("utf-16be"))


def _number(value: float) -> str:
    if value.is_integer() and -_LARGEST < value < _LARGEST:
        return str(int(value))
    if _SMALLEST <= abs(value) < _LARGEST:
        return repr(value)
    return rfc8785.dumps(value).decode()
