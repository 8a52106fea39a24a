"""What whoever asks for a promotion answers for: how what is new to the champion is known before the outcome.

A column that was written after the fact and is right three times in four looks like an honest new column of use: no
number tells them apart. Somebody who knows the column does, so they say how it is known, the dossier keeps it, and
whoever agrees reads it. Why values of a known column are others than the champion was told is said in the same way.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from data.plain_text import IN_ONE_LINE, in_one_line
from data.promotion import LONGEST_WHY, OUTCOMES, Attestation
from models.bundle import Bundle
from training.errors import TrainingError
from training.promotion.kindred import ATTRIBUTE
from training.promotion.news import MESSAGE

Attested = Mapping[str, str]
"""By what is new (`closing_code` or `attribute.closing_code`, a fact's name, `message`), how it is known before.

Under `outcomes`, why some are told otherwise than the champion was taught; an attribute of that name is answered for
as `attribute.outcomes`.
"""
OPTION = "--attest"
EXPECTED = f'{OPTION} "NAME[,NAME]=how it is known before the outcome"'


def read(given: Iterable[str]) -> dict[str, str]:
    """What the options say, `NAME[,NAME]=WHY` each.

    Raises TrainingError for one that says no name, no reason, or speaks of a name twice.
    """
    found: dict[str, str] = {}
    for each in given:
        names, _, why = (part.strip() for part in each.partition("="))
        told = [name for name in re.split(r"\s*,\s*", names) if name]
        if not told or not 3 <= len(why) <= LONGEST_WHY or not in_one_line(why):
            raise TrainingError(f"{each!r}: expected {EXPECTED}, in 3 to {LONGEST_WHY} characters, {IN_ONE_LINE}")
        if twice := [name for name in told if name in found or told.count(name) > 1]:
            raise TrainingError(f"{OPTION} speaks of {twice[0]} twice: say it once")
        found |= dict.fromkeys(told, why)
    return found


def recorded(attested: Attested) -> tuple[Attestation, ...]:
    """As a dossier keeps them."""
    return tuple(Attestation(name=name, says=why) for name, why in sorted(attested.items()))


def of_dossier(attested: Sequence[Attestation]) -> dict[str, str]:
    """As a comparison takes them."""
    return {each.name: each.says for each in attested}


def said_of(new: str, attested: Attested) -> str | None:
    """How something new is known before the outcome; None where nobody says it."""
    short = new.removeprefix(ATTRIBUTE)
    return attested.get(new, None if short == OUTCOMES else attested.get(short))


def require_read(attested: Attested, challenger: Bundle) -> None:
    """Raises TrainingError for an attestation of what no model of the challenger reads."""
    features = {name for each in challenger.models.values() for name in each.model.features().names}
    for name in attested:
        if name not in (MESSAGE, OUTCOMES) and not {name, f"{ATTRIBUTE}{name}"} & features:
            own = sorted(each.removeprefix(ATTRIBUTE) for each in features if each.startswith(ATTRIBUTE))
            near = difflib.get_close_matches(name, [OUTCOMES, MESSAGE, *own, *sorted(features)], n=1)
            also = f"; did you mean {near[0]}?" if near else f"; of your own it reads {', '.join(own[:8])}" * bool(own)
            raise TrainingError(f"{OPTION} speaks of {name}, which the challenger does not read{also}")
