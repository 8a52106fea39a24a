"""What is kept of a lesson, and of two together."""

from __future__ import annotations

from models.taught import KEPT, event_key, joined, sample

KEYS = [event_key("planning", str(number)) for number in range(9_000)]


def test_the_samples_of_two_lessons_give_the_sample_of_both() -> None:
    first, second = KEYS[:6_000], KEYS[5_000:]
    together = joined(sample(first, [0] * 6_000), sample(second, [1] * 4_000))
    truths = [1 if number >= 5_000 else 0 for number in range(9_000)]
    assert together == sample(KEYS, truths)
    assert len(together) == KEPT


def test_what_is_told_later_counts() -> None:
    assert joined({"a": 0, "b": 0}, {"b": 1}) == {"a": 0, "b": 1}
