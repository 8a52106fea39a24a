"""How what a cell holds is probably written: what a message proposes where a cell cannot be read."""

from __future__ import annotations

from datetime import datetime
from itertools import product

from training.tables.sources import NOT_A_NUMBER

DAYS = ("%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%d-%b-%Y", "%d-%m-%y", "%m-%d-%y")
MARKS = "-/."
CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
EPOCHS = {10: "epoch_seconds", 13: "epoch_milliseconds"}
"""By how many digits they have in the years 2001 to 2286."""


def formats_of(text: str) -> list[str]:
    """The formats of which each reads this text; a day and a month up to 12 may be either."""
    if text.isdecimal() and len(text) in EPOCHS:
        return [EPOCHS[len(text)]]
    tried = [day.replace("-", mark) + clock for day, mark, clock in product(DAYS, MARKS, CLOCKS)]
    return [each for each in dict.fromkeys(tried) if _reads(each, text)]


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
    if not forms:
        found = found or ["%d/%m/%Y %H:%M"]
        return "say how it is written: " + " or ".join(f'format: "{each}"' for each in found)
    tried = f"format: {' and '.join(map(repr, forms))} {'does' if len(forms) == 1 else 'do'} not fit it"
    if not found:
        return tried
    return f"{tried}, {' or '.join(map(repr, found))} would; where both are written, say format: {[*forms, found[0]]}"


def number_remedy(text: str, alone: bool) -> str:
    """What to write in the mapping for a number that could not be read; `alone` where one source is spoken of."""
    if any(each.isdigit() for each in text) and not any(each.isalpha() for each in text):
        return "decimal and thousands say how numbers are written; where it means that nothing is known, missing does"
    many = f"; where many words stand among the numbers, missing: {NOT_A_NUMBER} beside this source takes them all"
    return nothing_known(text) + (many if alone else "")


def flag_remedy(text: str, listed: list[str]) -> str:
    """What to write in the mapping for a word that is no flag, given the words that its `values` lists."""
    add = f"add it, as {text}: true or {text}: false, or to missing where it means that nothing is known"
    return f"values lists {', '.join(listed)}; {add}" if listed else f"other words need values: {{{text}: true, ...}}"


def nothing_known(text: str) -> str:
    """Words for cells that hold none."""
    return f'where it means that nothing is known, say missing: ["{text}"]; else take another column'
