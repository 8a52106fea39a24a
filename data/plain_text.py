"""Texts that show what they hold: none moves a cursor, clears a screen, or turns round what stands beside it.

What people say of a promotion is read by whoever agrees to it. A control character in it can repaint a terminal, so
that a forged verdict stands where the true one stood; a bidirectional override turns a sentence round on any screen.
What is posted of that kind is refused, what came before or from a sender's customer is shown with its signs visible.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import AfterValidator

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
"""Unicode's category Cc, without tab, line feed and carriage return."""
_TURNING = "\u202a-\u202e\u2066-\u2069"
"""Bidirectional embeddings, overrides and isolates. Marks (U+200E, U+200F) turn nothing, and right-to-left texts use
them; joiners hold emoji and Indic letters together."""
_BARE_RETURN = "\r(?!\n)"
_BREAK = re.compile("[\t\n\r\u2028\u2029]")
_NOT_IN_LINES = re.compile(f"[{_CONTROLS}{_TURNING}]|{_BARE_RETURN}")
_NOT_IN_ONE_LINE = re.compile(f"[{_CONTROLS}{_TURNING}]|{_BREAK.pattern}")

IN_LINES = "text without control characters other than line breaks and tabs, and without bidirectional controls"
IN_ONE_LINE = "text in one line, without control characters and bidirectional controls"

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"} | {0x7F: "\u2421"}
_UNPICTURED = [*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_VISIBLE = _PICTURES | dict.fromkeys(_UNPICTURED, "\ufffd")


def visible(words: str) -> str:
    """The words with a sign in place of each character that would act where it is shown; as many characters."""
    return words.translate(_VISIBLE)


def visible_json(text: str) -> str:
    """JSON that says the same, with what would act where it is shown escaped."""
    return _NOT_IN_LINES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def in_one_line(words: str) -> bool:
    """Whether a text is one line that shows all it holds."""
    return not _NOT_IN_ONE_LINE.search(words)


def in_lines(words: str) -> bool:
    """Whether a text of several lines shows all it holds."""
    return not _NOT_IN_LINES.search(words)


def lined(value: Any) -> Any:
    """A JSON value whose texts are one visible line each: a history may hold any sign, a dossier of it may not."""
    if isinstance(value, str):
        return visible(_BREAK.sub(" ", value))
    if isinstance(value, dict):
        return {lined(name): lined(each) for name, each in value.items()}
    return [lined(each) for each in value] if isinstance(value, list) else value


def _lines(words: str) -> str:
    if not in_lines(words):
        raise ValueError(IN_LINES)
    return words


InLines = AfterValidator(_lines)
"""Of a text that a person posts, which may have lines."""


def texts_at(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every text within a JSON value with the pointer of its place; of an object's own names, that of the object."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield pointer, name
            yield from texts_at(each, f"{pointer}/{name}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from texts_at(each, f"{pointer}/{place}")
