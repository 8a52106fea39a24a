"""What a number is measured in: a unit that we know, or a short word of the retailer's own that stands after it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from data.record import Unit

_SIGNS = re.compile(r"[{}\[\]|]")
"""What means something in a sentence that is filled."""
LONGEST = 12
"""Characters of a unit of the retailer's own."""


def sayable(told: str, longest: int) -> bool:
    """Whether a sentence can hold it as it is: printable, not too long, nothing that is filled, no space at an end."""
    printed = told.isprintable() and told == told.strip()
    return 0 < len(told) <= longest and printed and not _SIGNS.search(told)


def _measure(told: str) -> str:
    """Ours by its word, so that a unit that was written down is the same one when it is read."""
    if told in tuple(Unit):
        return Unit(told)
    if not sayable(told, LONGEST):
        raise ValueError(
            f"expected a unit, or a word of your own such as kg in 1 to {LONGEST} printable characters, without "
            "{ } [ ] and |, and without a space at either end"
        )
    return told


Measure = Annotated[str, AfterValidator(_measure)]
"""A `Unit`, or any other short word: a unit of the retailer's own, which is shown and never converted."""


def own_word(unit: Measure) -> str:
    """What stands after a number in a unit of the retailer's own, ` kg`; nothing where the unit is ours."""
    return "" if isinstance(unit, Unit) else f" {unit}"
