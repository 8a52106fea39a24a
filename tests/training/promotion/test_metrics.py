"""What a difference is called: worse, better, or neither, by the resamples and by what a retraining moves."""

from __future__ import annotations

import numpy as np
import pytest

from data.promotion import Difference, Finding, Metric
from data.vocabulary import Task
from policies.policy import load_policy
from policies.stakes import stake
from tests.fixtures.cases import a_case
from training.promotion.costs import Prices
from training.promotion.metrics import check, checks


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
        ),
        "CHF",
    )
    assert (told.finding, told.says.startswith(says)) == (finding, True)


@pytest.mark.parametrize(
    ("change", "finding", "says"),
    [
        (
            0.06,
            Finding.NOTED,
            "a little worse than the champion (6 %), no more than a retraining moves it: expected cost",
        ),
        (0.12, Finding.REFUSED, "clearly worse than the champion: expected cost"),
    ],
)
def test_a_cost_that_chance_in_a_training_moves_is_told_to_whoever_agrees(
    change: float, finding: Finding, says: str
) -> None:
    changed = {"challenger": 0.5 * (1 + change), "difference": 0.5 * change, "worse": 1.0}
    told = check(same(Task.SLA_BREACH, Metric.EXPECTED_COST).model_copy(update=changed), "CHF")
    assert (told.finding, told.says.startswith(says)) == (finding, True)
    clearer = check(same(Task.SLA_BREACH, Metric.LOG_LOSS).model_copy(update=changed), "CHF")
    assert clearer.finding is Finding.REFUSED, "log loss moves less"


def test_a_cost_says_its_currency_and_that_it_is_of_a_case() -> None:
    told = {metric: check(same(Task.SLA_BREACH, metric), "CHF").says for metric in Metric}
    cost = told.pop(Metric.EXPECTED_COST)
    assert "expected cost 0.5000 CHF a case against the champion's 0.5000 on 1,000 cases (difference" in cost
    assert not any("CHF" in says for says in told.values())


def same(task: Task, metric: Metric) -> Difference:
    return Difference(
        task=task,
        metric=metric,
        n=1_000,
        champion=0.5,
        challenger=0.5,
        difference=0.0,
        low=0.0,
        high=0.0,
        worse=0.0,
    )


@pytest.mark.parametrize("task", [Task.SLA_BREACH, Task.STOCKOUT])
def test_where_no_probability_is_worth_acting_on_the_cost_is_not_compared(task: Task) -> None:
    prices = Prices(task, load_policy())
    told = [same(task, metric) for metric in Metric]
    idle = {each.name.value: each for each in checks(told, np.full(5, prices.acting), prices)}
    cost = idle.pop(Metric.EXPECTED_COST.value)
    assert cost.finding is Finding.NOTED
    assert cost.says.startswith(f"not compared: by the policy acting costs {prices.acting:,.2f} EUR and the event")
    assert all(each.finding is Finding.PASSED for each in idle.values()), "probabilities are compared all the same"


def test_one_case_worth_acting_on_is_enough_to_compare_the_cost() -> None:
    prices = Prices(Task.STOCKOUT, load_policy())
    events = np.array([0.0, prices.acting + 1.0])
    (told,) = checks([same(Task.STOCKOUT, Metric.EXPECTED_COST)], events, prices)
    assert told.finding is Finding.PASSED


def test_labels_are_compared_by_what_a_wrong_one_costs() -> None:
    prices = Prices(Task.ROOT_CAUSE, load_policy())
    (told,) = checks([same(Task.ROOT_CAUSE, Metric.EXPECTED_COST)], np.zeros(2), prices)
    assert told.finding is Finding.PASSED


@pytest.mark.parametrize(("task", "lost"), [(Task.SLA_BREACH, 12.0), (Task.STOCKOUT, 18.0)])
def test_an_event_costs_the_stake_that_the_drift_report_counts(task: Task, lost: float) -> None:
    """A broken promise its penalty, an empty shelf the work that stays unsolved: more than it takes to fill it up."""
    prices, case = Prices(task, load_policy()), a_case()
    asked = {"customer_tier": None, "channel": None, "exception_type": None}
    plain = case.model_copy(update={"customer": None, "channel": None, "reported_type": None})
    assert prices.events([plain]).tolist() == [lost] == [float(stake(task, asked, load_policy()) or 0)]
    assert lost > prices.acting
