"""What moved between the cases a rehearsal learned from and the latest ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.vocabulary import Task
from features.catalogue import feature_set
from features.chain import is_chained
from models.drift import LARGE
from tests.fixtures.rehearsals import FEATURES, N, rehearsal
from tests.fixtures.task_models import chained_model
from training.histories.rows import DAY
from training.learning.moved import moved


def test_what_moved_comes_first_and_what_stayed_is_near_nothing() -> None:
    told = moved(FEATURES, rehearsal(np.arange(N) * DAY), FEATURES.names)
    found = {each.feature: each for each in told}
    assert next(iter(found)) == "channel"
    assert found["queue_minutes"].psi > 0.5 > 0.25 > found["order_value"].psi
    assert [name for name, each in found.items() if each.level != "none"] == ["channel", "queue_minutes"]
    unknown = found["queue_length"]
    assert (unknown.chance, unknown.psi < 0.01) == (1.0, True), "known nowhere, so it cannot have moved"


def test_what_strays_no_further_than_it_always_did_has_not_moved() -> None:
    """As `fairlead drift` judges: a rate that stands elsewhere every month is known by the last few of its values."""
    dice = np.random.default_rng(4)
    whole = rehearsal(np.arange(N) * DAY)
    table = whole.rows.features.copy()
    table[:, FEATURES.names.index("carrier_breach_rate")] = np.repeat(dice.normal(size=N // 40), 40)
    told = replace(whole, rows=replace(whole.rows, features=table))
    found = {each.feature: each for each in moved(FEATURES, told, FEATURES.names)}
    strays, shifted = found["carrier_breach_rate"], found["queue_minutes"]
    assert strays.psi > LARGE
    assert (strays.moved, shifted.level) == ("no further than in training", "large")
    assert list(found).index("queue_minutes") < list(found).index("carrier_breach_rate")


def test_cases_count_for_their_selection_as_in_a_drift_report() -> None:
    whole = rehearsal(np.arange(N) * DAY)
    # Of the later cases those that lie elsewhere count for next to nothing.
    table, weight = whole.rows.features.copy(), np.ones(N)
    queue = FEATURES.names.index("queue_minutes")
    table[800:900, queue] -= 2.0
    weight[900:] = 1e-3
    told = replace(whole, rows=replace(whole.rows, features=table, selection=weight))
    (found,) = moved(FEATURES, told, {"queue_minutes"})
    assert found.level == "none"
    (alike,) = moved(FEATURES, replace(told, rows=replace(told.rows, selection=None)), {"queue_minutes"})
    assert alike.level == "large"


def test_what_was_learned_from_counts_for_its_selection_too() -> None:
    """Of the earlier cases those that lie elsewhere are hardly ever met, though their outcomes are mostly told."""
    whole = rehearsal(np.arange(N) * DAY)
    table, weight = whole.rows.features.copy(), np.ones(N)
    table[:300, FEATURES.names.index("order_value")] += 9.0
    weight[:300] = 1e-3
    told = replace(whole, rows=replace(whole.rows, features=table, selection=weight))
    (found,) = moved(FEATURES, told, {"order_value"})
    assert found.level == "none"
    (alike,) = moved(FEATURES, replace(told, rows=replace(told.rows, selection=None)), {"order_value"})
    assert alike.psi > LARGE > found.psi


def test_what_lies_elsewhere_by_less_than_is_shown_has_not_moved() -> None:
    """Less than half a cent more in the latest fifth: as `fairlead drift` sees it, every amount is the same."""
    whole = rehearsal(np.arange(N) * DAY)
    table, amount = whole.rows.features.copy(), FEATURES.names.index("order_value")
    table[:, amount] = np.where(np.arange(N) < 800, 20.0, 20.004)
    (found,) = moved(FEATURES, replace(whole, rows=replace(whole.rows, features=table)), {"order_value"})
    assert (found.ks, found.level) == (0.0, "none")


def test_cases_of_one_moment_have_no_later_ones_that_moved() -> None:
    assert moved(FEATURES, rehearsal(np.zeros(N)), FEATURES.names) == ()


def test_what_can_tell_nothing_has_not_moved() -> None:
    found = [each.feature for each in moved(FEATURES, rehearsal(np.arange(N) * DAY), {"queue_minutes", "order_value"})]
    assert found == ["queue_minutes", "order_value"]


def test_what_an_earlier_task_says_is_compared_where_it_could_be_said() -> None:
    link = chained_model().links[0]
    features = feature_set(Task.SLA_BREACH, links=(link,))
    said, fact = next(name for name in features.names if is_chained(name)), "order_value"
    table = np.full((N, len(features.names)), np.nan)
    table[200:, [features.names.index(said), features.names.index(fact)]] = np.random.default_rng(2).normal(
        size=(N - 200, 1)
    )
    whole = rehearsal(np.arange(N) * DAY)
    told = replace(whole, rows=replace(whole.rows, features=table))
    found = {each.feature: each.psi for each in moved(features, told, {said, fact})}
    assert found[said] < 0.25 < found[fact]
