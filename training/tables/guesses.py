"""How what a cell holds is probably written: what a message proposes where a cell cannot be read."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import product

from training.tables.sources import NOT_A_NUMBER

NUMBERED = ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%d-%m-%y", "%m-%d-%y")
NAMED = ("%d-%b-%Y", "%d-%b-%y", "%b-%d-%Y", "%b-%d-%y", "%Y-%b-%d")
DAYS = NUMBERED + NAMED + tuple(each.replace("%b", "%B") for each in NAMED)
MARKS = "-/. "
SPELT = ("%b %d, %Y", "%d %b, %Y", "%a, %d %b %Y", "%a %d %b %Y", "%a, %b %d, %Y")
SPELT_OUT = tuple(each.replace("%b", "%B").replace("%a", day) for each, day in product(SPELT, ("%a", "%A")))
RARE = ("%y-%m-%d",)
"""Days that could be read so, and seldom are: only where nothing else fits."""
TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
CLOCKS = ("", *(f"{gap}{time}{zone}" for zone, gap, time in product(("", " %z", "%z"), (" ", "T", ", "), TIMES)))
EPOCHS = {10: "epoch_seconds", 13: "epoch_milliseconds"}
"""By how many digits they have in the years 2001 to 2286."""
CODES = "%d is the day, %m its month (%b Aug, %B August), %Y the year (%y of two digits), %H:%M the time"


def formats_of(text: str) -> list[str]:
    """The formats of which each reads this text; a day and a month up to 12 may be either."""
    if text.isdecimal() and len(text) in EPOCHS:
        return [EPOCHS[len(text)]]
    found = _reading(text, DAYS, (*SPELT, *SPELT_OUT))
    # May is written alike in short and in full.
    return [each for each in found if each.replace("%B", "%b") == each or each.replace("%B", "%b") not in found] or (
        _reading(text, RARE, ())
    )


def _reading(text: str, days: tuple[str, ...], spelt: tuple[str, ...]) -> list[str]:
    marks = [mark for mark in MARKS if mark in text] or [""]
    whole = [day.replace("-", mark) for day, mark in product(days, marks)] + list(spelt)
    clocks = [each for each in CLOCKS if (":" in text) == (":" in each) and (text[-1:] in "mM") == ("%p" in each)]
    tried = dict.fromkeys(day + clock for day, clock in product(whole, clocks))
    return [each for each in tried if _reads(each, text)]


def _reads(form: str, text: str) -> bool:
    try:
        datetime.strptime(text, form)  # noqa: DTZ007 - whether it can be read at all
    except ValueError:
        return False
    return True


def instant_remedy(text: str, forms: tuple[str, ...]) -> str:
    """What to write in the mapping for an instant that could not be read."""
    if not any(each.isdigit() for each in text):
        return nothing_known(text)
    found = formats_of(text)
    if not forms and found:
        return "say how it is written: " + " or ".join(f'format: "{each}"' for each in found)
    if not forms:
        return f"say by format how it is written ({CODES}), or by missing that it means that nothing is known"
    tried = f"format: {' and '.join(map(repr, forms))} {'does' if len(forms) == 1 else 'do'} not fit it"
    if not found:
        return f"{tried} ({CODES}); rows that are no cases, such as an export's footer, keep out by where"
    return f"{tried}, {' or '.join(map(repr, found))} would; where both are written, say format: {[*forms, found[0]]}"


_UNIT, _DIGITS = r"([^\W\d_]{1,10}|[^\w\s.,:/'%+-]{1,3})", r"\d[\d.,' ]*?"
_BESIDE = re.compile(rf"[-+]?{_UNIT}\s*[-+]?{_DIGITS}|[-+]?{_DIGITS}\s*{_UNIT}")
"""A number with a unit or the sign of a currency before or after it."""


def number_remedy(text: str, alone: bool) -> str:
    """What to write in the mapping for a number that could not be read; `alone` where one source is spoken of."""
    if any(each.isdigit() for each in text) and not any(each.isalpha() for each in text) and not _unit_remedy(text):
        return "decimal and thousands say how numbers are written; where it means that nothing is known, missing does"
    many = f"; where many words stand among the numbers, missing: {NOT_A_NUMBER} beside this source takes them all"
    return _unit_remedy(text) + nothing_known(text) + (many if alone else "")


def _unit_remedy(text: str) -> str:
    """What to write where a unit or a currency stands beside the number; nothing where none seems to."""
    beside = _BESIDE.fullmatch(text)
    written = next((each for each in beside.groups() if each), "") if beside else ""
    return f'where "{written}" is the unit of all, say without: ["{written}"] beside this source; ' if written else ""


def grouped_remedy(mark: str) -> str:
    """What to write where what the mapping calls the mark of thousands stands elsewhere in a number."""
    other = {".": ",", ",": "."}.get(mark)
    if other is None:
        return "decimal and thousands say how numbers are written"
    return (
        f"where this column writes decimals with it, say decimal: {mark!r} and thousands: {other!r} beside its source"
    )


def point_remedy() -> str:
    """What to write where a point stands in a number whose decimal sign is a comma."""
    return (
        "where it stands between thousands, say thousands: '.' (at the top of the mapping or beside this source); "
        "where this column writes decimals with it, say decimal: '.' beside its source"
    )


NOT_SO = frozenset(("nein", "non", "nao", "não", "nej", "nei", "nie", "nee", "ei", "falsch", "faux", "falso", "off"))
"""What tables of other languages write where a flag is not set; there are others."""


def flag_remedy(text: str, listed: list[str]) -> str:
    """What to write in the mapping for a word that is no flag, given the words that its `values` lists."""
    add = f"add it, as {text}: true or {text}: false, or to missing where it means that nothing is known"
    meant = "false" if text.lower() in NOT_SO else "true"
    return (
        f"values lists {', '.join(listed)}; {add}" if listed else f"other words need values: {{{text}: {meant}, ...}}"
    )


def nothing_known(text: str) -> str:
    """Words for cells that hold none."""
    return f'where it means that nothing is known, say missing: ["{text}"]; else take another column'
