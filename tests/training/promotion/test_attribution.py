"""What carries the scores: refused where it looks like the outcome, told where it is new."""

from __future__ import annotations

import numpy as np
import pytest

from data.promotion import Difference, Finding, Metric, Share
from data.vocabulary import Task
from tests.fixtures.task_models import task_model
from training.promotion.attribution import check
from training.promotion.sides import Pair, Side

NUMBERS = np.arange(10)


def share(feature: str, champion: float | None, challenger: float | None) -> Share:
    return Share(task=Task.SLA_BREACH, feature=feature, champion=champion, challenger=challenger)


OLD = (share("queue", 0.5, 0.45), share("hours", 0.3, 0.3), share("region", 0.2, 0.18))


def found(*shares: Share, fell: float = 0.0) -> tuple[Finding, str]:
    side = Side(task_model(Task.SLA_BREACH), np.zeros((10, 1)), np.zeros((10, 1)))
    pair = Pair(Task.SLA_BREACH, NUMBERS % 2, NUMBERS, NUMBERS, side, side)
    loss = Difference(
        task=Task.SLA_BREACH,
        metric=Metric.LOG_LOSS,
        n=10,
        champion=0.5,
        challenger=0.5 - fell,
        difference=-fell,
        low=-fell - 0.01,
        high=-fell + 0.01,
        worse=0.1,
    )
    told = check(pair, (*OLD, *shares), loss)
    return told.finding, told.says


@pytest.mark.parametrize(
    ("new", "fell", "finding", "says"),
    [
        (share("note", None, 0.02), 0.0, Finding.PASSED, "the same facts"),
        (share("note", None, 0.07), 0.1, Finding.NOTED, "something new decides: note carries 7 % of the score"),
        (share("note", 0.01, 0.07), 0.1, Finding.PASSED, "the same facts"),
        (share("note", None, 0.07), 0.2, Finding.REFUSED, "suspected leak: note"),
        (share("note", None, 0.40), 0.0, Finding.REFUSED, "suspected leak: note"),
    ],
)
def test_a_new_feature_is_told_and_one_that_looks_like_the_outcome_is_refused(
    new: Share, fell: float, finding: Finding, says: str
) -> None:
    told = found(new, fell=fell)
    assert told[0] is finding
    assert says in told[1]
