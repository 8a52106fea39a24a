"""What a dossier says against itself: moments that have not come, numbers that are missing, findings they refute.

The service has no history to measure anything on. It refuses only what no honest comparison can say: where rounding, or
what a dossier does not tell, leaves a doubt, the finding stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from math import sqrt

from data.promotion import FEWEST_EXCEPTIONS, Calibration, CheckName, Difference, Dossier, Metric
from data.record import instant_text
from data.thresholds import CLEAR, FURTHER_OFF, MARGIN, PATIENCE, SLOWER, loss_of, margin_of, too_large
from data.vocabulary import Task
from models.calibration_error import CALIBRATION_BINS
from serving.errors import Fault

LATEST_AHEAD = timedelta(minutes=5)
"""How far ahead another machine's clock may be."""
MOST_NAMED = 8
ROUNDED = 2e-6
"""How far two numbers of six decimals, or their difference, may be from what was measured."""
ROUNDED_SHARE = 1e-4
"""The same of a share of resamples, which has four decimals."""
ROUNDED_MILLISECONDS = 0.01


def early(dossier: Dossier, now: datetime) -> Iterator[Fault]:
    """Moments that have not come by the service's clock."""
    window = dossier.window
    for at, moment in (("made_at", dossier.made_at), ("window/begins", window.begins), ("window/ends", window.ends)):
        if moment is not None and moment > now + LATEST_AHEAD:
            yield Fault(f"/dossier/{at}", f"not later than {instant_text(now)}, now by the service's clock")


def missing(dossier: Dossier, compared: Collection[Task]) -> Iterator[Fault]:
    """Numbers that a comparison measures of each of these tasks, and that are not there."""
    told = {(each.metric, each.task) for each in dossier.differences}
    apart = [f"{metric} of {task}" for task in compared for metric in Metric if (metric, task) not in told]
    if apart:
        yield Fault("/dossier/differences", f"every metric of each task whose model changes, {_too(apart)}")
    calibrated = {each.task for each in dossier.calibrations}
    if without := [task.value for task in compared if task not in calibrated]:
        yield Fault("/dossier/calibrations", f"one of each task whose model changes, {_too(without)}")


def refuted(dossier: Dossier, compared: Collection[Task]) -> Iterator[Fault]:
    """Findings that do not refuse what their own numbers refuse beyond doubt; of these tasks, and of what it costs."""
    for at, each in enumerate(dossier.differences):
        if abs(each.challenger - each.champion - each.difference) > ROUNDED:
            yield Fault(f"/dossier/differences/{at}/difference", "challenger less champion")
        if each.task in compared and _clearly_worse(each):
            name, margin = each.metric.value.replace("_", " "), 100 * MARGIN[each.metric]
            by = f"{name} is clearly worse, by more than {margin:g} % of the champion's"
            yield _refused(dossier, CheckName(each.metric.value), each.task, by)
    for told in dossier.calibrations:
        if told.task in compared and _further_off(told, dossier):
            by = f"probabilities are more than {FURTHER_OFF} further off, and more than chance explains"
            yield _refused(dossier, CheckName.CALIBRATION, told.task, by)
    yield from _too_dear(dossier)


def _too_dear(dossier: Dossier) -> Iterator[Fault]:
    """Milliseconds are told of all tasks together: beyond this, one of them at least is too slow by itself."""
    cost, tasks = dossier.cost, len(dossier.tasks)
    slowest = SLOWER * cost.champion_milliseconds + PATIENCE * tasks + ROUNDED_MILLISECONDS
    if cost.challenger_milliseconds > slowest:
        yield Fault("/dossier/cost/challenger_milliseconds", "a check of the latency that refuses so much")
    if too_large(cost):
        yield _refused(dossier, CheckName.SIZE, None, "the challenger's files are out of proportion")


def _clearly_worse(told: Difference) -> bool:
    """Whether training would have refused it, by the resamples that it counts or by the interval that it names.

    An interval of 95 % reaches about two standard errors to either side: what is further from zero than its whole
    width is about four of them, where 99.5 % of the resamples take less than three.
    """
    loss = loss_of(told)
    if loss <= margin_of(told) + ROUNDED:
        return False
    return told.worse >= CLEAR + ROUNDED_SHARE or loss > told.high - told.low + ROUNDED


def _further_off(told: Calibration, dossier: Dossier) -> bool:
    """Whether training would have refused it, whatever the probabilities: those of one half leave most to chance."""
    cases = [each.n for each in dossier.differences if each.task == told.task]
    chance = 0.5 * sqrt(CALIBRATION_BINS / max(FEWEST_EXCEPTIONS, *cases, 0))
    return told.challenger - told.champion > max(FURTHER_OFF, chance) + ROUNDED


def _refused(dossier: Dossier, name: CheckName, task: Task | None, why: str) -> Fault:
    """At the finding of this check."""
    at = next(at for at, each in enumerate(dossier.checks) if (each.name, each.task) == (name, task))
    return Fault(f"/dossier/checks/{at}/finding", f"refused, for by its own numbers {why}")


def _too(names: list[str]) -> str:
    return f"{'these' if len(names) > 1 else 'this'} too: {', '.join(names[:MOST_NAMED])}"
