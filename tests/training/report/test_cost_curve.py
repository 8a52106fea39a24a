import numpy as np
import pytest

from data.vocabulary import CustomerTier, ExceptionType, Task
from features.catalogue import feature_set
from policies.policy import load_policy
from training.report.cost_curve import Prices, cost_curve, prices

FEATURES = feature_set(Task.SLA_BREACH)


def row(**codes: int) -> np.ndarray:
    table = np.full((1, len(FEATURES.names)), np.nan)
    for name, code in codes.items():
        table[0, FEATURES.names.index(name)] = code
    return table


def test_prices_are_the_policy_s_rows_for_the_case() -> None:
    kind = list(ExceptionType).index(ExceptionType.FAILED_DELIVERY_HANDOFF)
    standard, key = (list(CustomerTier).index(tier) for tier in (CustomerTier.STANDARD, CustomerTier.KEY))
    first = prices(load_policy(), FEATURES, row(reported_type=kind, customer_tier=standard, channel=1))
    assert first.breach.tolist() == [22.0]  # row `handoff`
    assert first.acting[0] > 0.0
    assert 0.0 < first.remains[0] < 1.0
    assert first.currency == "EUR"
    dearer = prices(load_policy(), FEATURES, row(reported_type=kind, customer_tier=key, channel=1))
    assert dearer.breach.tolist() == [45.0]  # row `key_customer`


def test_a_case_of_no_known_type_has_nothing_to_act_by() -> None:
    assert not prices(load_policy(), FEATURES, row()).acts


def test_the_curve_is_the_cost_reckoned_by_hand() -> None:
    truth, said = np.array([1, 0, 1, 0]), np.array([0.9, 0.6, 0.3, 0.1])
    at = Prices("EUR", acting=np.full(4, 5.0), remains=np.full(4, 0.25), breach=np.full(4, 20.0))
    curve = cost_curve(truth, said, at)
    by = dict(zip(np.round(curve.thresholds, 2).tolist(), curve.costs.tolist(), strict=True))
    assert by[0.0] == pytest.approx(1_000 * (4 * 5 + 2 * 0.25 * 20) / 4)
    assert by[0.8] == pytest.approx(1_000 * (5 + 5 + 20) / 4)
    assert by[1.01] == pytest.approx(1_000 * 2 * 20 / 4)
    assert curve.cheapest[1] == pytest.approx(min(by.values()))


def test_a_perfect_ranking_is_never_dearer_than_none() -> None:
    truth = np.array([0] * 50 + [1] * 10)
    at = Prices("EUR", acting=np.full(60, 4.0), remains=np.full(60, 0.5), breach=np.full(60, 20.0))
    perfect = cost_curve(truth, truth * 0.9, at).cheapest[1]
    assert perfect < cost_curve(truth, np.full(60, 1 / 6), at).cheapest[1]
