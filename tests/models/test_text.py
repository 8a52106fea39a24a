"""Words are read the same everywhere, scores follow them, and only words that may be shown are."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import (
    BUCKETS,
    LONGEST_TOKEN,
    MOST_TOKENS,
    NUMBER,
    InvalidTextModelError,
    TextModel,
    bucket,
    loads,
    tokens,
)

LABELS = ("carrier_failure", "inventory_mismatch", "labor_shortage")


def _model() -> TextModel:
    """`van` speaks for the first label, `shelf` for the second, `mueller` for both but may not be shown."""
    weights, bias = np.zeros((BUCKETS, 3)), np.array([0.1, 0.0, -0.1])
    weights[bucket("van")] = [2.0, -1.0, -1.0]
    weights[bucket("late")] = [1.0, -1.0, 0.0]
    weights[bucket("shelf")] = [-1.0, 2.0, -1.0]
    weights[bucket("mueller")] = [5.0, 5.0, -10.0]
    return TextModel(LABELS, weights, bias, frozenset({"van", "late", "shelf"}))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("The VAN is late!", ["the", "van", "is", "late"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("order ORD-10233, 2026-11-23", ["order", "ord", NUMBER, NUMBER, NUMBER, NUMBER]),
        ("ref a1b2c3 ６０ x²", ["ref", NUMBER, NUMBER, NUMBER]),
        ("store_114 don't", ["store", NUMBER, "don", "t"]),
        ("ﬁlled, Überfüllt, 店舗の在庫", ["filled", "überfüllt", "店舗の在庫"]),
        ("…!? --- _", []),
        ("\ud800 lone \x00", ["lone"]),
    ],
)
def test_words(message: str, expected: list[str]) -> None:
    assert tokens(message) == expected


@given(st.text(max_size=400))
def test_words_are_bounded_and_stay_as_they_are(message: str) -> None:
    words = tokens(message)
    assert len(words) <= MOST_TOKENS
    for word in words:
        assert 0 < len(word) <= LONGEST_TOKEN
        assert 0 <= bucket(word) < BUCKETS
        assert word == NUMBER or (tokens(word) == [word] and not any(map(str.isdigit, word)))


def test_a_long_message_is_read_up_to_a_point() -> None:
    assert tokens("a" * 10_000) == ["a" * LONGEST_TOKEN]
    assert tokens("word " * 10_000) == ["word"] * MOST_TOKENS


def test_buckets_do_not_depend_on_the_run() -> None:
    # The published check value of CRC-32 is 0xCBF43926 for these nine digits.
    assert bucket("123456789") == 0xCBF43926 % BUCKETS == 0x926


def test_loads_have_unit_length_where_no_word_repeats() -> None:
    assert sum(load**2 for load in loads(["a", "b", "c"]).values()) == pytest.approx(1.0)
    assert loads(["a", "b", "a", "b"]) == {"a": 1.0, "b": 1.0}
    assert loads([]) == {}


def test_sums_add_the_words_and_divide_by_length() -> None:
    model = _model()
    assert model.sums("").tolist() == [0.1, 0.0, -0.1]
    assert model.sums("unseen") == pytest.approx([0.1, 0.0, -0.1])
    assert model.sums("VAN late today again") == pytest.approx([0.1 + 3 / 2, -2 / 2, -0.1 - 1 / 2])


def test_scores_are_probabilities_of_the_sums() -> None:
    model = _model()
    for message in ("", "van", "VAN late today again"):
        odds = np.exp(model.sums(message))
        assert model.scores(message) == pytest.approx(odds / odds.sum())


def test_a_model_of_before_there_were_probabilities_gives_sums() -> None:
    arrays = {name: array for name, array in _model().to_arrays().items() if name != "normalised"}
    earlier = TextModel.from_arrays(arrays)
    assert not earlier.normalised
    assert np.array_equal(earlier.scores("van"), _model().sums("van"))
    assert np.array_equal(TextModel.from_arrays(earlier.to_arrays()).scores("van"), earlier.scores("van"))


def test_evidence_names_the_shown_words_that_speak_for_the_label_strongest_first() -> None:
    model = _model()
    message = "Mueller: late van, empty shelf"
    assert model.evidence(message, 0) == ["van", "late"]
    assert model.evidence(message, 0, top=1) == ["van"]
    assert model.evidence(message, 1) == ["shelf"]
    assert model.evidence(message, 2) == []


@given(st.text())
def test_any_message_has_finite_scores_and_evidence_of_its_own_words(message: str) -> None:
    model = _model()
    assert np.all(np.isfinite(model.scores(message)))
    assert set(model.evidence(message, 0)) <= set(tokens(message)) & model.shown


def test_a_model_survives_a_file() -> None:
    for shown in (_model().shown, frozenset[str]()):
        model = TextModel(LABELS, _model().weights, _model().bias, shown)
        file = io.BytesIO()
        np.savez(file, **model.to_arrays())  # type: ignore[arg-type]
        file.seek(0)
        with np.load(file) as stored:
            again = TextModel.from_arrays(stored)
        assert (again.labels, again.shown) == (model.labels, model.shown)
        assert np.array_equal(again.scores("the van"), model.scores("the van"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"weights": None}, "'weights' is missing"),
        ({"weights": np.zeros((BUCKETS, 3), np.int64)}, "'weights' is missing or of another type"),
        ({"weights": np.zeros((BUCKETS, 3), np.float32)}, "weights is float32"),
        ({"weights": np.zeros((BUCKETS, 2))}, "expected float64 \\(4096, 3\\)"),
        ({"weights": np.full((BUCKETS, 3), np.nan)}, "weights holds a number"),
        ({"bias": np.array([0.0, np.inf, 0.0])}, "bias holds a number"),
        ({"labels": np.array(["a", "a", "b"])}, "all different"),
        ({"labels": np.array(["a", "", "b"])}, "none empty"),
        ({"labels": np.array([1, 2, 3])}, "'labels' is missing or of another type"),
        ({"labels": np.array("abc")}, "'labels' is missing or of another type"),
        ({"shown": np.array(["van", "van"])}, "twice"),
        ({"shown": np.array(["two words"])}, "no single word"),
        ({"shown": np.array(["Van"])}, "no single word"),
        ({"shown": np.array(["a1"])}, "no single word"),
        ({"shown": np.array(["van"], dtype=object)}, "'shown' is missing or of another type"),
        ({"normalised": np.array(1.0)}, "'normalised' is missing or of another type; expected yes or no"),
    ],
)
def test_what_is_no_text_model_is_refused(changes: dict[str, Any], complaint: str) -> None:
    arrays = {name: array for name, array in (_model().to_arrays() | changes).items() if array is not None}
    with pytest.raises(InvalidTextModelError, match=complaint):
        TextModel.from_arrays(arrays)
