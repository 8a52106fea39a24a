"""Nothing that is printed acts on the terminal, whoever wrote it and however it is laid out."""

from __future__ import annotations

import io
import re
import sys

import pytest
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

from data.console import PlainConsole, print_json
from tests.data.test_plain_text import FORGED, HONEST

ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
TURNED = f"{FORGED}\u202e\x9b2J"


def table(cell: str | Text) -> Table:
    made = Table(TURNED, title=TURNED)
    made.add_column(Text(TURNED), no_wrap=True)
    made.add_row(cell, cell)
    return made


LAID_OUT = [
    TURNED,
    Text(TURNED, style="red"),
    Padding(Text(TURNED, overflow="fold"), (0, 0, 0, 4)),
    Panel(Text(TURNED), title=Text(TURNED)),
    table(TURNED),
    table(Text(TURNED)),
    Text.assemble(("a", "red"), (TURNED, "bold")),
]


def printed(thing: object, terminal: bool) -> str:
    file = io.StringIO()
    PlainConsole(file=file, width=60, force_terminal=terminal, color_system="standard" if terminal else None).print(
        thing
    )
    return file.getvalue()


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("thing", LAID_OUT, ids=lambda thing: type(thing).__name__)
def test_what_would_act_is_shown(thing: object, terminal: bool) -> None:
    told = COLOURS.sub("", printed(thing, terminal)) if terminal else printed(thing, terminal)
    assert not ACTS.search(told)
    assert "␛[2J␛[H" in told
    assert "�" in told


def test_a_colour_of_its_own_is_kept_and_one_of_others_is_not() -> None:
    told = printed(Text("\x1b[32mgreen", style="red"), terminal=True)
    assert COLOURS.findall(told) == ["\x1b[31m", "\x1b[0m"]


def test_a_bar_of_progress_shows_what_it_counts() -> None:
    file = io.StringIO()
    console = PlainConsole(file=file, width=120, force_terminal=True)
    with Progress(TextColumn("{task.description}"), console=console) as bar:
        bar.add_task(TURNED)
    assert "\x1b[2J" not in file.getvalue()
    assert "␛[2J" in file.getvalue()


@pytest.mark.parametrize("words", HONEST)
def test_what_people_write_is_printed_as_it_is(words: str) -> None:
    assert printed(words, terminal=False) == f"{words}\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_json_is_given_byte_for_byte_and_escaped_on_a_terminal(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    content = '{"reason": "\x9b2J\u202e"}'.encode()
    file = io.BytesIO()
    stream = io.TextIOWrapper(file, encoding="utf-8")
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stdout", stream)
    print_json(content)
    assert file.getvalue() == (rb'{"reason": "\u009b2J\u202e"}' if terminal else content) + b"\n"
