"""Leaks that are several do not excuse one another, and honest columns that are several are not blamed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.fixtures.tables import write_csv
from training.check.examined import examine
from training.check.history_check import check
from training.tables.mapping import parse_mapping

COUNT = 4_000
MAPPING: dict[str, Any] = {
    "schema": "fairlead/mapping/1",
    "zone": "UTC",
    "facts": {"event.source": {"constant": "shop"}, "event.id": "id", "event.time": "at", "exception_id": "id"},
    "outcome": {"sla_breached": "broke", "recorded_at": "closed_at"},
}
Cell = Callable[[Random, bool, float], object]
"""A cell of a column: by chance, by what happened, and by what strikes several columns of a row alike."""


def copy(wrong: float) -> Cell:
    """What happened in words of another kind, wrong in a share of the rows."""
    return lambda chance, broke, _: "penalty" if broke != (chance.random() < wrong) else "none"


def honest(apart: float) -> Cell:
    """A number whose mean lies so many standard deviations higher in cases that broke: 0.9 is an AUC of .74, 1.2 .80.

    Two of them tell alike in good part.
    """
    return lambda chance, broke, alike: apart * broke + 0.8 * alike + 0.6 * chance.gauss(0, 1)


def suspected(folder: Path, cells: dict[str, Cell], count: int | None = None, **changes: Any) -> set[str]:
    """The suspects in a table of cases, three in ten of which broke."""
    chance, rows = Random(5), []
    for number in range(count or COUNT):
        at, broke, alike = datetime(2026, 1, 1) + timedelta(hours=number), chance.random() < 0.3, chance.gauss(0, 1)  # noqa: DTZ001
        made = [str(cell(chance, broke, alike)) for cell in cells.values()]
        rows.append(
            (f"c{number}", f"{at:%Y-%m-%dT%H:%M}", str(broke), f"{at + timedelta(days=3):%Y-%m-%dT%H:%M}", *made)
        )
    path = write_csv(folder / "t.csv", ("id", "at", "broke", "closed_at", *cells), rows)
    mapping = parse_mapping({**MAPPING, **changes})
    report = check(examine(path, mapping, COUNT), mapping)
    return {column.name for column in report.columns if column.suspicions} - {"closed_at"}


@pytest.mark.parametrize("wrong", [0.0, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_leaks_of_one_strength_are_all_found(tmp_path: Path, wrong: float, number: int) -> None:
    leaks = {f"leak {place}": copy(wrong) for place in range(number)}
    assert suspected(tmp_path, {"weak": honest(0.3), **leaks}) == set(leaks)


def test_leaks_of_several_strengths_are_all_found(tmp_path: Path) -> None:
    leaks = {f"wrong in {wrong}": copy(wrong) for wrong in (0.0, 0.02, 0.05, 0.1)}
    assert suspected(tmp_path, {"weak": honest(0.3), **leaks}) == set(leaks)


def test_a_weaker_leak_excuses_no_stronger_one_where_honest_columns_are_good(tmp_path: Path) -> None:
    """One that is wrong in a tenth has 2.6 times fewer errors than an honest column of .74."""
    leaks = {f"wrong in {wrong}": copy(wrong) for wrong in (0.02, 0.05, 0.1)}
    assert suspected(tmp_path, {"good": honest(0.9), **leaks}) == set(leaks)


@pytest.mark.parametrize(("count", "named"), [(99, False), (100, True)])
def test_of_too_few_cases_no_column_predicts_too_well(tmp_path: Path, count: int, named: bool) -> None:
    """Of a dozen that are judged a column ranks all of them by chance."""
    assert ("leak" in suspected(tmp_path, {"weak": honest(0.3), "leak": copy(0.0)}, count=count)) == named


@pytest.mark.parametrize("apart", [0.9, 1.2, 1.4])
def test_two_honest_columns_that_tell_much_alike_are_not_blamed(tmp_path: Path, apart: float) -> None:
    assert suspected(tmp_path, {"one": honest(apart), "other": honest(apart), "weak": honest(0.3)}) == set()


def test_an_honest_column_is_not_blamed_beside_leaks(tmp_path: Path) -> None:
    columns = {"strong": honest(1.55), "good": honest(0.9), "one": copy(0.02), "other": copy(0.02)}
    assert suspected(tmp_path, columns) == {"one", "other"}


def test_a_declared_leak_excuses_no_other(tmp_path: Path) -> None:
    columns = {"weak": honest(0.3), "declared": copy(0.2), "hidden": copy(0.09)}
    assert suspected(tmp_path, columns, leaks={"declared": "written at the end"}) == {"hidden"}


@pytest.mark.parametrize(("share", "told"), [(0.03, set[str]()), (0.08, {"seen"})])
def test_clocks_that_disagree_now_and_then_are_no_column_written_later(
    tmp_path: Path, share: float, told: set[str]
) -> None:
    def seen(chance: Random, broke: bool, alike: float) -> object:
        return "2030-01-01" if chance.random() < share else "2020-01-01"

    assert suspected(tmp_path, {"weak": honest(0.3), "seen": seen}) == told


def on_a_monday(folder: Path, untold: int, spread: int) -> dict[str, list[str]]:
    """What is said of columns where some of the last three hundred cases have not ended."""
    rows = []
    for number in range(2_000):
        at, open_yet = datetime(2026, 1, 1) + timedelta(hours=number), number >= 1_700 and number % spread < untold  # noqa: DTZ001
        broke, closed = ("", "") if open_yet else (str(number % 7 == 0), f"{at + timedelta(hours=3):%Y-%m-%dT%H:%M}")
        fine, old = "" if open_yet else number % 11, "x" if number < 1_700 else ""
        rows.append((f"c{number}", f"{at:%Y-%m-%dT%H:%M}", broke, closed, fine, old, number % 5 or "", number % 13))
    head = ("id", "at", "broke", "closed_at", "fine", "old system", "gaps", "always")
    mapping = parse_mapping({**MAPPING, "attributes": {"fine": {"column": "fine", "kind": "number"}}})
    report = check(examine(write_csv(folder / "t.csv", head, rows), mapping, COUNT), mapping)
    return {each.name: [one.says for one in each.suspicions] for each in report.columns if each.suspicions}


@pytest.mark.parametrize("share", [(1, 9), (2, 5), (4, 5)])
def test_a_column_that_comes_with_the_outcome_is_suspected_however_little_it_predicts(
    tmp_path: Path, share: tuple[int, int]
) -> None:
    told = on_a_monday(tmp_path, *share)
    assert {"fine"} <= told.keys() <= {"fine", "closed_at"}, "not what went with a system, nor what has gaps"
    assert told["fine"] == [
        "filled in 100 % of the cases of which an outcome is told and in 0 % of those of the same days that tell none: "
        "it comes with the outcome"
    ]


def test_of_few_cases_without_an_outcome_nothing_is_said(tmp_path: Path) -> None:
    assert "fine" not in on_a_monday(tmp_path, 1, 11), "28 of them"
