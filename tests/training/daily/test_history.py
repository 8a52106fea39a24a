"""A daily history all at once is what its cases are one by one: the same questions, features, standing and answers."""

from __future__ import annotations

import numpy as np
import pytest

from data.vocabulary import Task
from features.catalogue import feature_set
from features.lessons import PENDING
from features.party_rows import MemoryRows
from features.seeds import snapshot
from features.standing import StandingKeeper
from policies.policy import load_policy
from tests.fixtures.days import MAPPING, daily_table
from training.daily.history import DailyHistory, daily_study, vocabulary
from training.daily.mapping import DailyMapping
from training.errors import HistoryError
from training.histories.dataset import study


def history(gaps: float = 0.03, shelves: int = 60, days: int = 40, seed: int = 0) -> DailyHistory:
    mapping = DailyMapping.model_validate(MAPPING)
    return DailyHistory("days.csv", "sha256:0", daily_table(shelves, days, gaps, seed), mapping)


@pytest.mark.parametrize("gaps", [0.0, 0.03, 0.4])
def test_all_at_once_is_one_by_one(gaps: float) -> None:
    told = history(gaps)
    attributes, grid = vocabulary(told).model_copy(update={"seasons": True}), told.grid
    rows = MemoryRows()
    lines = ((line, True) for line in told.lines())
    keeper = StandingKeeper(rows, attributes)
    one = study(lines, [Task.STOCKOUT], attributes, load_policy(), keeper)
    seen, after = daily_study(grid, grid.exists, told.mapping, attributes, load_policy(), samples=9)
    live, bulk = one.known(Task.STOCKOUT), seen.known(Task.STOCKOUT)
    names = feature_set(Task.STOCKOUT, attributes).names
    assert bulk.times.tolist() == live.times.tolist()
    assert bulk.truth.tolist() == live.truth.tolist()
    assert bulk.fired == live.fired
    for place, name in enumerate(names):
        np.testing.assert_array_equal(bulk.facts[:, place], live.facts[:, place], err_msg=name)
    assert after == snapshot(rows, keeper.waiting)
    assert {row["recorded_at"] for row in after if row["kind"] == PENDING} == {grid.moment(40).isoformat()}


def test_the_standing_of_a_sample_is_the_replayed_one() -> None:
    told = history()
    attributes, grid = vocabulary(told), told.grid
    seen, _ = daily_study(grid, grid.exists, told.mapping, attributes, load_policy(), samples=5)
    features = feature_set(Task.STOCKOUT, attributes)
    for sample in seen.samples:
        vector = features.vector(sample.case, sample.standing)
        np.testing.assert_array_equal(vector, seen.known(Task.STOCKOUT).facts[sample.position])


@pytest.mark.parametrize(("days", "seasons"), [(730, False), (731, True)])
def test_a_table_of_two_years_has_seasons(days: int, seasons: bool) -> None:
    assert vocabulary(history(shelves=2, days=days)).seasons == seasons


def test_nothing_of_the_day_itself_is_known_but_what_is_ahead() -> None:
    told = history(gaps=0.0)
    table = told.frame.copy()
    last = table["day"] == table["day"].max()
    changed = table.assign(
        sold=table["sold"].where(~last, 99.0), empty=table["empty"].where(~last, 16), mask=table["mask"].where(~last, 0)
    )
    other = DailyHistory("days.csv", "sha256:0", changed, told.mapping)
    attributes = vocabulary(told)
    one, two = (
        daily_study(each.grid, each.grid.exists, each.mapping, attributes, load_policy(), 0)[0].known(Task.STOCKOUT)
        for each in (told, other)
    )
    np.testing.assert_array_equal(one.facts, two.facts)


def test_context_is_known_and_never_scored() -> None:
    whole = history(gaps=0.0)
    cut = sorted(whole.frame["day"].unique())[30]
    earlier, later = (
        DailyHistory("days.csv", "sha256:0", whole.frame[part].reset_index(drop=True), whole.mapping)
        for part in (whole.frame["day"] < cut, whole.frame["day"] >= cut)
    )
    attributes = vocabulary(whole)
    grid, own = later.after(earlier)
    seen = daily_study(grid, own, later.mapping, attributes, load_policy(), 0)[0].known(Task.STOCKOUT)
    all_of = daily_study(whole.grid, whole.grid.exists, whole.mapping, attributes, load_policy(), 0)[0]
    known = all_of.known(Task.STOCKOUT)
    late = known.times >= seen.times.min()
    np.testing.assert_array_equal(seen.facts, known.facts[late])
    assert seen.truth.tolist() == known.truth[late].tolist()


def test_two_rows_of_one_day_are_refused() -> None:
    told = history()
    twice = DailyHistory("days.csv", "sha256:0", told.frame.iloc[[0, 0, 1]].reset_index(drop=True), told.mapping)
    with pytest.raises(HistoryError, match="two rows of one day"):
        _ = twice.grid


def test_bits_of_an_empty_cell_are_not_known() -> None:
    told = history(gaps=0.0)
    frame = told.frame.assign(mask=told.frame["mask"].astype(float).mask(told.frame.index == 0))
    grid = DailyHistory("days.csv", "sha256:0", frame, told.mapping).grid
    assert np.isnan(grid.facts["late_hours"][0, 0])
    assert np.isnan(grid.gaps[:, 0, 0]).all()
    assert not grid.asked[0, 1]
    np.testing.assert_array_equal(grid.gaps[:, 1:], told.grid.gaps[:, 1:])


def test_a_case_s_past_days_tell_whether_they_ran_empty_and_its_own_day_does_not() -> None:
    told = history(gaps=0.2, shelves=12, days=12)
    grid = told.grid
    ran: dict[tuple[str, str, str], bool] = {}
    for line in told.lines():
        (position,) = line.case.stock
        day = f"{line.case.event.time:%Y-%m-%d}"
        assert day not in {f"{each.day}" for each in position.history}
        ran |= {(position.node, position.sku, f"{each.day}"): bool(each.ran_empty) for each in position.history}
    words = list(zip(grid.labels["node"].tolist(), grid.labels["sku"].tolist(), strict=True))
    shown = {
        (*words[shelf], f"{grid.moment(day):%Y-%m-%d}"): bool(grid.empty[shelf, day])
        for shelf, day in np.argwhere(grid.exists).tolist()
    }
    assert len(set(ran.values())) == 2
    assert ran.items() <= shown.items()


def test_a_word_of_a_shelf_is_called_as_the_mapping_says_and_a_bare_column_has_the_old_digest() -> None:
    bare = DailyMapping.model_validate(MAPPING)
    whole = {name: {"column": column} for name, column in MAPPING["attributes"].items()}
    assert DailyMapping.model_validate({**MAPPING, "attributes": whole}).digest == bare.digest
    assert bare.model_dump(mode="json")["attributes"] == MAPPING["attributes"]
    called = {**whole, "brand": {**whole["brand"], "called": "maker"}}
    named = DailyHistory(
        "days.csv", "sha256:0", daily_table(), DailyMapping.model_validate({**MAPPING, "attributes": called})
    )
    assert vocabulary(named).attributes["brand"].called == "maker"
    assert named.mapping.digest != bare.digest
    assert "query" not in bare.model_dump()


def test_a_daily_table_says_how_its_letters_are_written() -> None:
    bare = DailyMapping.model_validate(MAPPING)
    assert DailyMapping.model_validate({**MAPPING, "encoding": "cp1252"}).encoding == "cp1252"
    assert "encoding" not in bare.model_dump()
