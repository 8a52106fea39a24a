"""The text model learns which words speak for what, forgets rare words, and never looks ahead."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.text import NUMBER
from training.learning.text_fit import cross_fit_scores, fit_text

LABELS = ("carrier_failure", "inventory_mismatch", "labor_shortage")
TELLING = (["van", "broke", "driver"], ["shelf", "empty", "recount"], ["sick", "shift", "cover"])
COMMON = ["please", "order", "12345", "store", "customer", "again", "today"]


def _history(n: int, seed: int = 0, labels: int = 3) -> tuple[list[str], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, labels, n)
    return [_message(rng, int(label), f"name{chr(97 + i % 26)}{chr(97 + i // 26)}") for i, label in enumerate(y)], y


def _message(rng: np.random.Generator, label: int, name: str) -> str:
    """Common words, a name of its own, and a word telling of its label three times out of four."""
    told = label if rng.random() < 0.75 else int(rng.integers(0, 3))
    return " ".join([*rng.choice(COMMON, 4), name, rng.choice(TELLING[told])])


def test_telling_words_speak_for_their_label() -> None:
    model = fit_text(*_history(600), LABELS)
    messages, y = _history(400, seed=1)
    scores = np.array([model.scores(message) for message in messages])
    assert np.mean(scores.argmax(axis=1) == y) > 0.75
    assert scores.sum(axis=1) == pytest.approx(1.0)
    assert model.sums(messages[0]).sum() == pytest.approx(0.0, abs=1e-9)
    for label, words in enumerate(TELLING):
        found = model.evidence(f"please check customer name {words[0]} {words[1]} 12345", label)
        assert set(found[:2]) == set(words[:2])


def test_only_words_of_many_cases_may_be_shown() -> None:
    model = fit_text(*_history(600), LABELS)
    assert "van" in model.shown
    assert not [word for word in model.shown if word.startswith("name") or word == NUMBER]
    few = fit_text(["rare word"] * 19 + ["other word"] * 20, np.arange(39) % 2, LABELS)
    assert few.shown == {"other", "word"}


def test_a_word_said_twice_in_a_case_counts_one_case() -> None:
    assert fit_text(["again again"] * 19, np.arange(19) % 2, LABELS).shown == frozenset()


def test_the_same_messages_give_the_same_bytes() -> None:
    one, other = fit_text(*_history(300), LABELS), fit_text(*_history(300), LABELS)
    assert one.weights.tobytes() == other.weights.tobytes()
    assert one.bias.tobytes() == other.bias.tobytes()


@pytest.mark.parametrize("present", [(0,), (0, 2), (0, 1, 2)])
def test_labels_that_no_case_has_are_scored_below_the_others(present: tuple[int, ...]) -> None:
    messages, y = _history(300)
    kept = np.isin(y, present)
    model = fit_text([m for m, keep in zip(messages, kept, strict=True) if keep], y[kept], LABELS)
    scores = model.scores("please order today")
    absent = [label for label in range(3) if label not in present]
    assert all(scores[label] < scores[list(present)].min() for label in absent)
    assert scores[list(present)].sum() > 0.95


def test_cases_without_a_message_are_left_out() -> None:
    messages, y = _history(300)
    gaps = [*messages, None, None]
    with_gaps = fit_text(gaps, np.append(y, [0, 0]), LABELS)
    assert with_gaps.weights.tobytes() == fit_text(messages, y, LABELS).weights.tobytes()


def test_cross_fitting_scores_each_block_from_earlier_ones_alone() -> None:
    messages, y = _history(500)
    scores = cross_fit_scores(messages, y, LABELS)
    assert np.all(np.isnan(scores[:100]))
    assert np.all(np.isfinite(scores[100:]))
    earlier = fit_text(messages[:300], y[:300], LABELS)
    assert np.array_equal(scores[300:400], [earlier.scores(message) for message in messages[300:400]])


def test_what_comes_later_changes_no_earlier_score() -> None:
    messages, y = _history(500)
    scores = cross_fit_scores(messages, y, LABELS)
    changed = [*messages[:400], *["van"] * 100]
    again = cross_fit_scores(changed, np.append(y[:400], np.zeros(100, int)), LABELS)
    assert np.array_equal(scores[:400], again[:400], equal_nan=True)


def test_an_exception_that_goes_on_does_not_teach_what_scores_it() -> None:
    messages, y = _history(500)
    exceptions = np.arange(500)
    exceptions[350] = exceptions[50]  # Another update of the same exception, three blocks later.
    changed = np.where(np.arange(500) == 50, (y + 1) % 3, y)
    one, other = (cross_fit_scores(messages, each, LABELS, exceptions=exceptions) for each in (y, changed))
    assert np.array_equal(one[:400], other[:400], equal_nan=True)
    assert not np.array_equal(one[400:], other[400:]), "once it has ended, it teaches"


def test_cross_fitting_leaves_gaps_where_there_is_nothing_to_score_or_to_learn_from() -> None:
    messages, y = _history(20)
    gaps = [None] * 10 + [None, *messages[11:]]
    scores = cross_fit_scores(gaps, y, LABELS, order_blocks=4)
    assert np.all(np.isnan(scores[:15]))
    assert np.all(np.isfinite(scores[15:]))
    assert cross_fit_scores([], np.zeros(0, int), LABELS).shape == (0, 3)
    assert np.isfinite(cross_fit_scores(["a", "b"], np.array([0, 1]), LABELS)[1]).all()


def test_bad_histories_are_refused() -> None:
    with pytest.raises(ValueError, match="2 messages and 1 labels"):
        fit_text(["a", "b"], np.array([0]), LABELS)
    with pytest.raises(ValueError, match=r"outside 0\.\.2"):
        fit_text(["a"], np.array([3]), LABELS)
    with pytest.raises(ValueError, match="no case has a message"):
        fit_text([None], np.array([0]), LABELS)
    with pytest.raises(ValueError, match="1 blocks"):
        cross_fit_scores(["a"], np.array([0]), LABELS, order_blocks=1)
