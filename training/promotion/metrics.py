"""Log loss, average precision and expected cost of both on the same rows, with what chance alone would do to them.

A challenger is refused where it is clearly the worse one and by more than a retraining moves the number anyway: both
are needed, for with enough rows any difference is clear, and with few rows any difference is large. Expected cost hangs
on few probabilities, those around the one that is worth acting on: chance in a training moves it more than log loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from data.amounts import percent
from data.promotion import Check, CheckName, Difference, Finding, Metric
from data.thresholds import CLEAR, loss_of, margin_of
from training.promotion.costs import Prices, per_case
from training.promotion.resampling import Draws, average_precision, average_precisions, means
from training.promotion.sides import Pair
from training.report.metrics import losses_of

Floats = NDArray[np.float64]

_NAME = {
    Metric.LOG_LOSS: "log loss",
    Metric.AVERAGE_PRECISION: "average precision",
    Metric.EXPECTED_COST: "expected cost",
}


def differences(pair: Pair, events: Floats, prices: Prices, draws: Draws) -> tuple[Difference, ...]:
    """The three metrics of a task; `events` is what the event costs in each row."""
    losses = [losses_of(pair.truth, side.probabilities) for side in pair.sides]
    costs = [per_case(pair.truth, side.probabilities, events, prices.acting) for side in pair.sides]
    precisions = [average_precisions(draws, pair.truth, side.probabilities) for side in pair.sides]
    precise = [average_precision(pair.truth, side.probabilities) for side in pair.sides]
    return (
        _difference(
            pair, Metric.LOG_LOSS, [float(each.mean()) for each in losses], means(draws, losses[1] - losses[0])
        ),
        _difference(pair, Metric.AVERAGE_PRECISION, precise, precisions[1] - precisions[0]),
        _difference(
            pair, Metric.EXPECTED_COST, [float(each.mean()) for each in costs], means(draws, costs[1] - costs[0])
        ),
    )


def checks(told: Sequence[Difference], events: Floats, prices: Prices) -> Iterator[Check]:
    """Whether the challenger is clearly worse by any of them; of expected cost, only where acting can be worth it."""
    for each in told:
        idle = each.metric is Metric.EXPECTED_COST and each.task.is_risk and float(events.max()) <= prices.acting
        yield _not_compared(each, float(events.max()), prices) if idle else check(each, prices.currency)


def _not_compared(difference: Difference, event: float, prices: Prices) -> Check:
    """Where nobody would act on any probability, both cost the same whatever they say."""
    says = (
        f"not compared: by the policy acting costs {prices.acting:,.2f} {prices.currency} and the event at most "
        f"{event:,.2f} {prices.currency}, so no probability is worth acting on, and both cost the same whatever they "
        "say; see action_costs and breach_costs of the policy"
    )
    return Check(name=CheckName(difference.metric.value), task=difference.task, finding=Finding.NOTED, says=says)


def check(difference: Difference, currency: str) -> Check:
    """Whether the challenger is clearly worse by this metric; costs are in this currency."""
    name, loss, margin = _NAME[difference.metric], loss_of(difference), margin_of(difference)
    unit = f" {currency} a case" if difference.metric is Metric.EXPECTED_COST else ""
    said = (
        f"{name} {difference.challenger:.4f}{unit} against the champion's {difference.champion:.4f} "
        f"on {difference.n:,} cases (difference {difference.difference:+.4f}, 95 % of resamples from "
        f"{difference.low:+.4f} to {difference.high:+.4f})"
    )
    finding, judged = _judged(difference.worse, loss, margin, loss / (abs(difference.champion) or 1.0))
    return Check(
        name=CheckName(difference.metric.value), task=difference.task, finding=finding, says=f"{judged}: {said}"
    )


def _judged(worse: float, loss: float, margin: float, share: float) -> tuple[Finding, str]:
    if worse >= CLEAR and loss > margin:
        return Finding.REFUSED, "clearly worse than the champion"
    if worse >= CLEAR:
        return Finding.NOTED, f"a little worse than the champion ({percent(share)}), no more than a retraining moves it"
    if worse <= 1.0 - CLEAR and loss < 0.0:
        return Finding.PASSED, "clearly better than the champion"
    return Finding.PASSED, "no clear difference"


def _difference(pair: Pair, metric: Metric, values: list[float], resampled: Floats) -> Difference:
    low, high = np.quantile(resampled, (0.025, 0.975))
    worse = resampled < 0 if metric is Metric.AVERAGE_PRECISION else resampled > 0
    return Difference(
        task=pair.task,
        metric=metric,
        n=len(pair.truth),
        champion=round(values[0], 6),
        challenger=round(values[1], 6),
        difference=round(values[1] - values[0], 6),
        low=round(float(low), 6),
        high=round(float(high), 6),
        worse=round(float(worse.mean()), 4),
    )
