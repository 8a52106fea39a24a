from __future__ import annotations

import pytest

from data.horizons import UNSAID, within, within_the_next


@pytest.mark.parametrize(
    ("horizon", "within_words", "next_words"),
    [
        ("P1D", "within one day", "within the next day"),
        ("P90D", "within 90 days", "within the next 90 days"),
        ("PT1H", "within one hour", "within the next hour"),
        ("P1DT12H", "within one day and 12 hours", "within the next day and 12 hours"),
        ("PT45M", "within 45 minutes", "within the next 45 minutes"),
        ("P0DT8H", "within 8 hours", "within the next 8 hours"),
        ("P3M", "within P3M", "within the next P3M"),
        (UNSAID, "", ""),
        (None, "", ""),
    ],
)
def test_a_horizon_in_words(horizon: str | None, within_words: str, next_words: str) -> None:
    assert within(horizon) == within_words
    assert within_the_next(horizon) == next_words
