"""Whether the challenger's columns mean what the champion's do: two that were exchanged show in what was usual.

Of columns of words `training.promotion.words` tells it, of numbers that overlap `training.promotion.numbers`, and,
value by value, `training.promotion.values`.

Only what a table can exchange tells that. How many outcomes of a party are known, or how common a fact is, is counted
here and grows with the history: of a short, small or young one it is lower, and nothing was exchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.promotion import Check, CheckName, Finding
from features.catalogue import feature_set
from features.definition import plain_name
from models.task_model import Reference, TaskModel
from training.promotion.attested import OPTION, Attested, said_of
from training.promotion.numbers import exchanged as exchanged_numbers
from training.promotion.sides import Pair
from training.promotion.values import Rewritten, rewritten
from training.promotion.words import exchanged as exchanged_words
from training.promotion.words import told_words

FAR = 1.0
"""A column is far from what it was when its quantiles moved by this much of their own spread, on average."""
CLOSER = 0.25
"""The other column's place must be this much nearer to be taken for its own, and not be far itself."""
FEWEST = 30
"""Cases that must tell a column, on either side, before its quantiles say what is usual."""
ALIKE = 2.0
"""Two histories are alike where neither has so many times the other's cases, nor lasted so many times as long."""
LISTED = 4
NOTED = 6
"""Columns in a note: whoever agrees reads them all; the dossier keeps what is answered for."""
_EXCHANGED = "the challenger learned with columns exchanged"
_NOBODY_ANSWERS = f". Nobody can answer for an exchange by {OPTION}: train again with each in its place"
_OTHERWISE = "the challenger was told other values than the champion of the same events"

Quantiles = tuple[float, float, float]


def check(pair: Pair, attested: Attested | None = None) -> Check:
    """Whether columns were exchanged, or hold what they never held, or other values than the champion was told.

    Of values that were changed between two trainings somebody may say why (`attested`): a mapping was mended. Nobody
    answers for an exchange. A refusal names columns exactly, for whoever asks looks them up; else they are in words.
    """
    its = pair.challenger.model
    compared, counted = comparable(pair.champion.model, its)
    before = _only(compared, pair.champion.model.reference)
    now = _only(compared, its.reference)
    words_before, words_now = told_words(pair.champion.model), told_words(its)
    otherwise, alike = rewritten(pair)
    if taken := [each for each in otherwise if each.held]:
        nobody = _NOBODY_ANSWERS if any(_why(each, attested) is not None for each in taken) else ""
        return _check(pair, Finding.REFUSED, f"{_EXCHANGED}: {', '.join(map(str, taken[:LISTED]))}{nobody}")
    numbers = dict.fromkeys([*swapped(before, now), *exchanged_numbers(pair, compared - _of_outcomes(its))])
    exchanged = [*exchanged_words(words_before, words_now), *numbers]
    if exchanged:
        told = ", ".join(f"{one} and {other}" for one, other in exchanged[:LISTED])
        return _check(pair, Finding.REFUSED, f"{_EXCHANGED}: {told} hold what the other one held")
    if unsaid := [each for each in otherwise if _why(each, attested) is None]:
        return _check(pair, Finding.REFUSED, _asked(unsaid))
    moved = sorted({*_moved(before, now)} & {*_unlike_today(pair)} - _of_outcomes(its))
    if moved:
        told = ", ".join(moved[:LISTED])
        says = f"the challenger learned from other values than the champion did and than these cases hold: {told}"
        return _check(pair, Finding.REFUSED, says)
    words = len(words_before.keys() & words_now.keys())
    both = len(set(before) & set(now))
    elsewhere = _moved(before, now)
    spread = f"{both - len(elsewhere)} of {both} features that are numbers"
    says = f"{spread} are spread as they were where the champion was trained"
    if elsewhere:
        others = f" and {len(elsewhere) - LISTED} others" if len(elsewhere) > LISTED else ""
        says += f" (not {', '.join(map(plain_name, elsewhere[:LISTED]))}{others})"
    if words:
        says += f", and no two of {words} columns of words were exchanged"
    if otherwise:
        return _check(pair, Finding.NOTED, _noted(otherwise, attested))
    if alike:
        says += f"; of the events that taught both, {alike} column{'s' * (alike > 1)} told the same"
    if counted:
        says += f"; {counted} count what a history told, and one of the two is much smaller or shorter"
    return _check(pair, Finding.PASSED, says)


def _why(changed: Rewritten, attested: Attested | None) -> str | None:
    """Why values were changed, as whoever asks says."""
    return said_of(changed.name, attested or {})


def _noted(otherwise: Sequence[Rewritten], attested: Attested | None) -> str:
    """What whoever agrees should know: what somebody answers for, the worst first."""
    told: dict[str | None, list[str]] = {}
    for each in otherwise[:NOTED]:
        told.setdefault(_why(each, attested), []).append(each.words)
    answers = [f"{', '.join(columns)}, because “{why}”" for why, columns in told.items()]
    more = [f"and {len(otherwise) - NOTED} more"] if len(otherwise) > NOTED else []
    return f"{_OTHERWISE}, as whoever asks answers for: {'; '.join([*answers, *more])}"


def _asked(unsaid: Sequence[Rewritten]) -> str:
    told, names = ", ".join(map(str, unsaid[:LISTED])), ",".join(each.short for each in unsaid)
    return (
        f"{_OTHERWISE}: {told}. What is rewritten after the fact looks so: say what changed them (a mended mapping, "
        f'another policy or Fairlead), for whoever agrees to read ({OPTION} "{names}=WHY")'
    )


def comparable(champion: TaskModel, challenger: TaskModel) -> tuple[frozenset[str], int]:
    """The columns whose values tell what they mean, and how many others are told but count the history itself.

    These are compared only where both learned from histories that are alike. What a model's own text model and links
    say is of the model, not of a column.
    """
    told = _told(champion) & _told(challenger)
    if _alike(_window(champion), _window(challenger)):
        return told, 0
    features = feature_set(challenger.task, challenger.attributes).features
    counts = {each.name for each in features if each.known != "event"}
    return told - counts, len(told & counts & challenger.reference.keys() & champion.reference.keys())


def _of_outcomes(model: TaskModel) -> frozenset[str]:
    """What no column holds: counted of earlier cases and their outcomes, it moves with every quiet week."""
    features = feature_set(model.task, model.attributes).features
    return frozenset(each.name for each in features if each.known == "standing")


def swapped(before: Reference, now: Reference) -> Iterator[tuple[str, str]]:
    """Pairs of columns of which each now holds what the other held."""
    for one, other in combinations(_moved(before, now), 2):
        crossed = (_distance(before[other], now[one]), _distance(before[one], now[other]))
        own = (_distance(before[one], now[one]), _distance(before[other], now[other]))
        if all(its <= FAR and its < CLOSER * before for its, before in zip(crossed, own, strict=True)):
            yield one, other


def _told(model: TaskModel) -> frozenset[str]:
    """The columns of the table that enough cases tell; a bundle of before says not how many."""
    profiles = model.profile.features if model.profile else ()
    told = {each.name: round(each.n * (1.0 - each.shares[0])) for each in profiles}
    names = (each.name for each in feature_set(model.task, model.attributes).features)
    return frozenset(name for name in names if told.get(name, FEWEST) >= FEWEST)


def _window(model: TaskModel) -> tuple[float, float]:
    """How many cases a model learned from, and over how long (s)."""
    window: dict[str, Any] = model.lineage.get("fitted_on", {})
    return float(window.get("n", 0)), float(window.get("to", 0)) - float(window.get("from", 0))


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(max(both) <= ALIKE * min(both) for both in zip(one, other, strict=True))


def _only(names: frozenset[str], reference: Reference) -> Reference:
    return {name: usual for name, usual in reference.items() if name in names}


def _moved(before: Reference, now: Reference) -> list[str]:
    return [name for name in sorted(set(before) & set(now)) if _distance(before[name], now[name]) > FAR]


def _unlike_today(pair: Pair) -> Iterator[str]:
    """Columns whose values in the compared cases are far from what the challenger learned from."""
    side = pair.challenger
    today = side.model.features().reference(side.features)
    for name, usual in side.model.reference.items():
        if name in today and _distance(usual, today[name]) > FAR:
            yield name


def _distance(usual: Quantiles, found: Quantiles) -> float:
    """How far three quantiles lie from three others, in units of their spread."""
    one, other = np.array(usual), np.array(found)
    return float(np.abs(one - other).mean() / _spread(one, other))


def _spread(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The smaller spread of the two; where one never varies, the other's, and 1 where neither does."""
    spreads = [float(each[2] - each[0]) for each in (one, other)]
    return min((each for each in spreads if each > 0), default=1.0)


def _check(pair: Pair, finding: Finding, says: str) -> Check:
    return Check(name=CheckName.COLUMNS, task=pair.task, finding=finding, says=says)
