"""Where the commands speak: as wide as the terminal is, and wide enough for their tables where there is none.

Whatever is printed may hold what others wrote. Nothing of that acts on the terminal: what would clear it, move its
cursor or turn a line round is shown as a sign. Colours are the console's own, and come after.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from data.plain_text import visible, visible_json

WIDTH = 120
"""Columns where no terminal says how many it has: a file, a pipe, a log."""


class PlainConsole(Console):
    """A console on which no text acts, whoever wrote it."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of anything printed; texts are made visible before their lines are broken."""
        shown = _shown(renderable) if isinstance(renderable, Text) else renderable
        for segment in super().render(shown, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text))

    def render_str(self, text: str, **how: Any) -> Text:
        """A string as a text: what is measured is what will be shown."""
        return super().render_str(visible(text), **how)


def _shown(text: Text) -> Text:
    """As many characters as before, so that styles stay where they are."""
    plain = visible(text.plain)
    if plain == text.plain:
        return text
    shown = text.copy()
    shown.plain = plain
    return shown


def print_json(content: bytes) -> None:
    """One JSON value on standard output, byte for byte; on a terminal what would act there is escaped."""
    typer.echo(visible_json(content.decode()).encode() if sys.stdout.isatty() else content)


def console(stderr: bool = False) -> Console:
    """One of the two streams."""
    stream = sys.stderr if stderr else sys.stdout
    return PlainConsole(stderr=stderr, width=None if stream.isatty() or os.environ.get("COLUMNS") else WIDTH)
