from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.vocabulary import Task
from models.performance import realised
from models.profile import MOST_LEVELS, PROFILE_BINS, InvalidProfileError, Profile, profile_of
from tests.fixtures.task_models import cases, task_model

values = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=300).map(np.array)


@given(values)
def test_a_number_s_profile_counts_every_case_once(column: np.ndarray) -> None:
    profile = profile_of("f", column, ordered=True)
    assert profile.counts(column) == pytest.approx(profile.expected, abs=1e-6)
    assert sum(profile.counts(column)) == len(column)
    assert len(profile.edges or ()) < PROFILE_BINS


@given(st.lists(st.integers(0, 60), min_size=1, max_size=300))
def test_a_category_s_profile_keeps_the_commonest_levels(codes: list[int]) -> None:
    column = np.array(codes, np.float64)
    profile = profile_of("f", column, ordered=False)
    assert len(profile.codes or ()) == min(MOST_LEVELS, len(set(codes)))
    assert profile.counts(column) == pytest.approx(profile.expected, abs=1e-6)


def test_a_level_that_is_new_is_one_of_the_others() -> None:
    profile = profile_of("f", np.array([0.0, 0.0, 1.0]), ordered=False)
    assert profile.counts(np.array([7.0, np.nan])).tolist() == [1, 0, 0, 1]


def test_a_feature_takes_thirty_numbers_at_most() -> None:
    profile = task_model(Task.SLA_BREACH).profile
    assert profile is not None
    for each in profile.features:
        assert len(each.shares) + len(each.edges or each.codes or ()) <= 2 * MOST_LEVELS + 2
        assert len(each.edges or ()) + len(each.shares) <= 30 or each.codes is not None


def test_a_profile_survives_its_file() -> None:
    profile = task_model(Task.EXCEPTION_TYPE).profile
    assert profile is not None
    again = Profile.from_json(json.loads(json.dumps(profile.to_json())))
    assert again == profile


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {"kind": "profile", "features": [{"name": "f", "n": 3, "shares": [0.5, 0.5]}], "rehearsed": []},
        {"kind": "profile", "features": [{"name": "f", "n": 3, "shares": [0.5], "edges": []}], "rehearsed": []},
        {"kind": "profile", "features": [{"name": "f", "n": 3, "shares": [2, -1], "edges": []}], "rehearsed": []},
        {
            "kind": "profile",
            "features": [{"name": "f", "n": 3, "shares": [0, 0, 0, 1], "edges": [2, 1]}],
            "rehearsed": [],
        },
        {"kind": "profile", "rehearsed": []},
    ],
)
def test_what_is_no_profile_is_refused(broken: object) -> None:
    with pytest.raises(InvalidProfileError):
        Profile.from_json(broken)


@pytest.mark.parametrize("task", list(Task))
def test_what_a_decision_keeps_falls_into_the_bins_of_training(task: Task) -> None:
    model = task_model(task)
    features, profile = model.features(), model.profile
    assert profile is not None
    kept = np.array([features.read(features.shown(features.vector(*each))) for each in cases()])
    for each, column in zip(profile.features, kept.T, strict=False):
        assert each.counts(column) == pytest.approx(each.expected, abs=1e-6), each.name


def test_probabilities_are_told_over_other_bins_as_far_as_they_are_known() -> None:
    said = np.concatenate([np.linspace(0.001, 0.005, 600), np.random.default_rng(2).uniform(0.005, 1.0, 400)])
    other = profile_of("p", said, ordered=True).probabilities_in([0.02, 0.04, 0.5, 0.99])
    assert other.edges == (0.02, 0.04, 0.5), "nothing is known between the last edge and 1"
    np.testing.assert_allclose(other.expected, other.counts(said), atol=15)


def test_where_no_other_bin_tells_anything_the_middle_stays() -> None:
    narrow = profile_of("p", np.linspace(0.40, 0.42, 500), ordered=True)
    assert narrow.probabilities_in([0.02, 0.5]).edges == pytest.approx((0.411,), abs=0.001)


def test_levels_stay_as_they_are() -> None:
    levels = profile_of("l", np.array([0.0, 1.0, 1.0]), ordered=False)
    assert levels.probabilities_in([0.1]) is levels


def test_of_what_was_known_the_missing_are_no_part() -> None:
    known = np.random.default_rng(4).normal(size=800)
    told = profile_of("said", np.concatenate([np.full(200, np.nan), known]), ordered=True).of_known()
    alone = profile_of("said", known, ordered=True)
    assert told is not None
    assert (told.n, told.edges) == (alone.n, alone.edges)
    assert told.shares == pytest.approx(alone.shares)
    assert profile_of("said", np.full(9, np.nan), ordered=True).of_known() is None


@given(st.integers(0, 99), st.booleans())
def test_an_integer_weight_is_as_many_cases(seed: int, ordered: bool) -> None:
    rng = np.random.default_rng(seed)
    column = np.where(rng.random(80) < 0.1, np.nan, rng.integers(0, 40, 80) + 0.0)
    times = rng.integers(1, 5, 80)
    told = profile_of("f", column, ordered, times.astype(np.float64))
    repeated = profile_of("f", np.repeat(column, times), ordered)
    assert (told.edges, told.codes) == (repeated.edges, repeated.codes)
    assert told.shares == pytest.approx(repeated.shares)
    assert told.counts(column, times.astype(np.float64)) == pytest.approx(repeated.counts(np.repeat(column, times)))
    assert told.cases < 80 < repeated.cases


def test_what_cases_count_for_survives_the_file_and_is_left_out_where_they_count_alike() -> None:
    column, happened = np.arange(60.0), np.arange(60) % 2
    weight = np.where(happened, 0.5, 2.0)
    weighted = Profile(
        (profile_of("f", column, ordered=True, weight=weight),), (realised(column / 60, happened, None, weight),)
    )
    assert Profile.from_json(json.loads(json.dumps(weighted.to_json()))) == weighted
    plain = Profile((profile_of("f", column, ordered=True),), (realised(column / 60, happened),))
    assert "effective" not in json.dumps(plain.to_json())
    assert weighted.features[0].of_known() == weighted.features[0]


def test_what_neighbours_have_in_common_survives_the_file_and_bundles_of_before_tell_nothing_of_it() -> None:
    plain = profile_of("f", np.arange(60.0), ordered=True)
    told = Profile((replace(plain, design=7.5), plain), ())
    document = json.loads(json.dumps(told.to_json()))
    assert Profile.from_json(document) == told
    assert set(document["features"][1]) == {"name", "n", "shares", "edges"}
    document["features"][0]["design"] = 0.5
    with pytest.raises(InvalidProfileError, match="design effect of f is 0"):
        Profile.from_json(document)


@given(values, st.integers(0, 99))
def test_counts_by_block_add_up_to_all(column: np.ndarray, seed: int) -> None:
    blocks = np.sort(np.random.default_rng(seed).integers(0, 4, len(column)))
    profile = profile_of("f", column, ordered=True)
    by = profile.counts_by(column, blocks)
    assert by.sum(axis=0) == pytest.approx(profile.counts(column))
    first = profile.counts(column[blocks == 0])
    assert by[0] == pytest.approx(first)
