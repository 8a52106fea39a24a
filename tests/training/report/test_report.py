"""What is found among the highest ranked cases."""

from __future__ import annotations

import numpy as np
import pytest

from training.report.report import top_share

SAID = np.linspace(1.0, 0.0, 20)
TRUTH = np.array([1, 0] * 10)


def test_the_highest_tenth_is_looked_at() -> None:
    assert top_share(TRUTH, SAID) == 0.5
    assert top_share(TRUTH, -SAID, top=0.05) == 0.0


def test_cases_ranked_alike_count_alike() -> None:
    assert top_share(np.array([1] * 5 + [0] * 15), np.full(20, 0.3)) == pytest.approx(0.25)


def test_a_case_counts_for_its_weight() -> None:
    """Of forty that are counted, four are the highest tenth: three of the first and one of the second."""
    weights = np.where(np.arange(20) == 0, 3.0, 37.0 / 19.0)
    assert top_share(TRUTH, SAID, weights) == pytest.approx(0.75)


def test_a_constant_score_finds_what_all_cases_come_to() -> None:
    weights = np.where(TRUTH == 1, 2.0, 1.0)
    assert top_share(TRUTH, np.full(20, 0.1), weights) == pytest.approx(np.average(TRUTH, weights=weights))
