"""Where the challenger is worst: by region, channel, reported type, length of the promise and the retailer's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from data.case import Case, minutes_between
from data.promotion import Check, CheckName, Finding, Slice
from features.definition import plain_name
from training.promotion.own_slices import Part
from training.promotion.resampling import Draws, means_in
from training.promotion.sides import Pair
from training.report.metrics import losses_of

FEWEST = 60
"""Rows below which a slice says nothing."""
FEWEST_OF_EACH = 10
"""Cases of either outcome of a risk below which a slice says nothing."""
LISTED = 5
LONGEST = 128
"""Letters of a slice's word in the dossier."""
CLEAR = 3.5
"""Standard errors: many slices are looked at, so one of them is often two errors away by chance."""
USUAL = 16
"""So many slices that bar is made for: where a retailer's own words add others, it rises."""
MARGIN = 0.04
"""How much worse than the champion, as a share of its log loss there."""


def _promise(case: Case) -> str:
    minutes = minutes_between(case.event.time, case.promise.due_at if case.promise else None)
    if minutes is None:
        return "none"
    return next((name for limit, name in _LENGTHS if minutes < limit), "longer")


_LENGTHS = ((120, "under 2 h"), (480, "2 to 8 h"), (1_440, "8 to 24 h"), (4_320, "1 to 3 days"))

CUTS: dict[str, Callable[[Case], str]] = {
    "region": lambda case: case.region or "none",
    "channel": lambda case: case.channel.value if case.channel else "none",
    "reported_type": lambda case: case.reported_type.value if case.reported_type else "none",
    "promise": _promise,
}


def slices(pair: Pair, parts: Iterable[Part], draws: Draws) -> tuple[Slice, ...]:
    """Every part with rows enough, the worst for the challenger first."""
    losses = [losses_of(pair.truth, side.probabilities) for side in pair.sides]
    told = [part for part in parts if _tells(pair, part.chosen)]
    means = means_in(draws, losses[1] - losses[0], [part.chosen for part in told])
    found = [_slice(pair, part, losses, float(each.std())) for part, each in zip(told, means, strict=True)]
    return tuple(sorted(found, key=lambda each: -each.errors))


def check(pair: Pair, found: Sequence[Slice]) -> Check:
    """Whether a slice is clearly worse than before."""
    bar = clear(len(found))
    bad = [each for each in found if each.errors >= bar and each.difference > MARGIN * each.champion]
    if bad:
        told = "; ".join(
            f"{each.by} {each.value}: log loss {each.challenger:.4f} against {each.champion:.4f} on {each.n:,} cases"
            for each in bad[:LISTED]
        )
        return Check(name=CheckName.SLICES, task=pair.task, finding=Finding.REFUSED, says=f"clearly worse for {told}")
    finding, says = (Finding.PASSED, _none_worse(found)) if found else (Finding.NOTED, _none_large(pair))
    return Check(name=CheckName.SLICES, task=pair.task, finding=finding, says=says)


def clear(slices: int) -> float:
    """Standard errors from which one of so many is clearly worse.

    The chance that any of them is called so, and is not, stays what it is for the usual number (Bonferroni).
    """
    by_chance = NormalDist().cdf(-CLEAR)
    return -NormalDist().inv_cdf(by_chance * min(1.0, USUAL / max(slices, 1)))


def _none_worse(found: Sequence[Slice]) -> str:
    worst = f"the worst is {plain_name(found[0].by)} {found[0].value} ({found[0].difference:+.4f})"
    if len(found) == 1:
        return f"the one slice with enough cases is not clearly worse: {worst.removeprefix('the worst is ')}"
    return f"none of {len(found)} slices is clearly worse; {worst}"


def _none_large(pair: Pair) -> str:
    """Nothing was looked at, which whoever agrees must not take for nothing found."""
    either = f", {FEWEST_OF_EACH} of either outcome among them" if pair.task.is_risk else ""
    return (
        "no slice had enough cases, so none was looked at: by region, channel, reported type, length of the promise "
        f"and the strongest of one's own words and flags, a part of the cases speaks from {FEWEST} on{either}"
    )


def canonical_parts(cases: Sequence[Case]) -> Iterator[Part]:
    """The cases by what every retailer tells of them."""
    for by, of in CUTS.items():
        values = np.array([of(case) for case in cases])
        for value in np.unique(values):
            yield Part(by, str(value), values == value)


def _tells(pair: Pair, chosen: NDArray[np.bool_]) -> bool:
    """Whether it is a part of the cases, large enough, in which both outcomes of a risk occur.

    Where next to none of one does, no resample holds more: chance then seems smaller than it is, and whoever says a
    little more for cases that happened to go well seems clearly worse.
    """
    if not FEWEST <= chosen.sum() < len(chosen):
        return False
    return _rarer(pair, chosen) >= FEWEST_OF_EACH


def _slice(pair: Pair, part: Part, losses: list[NDArray[np.float64]], spread: float) -> Slice:
    champion, challenger = (float(each[part.chosen].mean()) for each in losses)
    return Slice(
        task=pair.task,
        by=part.by,
        value=_shown(part.value),
        n=int(part.chosen.sum()),
        champion=round(champion, 6),
        challenger=round(challenger, 6),
        difference=round(challenger - champion, 6),
        errors=round(in_errors((challenger - champion) / max(spread, 1e-9), _rarer(pair, part.chosen)), 3),
    )


def in_errors(told: float, rarer: int) -> float:
    """A difference in standard errors that were themselves measured on few cases, as rare as of a normal one.

    Of a handful of events the spread is a guess and often too small. How far chance takes such a ratio is Student's
    distribution, of as many cases as the rarer outcome has: there the loss lies.
    """
    beyond = float(t.sf(abs(told), max(rarer - 1, 1)))
    return float(np.copysign(norm.isf(beyond), told)) if beyond > 0.0 else told


def _rarer(pair: Pair, chosen: NDArray[np.bool_]) -> int:
    """The cases of the rarer outcome of a risk; of labels all of them."""
    n = int(chosen.sum())
    if not pair.task.is_risk:
        return n
    events = int(pair.truth[chosen].sum())
    return min(events, n - events)


def _shown(value: str) -> str:
    """A word as a record takes it: a retailer's own may hold what no name does."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", value).strip()[:LONGEST] or "blank"
