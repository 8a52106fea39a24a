"""How many answers may differ before labels count as changed."""

from __future__ import annotations

import numpy as np
import pytest

from models.taught import KEPT, event_key, sample
from training.promotion.labels import Agreement


@pytest.mark.parametrize("share", [0.02, 0.05, 0.10])
@pytest.mark.parametrize("common", [1_000, 4_000])
def test_flipped_labels_are_refused_however_the_dice_fall(share: float, common: int) -> None:
    rng = np.random.default_rng(1)
    drawn = rng.binomial(common, share, size=200)
    assert np.mean([Agreement("it", common, int(differ)).refuses for differ in drawn]) >= (
        1.0 if common == 4_000 else 0.95
    )


def test_a_few_corrections_of_the_books_are_not_a_reason() -> None:
    rng = np.random.default_rng(2)
    assert not any(Agreement("it", 3_000, int(d)).refuses for d in rng.binomial(3_000, 0.003, size=200))
    assert not Agreement("it", 3_000, 0).refuses


def test_too_few_events_in_common_prove_nothing() -> None:
    assert not Agreement("it", 99, 99).refuses


def test_two_samples_of_overlapping_events_have_most_in_common() -> None:
    keys = [event_key("oms", f"e-{number}") for number in range(12_000)]
    earlier, all_of_them = sample(keys[:9_000], [0] * 9_000), sample(keys, [1] * 12_000)
    assert len(earlier) == len(all_of_them) == KEPT
    assert len(earlier.keys() & all_of_them.keys()) > 0.6 * KEPT


def test_an_events_key_does_not_tell_its_name_and_keeps_source_and_id_apart() -> None:
    assert "e-1" not in event_key("oms", "e-1")
    assert event_key("oms1", "1") != event_key("oms", "11")
