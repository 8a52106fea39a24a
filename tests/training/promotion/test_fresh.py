"""Which cases of a file are compared where nobody knows a later day: those that taught neither bundle."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from models.task_model import TaskModel
from tests.fixtures.lessons import Table, keys, model
from training.errors import HistoryError
from training.histories.untaught import FEWEST_LOOKED_UP
from training.promotion.fresh import Fresh, Seen, fresh_cases

AT = datetime(2026, 1, 1, tzinfo=UTC)
LARGE = 40_000


def rows(start: int, stop: int, an_exception: int = 1) -> list[Seen]:
    return [
        Seen(key, f"x{number // an_exception}", AT)
        for number, key in zip(range(start, stop), keys(start, stop), strict=True)
    ]


def chosen(models: list[TaskModel], seen: list[Seen], **table: Any) -> Fresh:
    return fresh_cases({f"model {number}": each for number, each in enumerate(models)}, seen, Table(**table).history)


def test_a_file_of_other_rows_is_compared_whole_and_says_how_sure_that_is() -> None:
    fresh = chosen([model(keys(0, LARGE)), model(keys(0, LARGE // 2))], rows(LARGE, LARGE + 3_000))
    assert fresh.left_out == frozenset()
    assert (fresh.told.cases, fresh.told.taught, fresh.told.left_out) == (3_000, 0, 0)
    assert 200 < fresh.told.looked_up < 400
    assert 0.0 < fresh.told.at_most < 0.015


def test_rows_of_small_trainings_are_known_one_by_one_and_left_out() -> None:
    fresh = chosen([model(keys(0, 1_000)), model(keys(500, 1_500))], rows(0, 2_000))
    assert fresh.left_out == {f"x{number}" for number in range(1_500)}
    assert (fresh.told.taught, fresh.told.left_out, fresh.told.at_most) == (1_500, 1_500, 0.0)


def test_of_a_file_that_overlaps_a_large_training_only_rows_known_to_be_new_stay() -> None:
    fresh = chosen([model(keys(0, LARGE))], rows(LARGE - 5_000, LARGE + 5_000))
    kept = {number for number in range(LARGE - 5_000, LARGE + 5_000) if f"x{number}" not in fresh.left_out}
    assert min(kept) >= LARGE, "no taught row is compared"
    assert len(kept) == 10_000 - fresh.told.left_out
    assert 350 < len(kept) < 650


def test_a_file_that_was_taught_is_refused_with_the_numbers_and_what_to_do() -> None:
    with pytest.raises(HistoryError, match=r"of 1,000 cases of other\.csv 1,000 can be looked up, 900 of them taught"):
        chosen([model(keys(0, 900))], rows(0, 1_000))
    with pytest.raises(HistoryError, match="the part that was kept from training"):
        chosen([model(keys(0, LARGE))], rows(0, 3_000))


def test_a_file_too_small_to_speak_for_itself_is_refused() -> None:
    with pytest.raises(HistoryError, match=f"at least {FEWEST_LOOKED_UP} are needed"):
        chosen([model(keys(0, LARGE))], rows(LARGE, LARGE + 300))
    assert chosen([model(keys(0, 1_000))], rows(1_000, 1_050)).told.looked_up == 50, "all of them are known"


def test_an_exception_goes_whole_for_one_row_that_was_taught() -> None:
    fresh = chosen([model(keys(0, 301))], rows(300, 900, an_exception=3))
    assert fresh.left_out == {"x100"}
    assert (fresh.told.taught, fresh.told.left_out) == (1, 3)


def test_of_more_than_are_needed_those_stay_that_can_best_be_looked_up() -> None:
    seen, taught = rows(LARGE, LARGE + 3_000), model(keys(0, LARGE))
    fresh = fresh_cases({"it": taught}, seen, Table().history, most=500)
    kept = [each.key for each in seen if each.exception not in fresh.left_out]
    assert sorted(kept) == sorted(keys(LARGE, LARGE + 3_000))[:500]
    assert (fresh.told.cases, fresh.told.left_out) == (3_000, 2_500)
    assert fresh.told.says.endswith("2,500 were left out, for the others are enough")


def test_a_model_that_keeps_nothing_is_named() -> None:
    with pytest.raises(HistoryError, match="model 1 does not keep which cases taught it"):
        chosen([model(keys(0, 900)), model([])], rows(1_000, 2_000))
    with pytest.raises(HistoryError, match="which cases taught its calibrator"):
        chosen([model(keys(0, 900), recalibrated_on={"n": 400})], rows(1_000, 2_000))
