"""A daily table is checked before it is trained on: what it holds is told, and a planted leak is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from tests.fixtures.days import MAPPING, daily_table
from training.commands.history import app
from training.daily.check import DailyCheck, DailyColumn, check_daily
from training.daily.history import DailyHistory
from training.daily.mapping import DailyMapping
from training.daily.opening import load_daily_mapping
from training.errors import HistoryError, MappingError

run = CliRunner()
EVERYTHING = 1_000_000


def table(gaps: float = 0.03, shelves: int = 60, days: int = 60) -> pd.DataFrame:
    """Promotions sell, and shelves run empty more often on promoted days and holidays, as plans make them."""
    frame = daily_table(shelves, days, gaps, seed=3)
    sold = frame["sold"] * np.where(frame["promotion"] == 1, 1.6, 1.0)
    planned = (frame["promotion"] == 1) | (frame["holiday"] == 1)
    runs_out = planned & (np.random.default_rng(4).random(len(frame)) < 0.3)
    empty = frame["empty"].where(~runs_out, np.minimum(frame["empty"] + 5, 16))
    return frame.assign(sold=sold, empty=empty, note="", weather=np.arange(len(frame)) % 7)


def checked(frame: pd.DataFrame, rows: int = EVERYTHING, **changes: Any) -> DailyCheck:
    mapping = DailyMapping.model_validate({**MAPPING, **changes})
    return check_daily(DailyHistory("days.csv", "sha256:0", frame, mapping), rows)


def column(report: DailyCheck, name: str) -> DailyColumn:
    return next(each for each in report.columns if each.name == name)


def test_it_tells_how_large_the_table_is_and_what_is_missing() -> None:
    frame = table()
    told = checked(frame)
    assert told.extent.rows == told.sampled_rows == len(frame)
    assert (told.extent.shelves, told.extent.nodes, told.extent.articles) == (60, 7, 9)
    assert (str(told.extent.first_day), str(told.extent.last_day)) == ("2026-03-01", "2026-04-29")
    assert told.extent.missing == pytest.approx(1 - len(frame) / (60 * 60))
    assert told.extent.gaps <= told.extent.missing


def test_questions_and_answers_are_those_that_training_has() -> None:
    frame = table()
    history = DailyHistory("days.csv", "sha256:0", frame, DailyMapping.model_validate(MAPPING))
    told, grid = checked(frame), history.grid
    answered = grid.answered()
    assert told.asked == pytest.approx((grid.asked & grid.exists).sum() / len(frame), abs=1e-4)
    assert told.answered == 1.0
    assert told.base_rate == pytest.approx(grid.empty[answered].mean(), abs=1e-4)
    assert sum(each.questions for each in told.periods) == answered.sum()


def test_rates_are_told_by_the_week_and_of_a_long_table_by_the_month() -> None:
    assert (
        checked(table()).periods[0].period == "2026-03-02"
    )  # A Monday; about the first day, a Sunday, nothing is asked.
    assert [each.period for each in checked(table(days=100)).periods][:2] == ["2026-03", "2026-04"]


def test_a_rate_that_moves_is_said() -> None:
    frame = table()
    late = pd.to_datetime(frame["day"]) >= "2026-04-10"
    moved = checked(frame.assign(empty=frame["empty"].mask(late & (frame.index % 4 == 0), 16))).drift
    assert moved.last > moved.first
    assert moved.is_much
    assert not checked(frame).drift.is_much


def test_each_column_is_told_with_what_it_becomes_and_when_it_is_known() -> None:
    told = checked(table())
    assert column(told, "store").known == column(told, "brand").known == "always"
    assert column(told, "promotion").known == column(told, "price").known == "ahead"
    assert column(told, "sold").known == "after_the_day"
    assert column(told, "empty").keys == ("told.stockout_hours", "ran_empty")
    assert column(told, "empty").alone > 0.99
    assert [each.name for each in told.columns if each.known == "not_mapped"] == ["note", "weather"]
    assert column(told, "note").constant
    assert column(told, "weather").distinct == 7


def test_honest_plans_are_above_suspicion() -> None:
    assert checked(table()).leaking == ()
    assert checked(daily_table(60, 60)).leaking == ()


def _hours(frame: pd.DataFrame) -> Any:
    return frame["empty"] / 16


def _sales(frame: pd.DataFrame) -> Any:
    return frame["sold"]


def _empty(frame: pd.DataFrame) -> Any:
    return (frame["empty"] >= 4).astype(int)


def _mostly_empty(frame: pd.DataFrame) -> Any:
    """Right nineteen times of twenty."""
    return ((frame["empty"] >= 4) ^ (np.random.default_rng(1).random(len(frame)) < 0.05)).astype(int)


def _sold_much(frame: pd.DataFrame) -> Any:
    return (frame["sold"] > frame["sold"].median()).astype(int)


@pytest.mark.parametrize(
    ("name", "plant"),
    [
        ("price", _hours),
        ("price", _sales),
        ("promotion", _empty),
        ("promotion", _mostly_empty),
        ("promotion", _sold_much),
        ("holiday", _empty),
    ],
)
def test_what_happened_in_the_day_is_found_where_it_is_said_to_be_known_ahead(
    name: str, plant: Callable[[pd.DataFrame], Any]
) -> None:
    frame = table()
    told = checked(frame.assign(**{name: plant(frame)}))
    assert [each.name for each in told.leaking] == [name]
    assert all(each.says for each in column(told, name).suspicions)


def _wrong_in_a_twentieth(frame: pd.DataFrame, seed: int) -> Any:
    return ((frame["empty"] >= 4) ^ (np.random.default_rng(seed).random(len(frame)) < 0.05)).astype(int)


def test_two_leaks_known_ahead_do_not_excuse_one_another() -> None:
    frame = table()
    told = checked(frame.assign(price=_wrong_in_a_twentieth(frame, 2), holiday=_wrong_in_a_twentieth(frame, 1)))
    for name in ("price", "holiday"):
        assert "implausible" in {each.rule for each in column(told, name).suspicions}
    assert "promotion" not in {each.name for each in told.leaking}


def test_the_same_column_may_tell_its_own_day_once_that_has_ended() -> None:
    frame = table()
    told = checked(frame.assign(price=_sales(frame)), ahead=["promotion", "holiday"])
    assert told.leaking == ()
    assert column(told, "price").known == "after_the_day"


def test_a_sample_holds_whole_shelves_and_the_size_is_still_the_whole_tables() -> None:
    frame = table(gaps=0.0)
    told = checked(frame, rows=1_200)
    assert (told.sampled_shelves, told.sampled_rows) == (20, 1_200)
    assert told.extent.rows == len(frame)


def test_what_training_would_refuse_is_refused() -> None:
    frame = table()
    with pytest.raises(HistoryError, match="two rows of one day"):
        checked(pd.concat([frame, frame.iloc[[5]]], ignore_index=True), rows=300)
    with pytest.raises(MappingError, match="no such column"):
        checked(frame.drop(columns="sold"))
    with pytest.raises(HistoryError, match="no row"):
        checked(frame.iloc[:0])


def test_a_key_that_is_none_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "days.yaml"
    path.write_text(yaml.safe_dump({**MAPPING, "ran_empty": {"colum": "empty", "at_least": 4}}), encoding="utf-8")
    with pytest.raises(MappingError, match=r"'ran_empty\.colum': no such key; did you mean 'column'\?"):
        load_daily_mapping(path)


def files(folder: Path, frame: pd.DataFrame) -> list[str]:
    history, mapping = folder / "days.csv", folder / "days.yaml"
    frame.to_csv(history, index=False)
    mapping.write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    return ["history", "check", "--history", str(history), "--mapping", str(mapping)]


def test_the_command_reports_and_ends_well_where_nothing_leaks(tmp_path: Path) -> None:
    asked = files(tmp_path, table())
    told = run.invoke(app, asked)
    assert told.exit_code == 0, told.stderr
    assert "shelves" in told.stderr
    assert "before the day" in told.stderr
    starts = [line.split("  ")[0] for line in told.stderr.splitlines()]
    assert [each for each in starts if each in ("asked", "ran empty", "drift")] == ["asked", "ran empty", "drift"]
    report = json.loads(run.invoke(app, [*asked, "--json"]).stdout)
    assert report["ok"]
    assert report["schema"] == "fairlead/daily-check/1"
    assert report["unmapped"] == ["note", "weather"]
    assert report["extent"]["first_day"] == "2026-03-01"


def test_the_command_ends_with_exit_code_1_and_names_the_leak(tmp_path: Path) -> None:
    frame = table()
    asked = files(tmp_path, frame.assign(price=_hours(frame)))
    told = run.invoke(app, asked)
    assert told.exit_code == 1
    assert "Suspected: price." in told.stderr
    report = run.invoke(app, [*asked, "--json"])
    assert report.exit_code == 1
    assert json.loads(report.stdout)["leaking"] == ["price"]
