"""What a difference is called: worse, better, or neither, by the resamples and by what a retraining moves."""

from __future__ import annotations

import pytest

from data.promotion import Difference, Finding, Metric
from data.vocabulary import Task
from training.promotion.metrics import check


@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize(
    ("change", "worse", "finding", "says"),
    [
        (0.0, 0.0, Finding.PASSED, "no clear difference"),
        (0.1, 0.5, Finding.PASSED, "no clear difference"),
        (-0.1, 0.0, Finding.PASSED, "clearly better"),
        (0.001, 1.0, Finding.NOTED, "a little worse"),
        (0.1, 1.0, Finding.REFUSED, "clearly worse"),
    ],
)
def test_a_difference_is_called_what_it_is(
    metric: Metric, change: float, worse: float, finding: Finding, says: str
) -> None:
    harm = -change if metric is Metric.AVERAGE_PRECISION else change
    told = check(
        Difference(
            task=Task.SLA_BREACH,
            metric=metric,
            n=1_000,
            champion=0.5,
            challenger=0.5 + harm,
            difference=harm,
            low=harm,
            high=harm,
            worse=worse,
        )
    )
    assert (told.finding, told.says.startswith(says)) == (finding, True)
