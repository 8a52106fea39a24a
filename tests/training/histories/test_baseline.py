import numpy as np
import pytest

from training.histories.baseline import RuleRates, fit_rules

FIRED = ["late"] * 400 + ["fine"] * 600
TRUTH = np.array([1] * 300 + [0] * 100 + [1] * 60 + [0] * 540)


def test_a_row_has_the_rate_seen_where_it_fired() -> None:
    rates = fit_rules(FIRED, TRUTH, 1)
    late, fine = rates.probabilities(["late", "fine"])[:, 0]
    assert late == pytest.approx(0.75, abs=0.03)
    assert fine == pytest.approx(0.10, abs=0.03)
    assert rates.base_probabilities(3)[:, 0] == pytest.approx([0.36] * 3, abs=0.001)


def test_a_row_that_fired_seldom_or_never_leans_on_the_rate_of_all() -> None:
    rates = fit_rules([*FIRED, "rare"], np.append(TRUTH, 1), 1)
    rare, unseen = rates.probabilities(["rare", "unseen"])[:, 0]
    assert rare == pytest.approx(0.39, abs=0.01)
    assert unseen == rates.base[0]


def test_what_has_no_weight_teaches_nothing() -> None:
    weight = np.concatenate([np.ones(400), np.zeros(600)])
    rates = fit_rules(FIRED, TRUTH, 1, weight)
    assert rates.probabilities(["fine"])[0, 0] == pytest.approx(rates.base[0])


def test_the_rates_of_labels_add_up_to_one_and_survive_json() -> None:
    rates = fit_rules(["a", "a", "b", "b"], np.array([0, 0, 1, 2]), 4)
    assert rates.probabilities(["a", "b", "c"]).sum(axis=1) == pytest.approx([1, 1, 1])
    again = RuleRates.from_json(rates.to_json())
    assert (again.probabilities(["a", "b"]) == rates.probabilities(["a", "b"])).all()
