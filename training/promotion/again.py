"""A dossier made again by whoever decides, laid beside the one that was sent: what the two do not agree on.

The service reads the verdict from a dossier that training sent; it holds no history that could tell whether its numbers
are true. Who agrees can: with the bundles that the service holds, and a history of their own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from data.promotion import Check, CheckName, Dossier
from data.record import Record

_OF_THE_MACHINE = CheckName.LATENCY
"""The check whose sentence tells milliseconds: they are another machine's, so only its finding is compared."""
_LISTS = ("checks", "differences", "slices", "calibrations", "shares")
_OF_THE_MOMENT = {"made_at": True, "cost": {"champion_milliseconds", "challenger_milliseconds"}}
_CLOSE = 1e-6
"""Relative: sums of another processor differ in their last digits."""
_NONE = "-"

Told = dict[str, str | float]


@dataclass(frozen=True)
class Apart:
    """One thing on which the dossier that was sent and the one made again differ."""

    what: str
    sent: str
    again: str


def same_history(sent: Dossier, again: Dossier) -> bool:
    """Whether both rest on the same bytes: then everything but milliseconds must be the same."""
    return sent.window.data == again.window.data


def apart(sent: Dossier, again: Dossier) -> Iterator[Apart]:
    """What differs: on the same history anything but milliseconds; on another one what the checks found."""
    told = (_whole, _in_full) if same_history(sent, again) else (_history, _findings)
    for tell in told:
        one, other = tell(sent), tell(again)
        for what in dict.fromkeys([*one, *other]):
            if not _alike(one.get(what), other.get(what)):
                yield Apart(what, _words(one.get(what)), _words(other.get(what)))


def _whole(dossier: Dossier) -> Told:
    """Everything outside the lists, member by member."""
    left_out: dict[str, Any] = {**_OF_THE_MOMENT, **dict.fromkeys(_LISTS, True)}
    return dict(_flat(dossier.model_dump(mode="json", exclude=left_out, exclude_none=True)))


def _flat(table: dict[str, Any], within: str = "") -> Iterator[tuple[str, str | float]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{name} ")
        else:
            yield within + name, value if isinstance(value, float) else str(value)


def _history(dossier: Dossier) -> Told:
    return {"data of the history": dossier.window.data}


def _findings(dossier: Dossier) -> Told:
    return _numbered((_check_name(each), each.finding.value) for each in dossier.checks)


def _in_full(dossier: Dossier) -> Told:
    """Every check in its words and every number, in their order, so that nothing stands there twice unseen."""
    checks = ((_check_name(each), _sentence(each)) for each in dossier.checks)
    records = (*dossier.differences, *dossier.slices, *dossier.calibrations, *dossier.shares)
    return _numbered([*checks, *(number for record in records for number in _numbers(record))])


def _check_name(check: Check) -> str:
    return f"{check.name} of {check.task or 'the bundle'}"


def _sentence(check: Check) -> str:
    return check.finding.value if check.name is _OF_THE_MACHINE else f"{check.finding.value}: {check.says}"


def _numbers(record: Record) -> Iterator[tuple[str, float]]:
    values = record.model_dump(exclude_none=True)
    numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
    of = " ".join(str(value) for name, value in values.items() if name not in numbers)
    for name, value in numbers.items():
        yield f"{type(record).__name__.lower()} {of}: {name}", float(value)


def _numbered(told: Iterable[tuple[str, str | float]]) -> Told:
    """By name; what comes again under a name is told apart."""
    found: Told = {}
    times = Counter[str]()
    for name, value in told:
        times[name] += 1
        found[name if times[name] == 1 else f"{name} ({times[name]})"] = value
    return found


def _alike(one: str | float | None, other: str | float | None) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return one == other


def _words(value: str | float | None) -> str:
    if value is None:
        return _NONE
    return f"{value:.6g}" if isinstance(value, float) else value
