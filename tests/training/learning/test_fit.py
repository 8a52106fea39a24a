from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.vocabulary import Task
from features.catalogue import DIRECTIONS, feature_set
from training.histories.rows import DAY, Rows
from training.learning.fit import (
    Memory,
    Recipe,
    at_own_level,
    fit,
    grow,
    label_recipe,
    levelled_loss,
    levels_together,
    probabilities,
    raw_scores,
    risk_recipe,
    staged_scores,
    weights,
)
from training.report.metrics import log_loss

Floats = NDArray[np.float64]

SMALL = Recipe(rounds=40, leaves=7, learning_rate=0.1, least_in_leaf=20, features_per_tree=1.0)


def rows(n: int = 2_000, drift: float = 0.0, turns: bool = False, seed: int = 0) -> Rows:
    """One column decides; with `drift` the rate moves over the days, with `turns` the column changes its meaning."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(n, 4))
    age = np.linspace(0, 1, n)
    sign = np.where(age < 0.5, -1.0, 1.0) if turns else 1.0
    chance = 1 / (1 + np.exp(-(2 * sign * features[:, 0] + drift * (0.5 - age))))
    truth = (generator.random(n) < chance).astype(np.int64)
    return Rows(features, truth, np.linspace(0, 100 * DAY, n), (), 1)


def test_a_case_weighs_half_after_a_half_life_and_nothing_outside_the_window() -> None:
    times = np.array([0.0, 10 * DAY, 20 * DAY])
    faded = weights(times, replace(SMALL, memory=Memory(half_life_days=10)))
    assert faded[2] / faded[1] == pytest.approx(2)
    assert faded[1] / faded[0] == pytest.approx(2)
    assert weights(times, replace(SMALL, memory=Memory(window_days=15))).tolist() == [0.0, 1.5, 1.5]
    assert weights(times, SMALL).tolist() == [1.0, 1.0, 1.0]


def test_averaged_forests_are_served_as_they_were_learned_and_share_nothing() -> None:
    learned = fit(rows(), replace(SMALL, forests=4, features_per_tree=0.5), 1, 3)
    np.testing.assert_allclose(
        learned.score().raw_batch(rows().features), learned.raw(rows().features), rtol=0, atol=1e-12
    )
    assert len({each.model_to_string() for each in learned.boosters}) == 4
    alone = fit(rows(), replace(SMALL, features_per_tree=0.5), 1, 3)
    assert alone.boosters[0].model_to_string() == learned.boosters[0].model_to_string()


def test_the_same_rows_and_seed_give_the_same_trees_whatever_the_threads() -> None:
    one, other = (grow(rows(), SMALL, threads, 3).model_to_string() for threads in (1, 1))
    assert one == other
    two = raw_scores(grow(rows(), SMALL, 2, 3), rows().features)
    np.testing.assert_array_equal(raw_scores(grow(rows(), SMALL, 1, 3), rows().features), two)


def test_the_fitted_score_is_that_of_the_arrays_that_serving_loads() -> None:
    fitted = fit(rows(), replace(SMALL, boldness=1.0, tree_share=0.75), 1, 3)
    np.testing.assert_allclose(fitted.score().raw_batch(rows().features), fitted.raw(rows().features), atol=1e-12)


def test_more_of_a_feature_with_a_direction_never_lowers_the_score() -> None:
    data = replace(rows(turns=True, seed=2), directions={0: 1})
    fitted = fit(data, replace(SMALL, boldness=1.0, tree_share=0.5), 1, 3)
    line = np.column_stack([np.linspace(-4, 4, 300), *np.zeros((3, 300))])
    assert (np.diff(fitted.raw(line)[:, 0]) >= -1e-12).all()


def against(task: Task) -> Rows:
    """Every column of which the domain knows a direction, in a history that speaks against all of them."""
    features = feature_set(task).only(list(DIRECTIONS[task]))
    directions = features.directions(task)
    assert len(directions) == len(DIRECTIONS[task])
    generator = np.random.default_rng(3)
    columns = generator.normal(size=(2_000, len(directions)))
    columns[generator.random(columns.shape) < 0.05] = np.nan
    signs = np.array([directions[index] for index in range(len(directions))])
    chance = 1 / (1 + np.exp(np.nan_to_num(columns) @ signs))
    truth = (generator.random(len(columns)) < chance).astype(np.int64)
    return Rows(columns, truth, np.arange(2_000.0), (), 1, directions)


def sweeps(data: Rows, column: int) -> Floats:
    """Cases of a history at 60 values of a column from low to high: float64[cases, 60, k]."""
    swept = np.repeat(data.features[:40, None, :], 60, axis=1)
    swept[:, :, column] = np.linspace(-4, 4, 60)
    return swept


@pytest.mark.parametrize("task", DIRECTIONS)
@pytest.mark.parametrize("tree_share", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("random_cuts", [False, True])
def test_no_column_with_a_direction_moves_the_score_against_it(
    task: Task, tree_share: float, random_cuts: bool
) -> None:
    data, recipe = against(task), replace(SMALL, boldness=1.0, tree_share=tree_share, random_cuts=random_cuts)
    known, blind = fit(data, recipe, 1, 3), fit(replace(data, directions={}), recipe, 1, 3)
    for column, direction in data.directions.items():
        swept = sweeps(data, column)
        steps, unheld = (
            direction * np.diff(each.raw(swept.reshape(-1, swept.shape[2])).reshape(swept.shape[:2]), axis=1)
            for each in (known, blind)
        )
        assert steps.min() >= -1e-12
        assert unheld.min() < -1e-3, "the history alone would have taught the contrary"


@given(st.integers(0, 99), st.floats(-2, 2))
def test_the_level_of_the_probabilities_does_not_change_the_levelled_loss(seed: int, shift: float) -> None:
    generator = np.random.default_rng(seed)
    raw = generator.normal(size=400)
    truth = (generator.random(400) < 1 / (1 + np.exp(-raw))).astype(np.int64)
    level = levelled_loss(truth, 1 / (1 + np.exp(-raw)))
    assert levelled_loss(truth, 1 / (1 + np.exp(-(raw + shift)))) == pytest.approx(level, abs=2e-3)


def test_at_its_own_level_a_slice_has_the_rates_it_had() -> None:
    generator = np.random.default_rng(2)
    risk, labels = generator.random((900, 1)), generator.dirichlet([1.0, 2.0, 3.0], 900)
    happened, label = (generator.random(900) < 0.2).astype(np.int64), generator.integers(0, 3, 900)
    moved = at_own_level(happened, risk)
    assert moved.shape == risk.shape
    assert moved.mean() == pytest.approx(happened.mean(), abs=1e-3)
    assert (np.argsort(moved[:, 0]) == np.argsort(risk[:, 0])).all()
    rates = np.bincount(label) / 900
    np.testing.assert_allclose(at_own_level(label, labels).mean(axis=0), rates, atol=1e-2)


def test_the_own_level_is_that_of_what_cases_count_for() -> None:
    dice = np.random.default_rng(1)
    risk, happened = dice.random((800, 1)), (dice.random(800) < 0.5).astype(np.int64)
    weight = np.where(happened == 1, 0.25, 1.0)
    moved = at_own_level(happened, risk, weight)
    assert np.average(moved[:, 0], weights=weight) == pytest.approx(np.average(happened, weights=weight), abs=1e-3)


def test_probabilities_that_are_right_on_the_whole_keep_their_loss() -> None:
    generator = np.random.default_rng(0)
    each = generator.dirichlet([1.0, 2.0, 3.0], 5_000)
    truth = np.array([generator.choice(3, p=row) for row in each])
    assert levelled_loss(truth, each) == pytest.approx(log_loss(truth, each), abs=2e-3)


def test_what_a_row_counts_for_multiplies_its_age() -> None:
    times, selection = np.array([0.0, 10.0, 20.0]) * DAY, np.array([4.0, 1.0, 1.0])
    assert weights(times, SMALL, selection).tolist() == [2.0, 0.5, 0.5]
    faded = weights(times, replace(SMALL, memory=Memory(half_life_days=10)), selection)
    np.testing.assert_allclose(faded / faded[-1], [1.0, 0.5, 1.0])


def test_rates_of_outcomes_that_seldom_tell_are_mended_by_what_they_count_for() -> None:
    """Seven in ten cases go through unwatched, where one in ten tells; of those watched all do, and they break more."""
    dice = np.random.default_rng(5)
    watched = dice.random(20_000) < 0.3
    broke = dice.random(20_000) < np.where(watched, 0.6, 0.1)
    told = watched | (dice.random(20_000) < 0.1)
    selection = np.where(watched, told.mean(), told.mean() * (~watched).sum() / (told & ~watched).sum())[told]
    n = int(told.sum())
    truth, times = broke[told].astype(np.int64), np.arange(n, dtype=np.float64)
    seen = Rows(dice.normal(size=(n, 2)), truth, times, (), 1, selection=selection)
    recipe = replace(SMALL, rounds=1, learning_rate=1e-6)
    mended = probabilities(grow(seen, recipe, 1, 0), seen.features)[:, 0].mean()
    blind = probabilities(grow(replace(seen, selection=None), recipe, 1, 0), seen.features)[:, 0].mean()
    assert abs(mended - broke.mean()) < 0.02
    assert abs(blind - broke.mean()) > 0.1


def test_scores_after_some_rounds_are_those_of_a_model_of_so_many() -> None:
    seen = rows()
    stages = staged_scores(grow(seen, SMALL, 1, 3), seen.features, [5, SMALL.rounds])
    for rounds, said in stages.items():
        alone = raw_scores(grow(seen, replace(SMALL, rounds=rounds), 1, 3), seen.features)
        np.testing.assert_allclose(said, alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n", "rounds"), [(500, 150), (53_000, 150), (70_000, 175), (1_000_000, 200)])
def test_the_more_rows_teach_labels_the_longer_their_trees_are_grown(n: int, rounds: int) -> None:
    assert label_recipe(n).rounds == rounds


@pytest.mark.parametrize(("n", "levels"), [(500, 4), (49_999, 4), (75_000, 7), (1_750_000, 16)])
def test_the_more_rows_teach_the_more_levels_a_cut_may_gather(n: int, levels: int) -> None:
    assert levels_together(n) == levels


def test_few_levels_together_learn_less_of_chance_by_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred levels that say nothing of what comes: gathered by what they came to, they seem to say much."""
    dice = np.random.default_rng(5)
    codes = dice.integers(0, 100, (6_000, 3)).astype(np.float64)
    truth = (dice.random(6_000) < 0.3).astype(np.int64)
    data = Rows(codes, truth, np.arange(6_000.0), (0, 1, 2), 1)

    def lost() -> float:
        said = fit(data.upto(3_000), SMALL, 1, 0).raw(data.features[3_000:])
        return log_loss(truth[3_000:], 1 / (1 + np.exp(-said)))

    few = lost()
    monkeypatch.setattr("training.learning.fit.levels_together", lambda n: 16)
    assert few < lost() - 0.01


@pytest.mark.parametrize(
    ("n", "leaves", "least"), [(500, 31, 31), (17_000, 31, 31), (75_000, 50, 50), (1_750_000, 127, 127)]
)
def test_the_more_rows_teach_a_risk_the_more_its_trees_may_tell_apart(n: int, leaves: int, least: int) -> None:
    recipe = risk_recipe(n)
    assert (recipe.leaves, recipe.least_in_leaf) == (leaves, least)
