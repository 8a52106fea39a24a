"""A dossier made again by whoever decides, laid beside the one that was sent: what the two do not agree on.

The service reads the verdict from a dossier that training sent; it holds no history that could tell whether its numbers
are true. Who agrees can: with the bundles that the service holds, and a history of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from data.promotion import Check, CheckName, Dossier
from data.vocabulary import Task

_OF_THE_MACHINE = (CheckName.LATENCY, CheckName.SIZE)
"""Checks whose sentences tell milliseconds: they are another machine's, so only their finding is compared."""
_CLOSE = 1e-6
"""Relative: sums of another processor differ in their last digits."""
_NONE = "-"


@dataclass(frozen=True)
class Apart:
    """One thing on which the dossier that was sent and the one made again differ."""

    what: str
    sent: str
    again: str


def same_ground(sent: Dossier, again: Dossier) -> bool:
    """Whether both rest on the same bytes, policy and draws: then every number must be the same."""
    return all(one == other for _, one, other in _ground(sent, again))


def apart(sent: Dossier, again: Dossier) -> Iterator[Apart]:
    """What differs: the ground; the findings; and on the same ground every sentence and every number."""
    yield from (Apart(what, one, other) for what, one, other in _ground(sent, again) if one != other)
    same = same_ground(sent, again)
    yield from _checks(sent, again, same)
    if same:
        yield from _numbers(_told(sent), _told(again))


def _ground(sent: Dossier, again: Dossier) -> Iterator[tuple[str, str, str]]:
    for what in ("data", "begins", "ends"):
        yield f"{what} of the history", str(getattr(sent.window, what)), str(getattr(again.window, what))
    for what in ("policy", "resamples", "seed"):
        yield what, str(getattr(sent, what)), str(getattr(again, what))


def _checks(sent: Dossier, again: Dossier, same: bool) -> Iterator[Apart]:
    theirs, ours = _by_name(sent), _by_name(again)
    for key in dict.fromkeys([*theirs, *ours]):
        one, other = theirs.get(key), ours.get(key)
        told = same and key[0] not in _OF_THE_MACHINE
        if _words(one, told) != _words(other, told):
            name, task = key
            yield Apart(f"{name} of {task or 'the bundle'}", _words(one, True), _words(other, True))


def _by_name(dossier: Dossier) -> dict[tuple[CheckName, Task | None], Check]:
    return {(each.name, each.task): each for each in dossier.checks}


def _words(check: Check | None, told: bool) -> str:
    if check is None:
        return _NONE
    return f"{check.finding.value}: {check.says}" if told else check.finding.value


def _numbers(sent: dict[str, float], again: dict[str, float]) -> Iterator[Apart]:
    for what in dict.fromkeys([*sent, *again]):
        one, other = sent.get(what), again.get(what)
        if one is None or other is None or not math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE):
            yield Apart(what, _number(one), _number(other))


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.6g}"


def _told(dossier: Dossier) -> dict[str, float]:
    """Every number of the comparison under a name that people can look up in the dossier."""
    found: dict[str, float] = {"cases": dossier.window.n, "exceptions": dossier.window.exceptions}
    for record in (*dossier.differences, *dossier.slices, *dossier.calibrations, *dossier.shares):
        values = record.model_dump(exclude_none=True)
        numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
        of = " ".join(str(value) for name, value in values.items() if name not in numbers)
        kind = type(record).__name__.lower()
        found |= {f"{kind} {of}: {name}": float(value) for name, value in numbers.items()}
    return found
