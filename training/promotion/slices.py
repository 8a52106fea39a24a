"""Where the challenger is worst: by region, channel, reported type and length of the promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from data.case import Case, minutes_between
from data.promotion import Check, CheckName, Finding, Slice
from training.promotion.resampling import Draws, mean_in
from training.promotion.sides import Pair
from training.report.metrics import losses_of

FEWEST = 60
"""Rows below which a slice says nothing."""
FEWEST_OF_EACH = 10
"""Cases of either outcome of a risk below which a slice says nothing."""
LISTED = 5
CLEAR = 3.5
"""Standard errors: many slices are looked at, so one of them is often two errors away by chance."""
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


def slices(pair: Pair, cases: Sequence[Case], draws: Draws) -> tuple[Slice, ...]:
    """Every slice with rows enough, the worst for the challenger first."""
    losses = [losses_of(pair.truth, side.probabilities) for side in pair.sides]
    told = [(by, value, chosen) for by, value, chosen in _cut(cases) if _tells(pair, chosen)]
    found = [_slice(pair, by, value, chosen, losses, draws) for by, value, chosen in told]
    return tuple(sorted(found, key=lambda each: -each.errors))


def check(pair: Pair, found: Sequence[Slice]) -> Check:
    """Whether a slice is clearly worse than before."""
    bad = [each for each in found if each.errors >= CLEAR and each.difference > MARGIN * each.champion]
    if bad:
        told = "; ".join(
            f"{each.by} {each.value}: log loss {each.challenger:.4f} against {each.champion:.4f} on {each.n:,} cases"
            for each in bad[:LISTED]
        )
        return Check(name=CheckName.SLICES, task=pair.task, finding=Finding.REFUSED, says=f"clearly worse for {told}")
    says = _none_worse(found) if found else _none_large(pair)
    return Check(name=CheckName.SLICES, task=pair.task, finding=Finding.PASSED, says=says)


def _none_worse(found: Sequence[Slice]) -> str:
    worst = f"the worst is {found[0].by} {found[0].value} ({found[0].difference:+.4f})"
    if len(found) == 1:
        return f"the one slice with enough cases is not clearly worse: {worst.removeprefix('the worst is ')}"
    return f"none of {len(found)} slices is clearly worse; {worst}"


def _none_large(pair: Pair) -> str:
    """Nothing was looked at, which whoever agrees must not take for nothing found."""
    either = f", {FEWEST_OF_EACH} of either outcome among them" if pair.task.is_risk else ""
    return (
        "no slice had enough cases, so none was looked at: by region, channel, reported type and length of the "
        f"promise, a part of the cases speaks from {FEWEST} on{either}"
    )


def _cut(cases: Sequence[Case]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for by, of in CUTS.items():
        values = np.array([of(case) for case in cases])
        for value in np.unique(values):
            chosen = values == value
            if FEWEST <= chosen.sum() < len(cases):
                yield by, str(value), chosen


def _tells(pair: Pair, chosen: NDArray[np.bool_]) -> bool:
    """Whether both outcomes of a risk occur in a slice.

    Where next to none of one does, no resample holds more: chance then seems smaller than it is, and whoever says a
    little more for cases that happened to go well seems clearly worse.
    """
    if not pair.task.is_risk:
        return True
    events = int(pair.truth[chosen].sum())
    return min(events, int(chosen.sum()) - events) >= FEWEST_OF_EACH


def _slice(
    pair: Pair, by: str, value: str, chosen: NDArray[np.bool_], losses: list[NDArray[np.float64]], draws: Draws
) -> Slice:
    champion, challenger = (float(each[chosen].mean()) for each in losses)
    spread = float(mean_in(draws, losses[1] - losses[0], chosen).std())
    return Slice(
        task=pair.task,
        by=by,
        value=value[:128],
        n=int(chosen.sum()),
        champion=round(champion, 6),
        challenger=round(challenger, 6),
        difference=round(challenger - champion, 6),
        errors=round((challenger - champion) / max(spread, 1e-9), 3),
    )
