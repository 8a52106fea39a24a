"""What a person sees while something long goes on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from rich.console import Console

from data.vocabulary import Task
from training.terminal import EVERY, Bars, Lines, comparison, covered, progress_on

TURNS = 100


def _work(bars: Bars, name: str) -> int:
    passed = 0
    for turn in range(TURNS):
        bars.step(f"{name} {turn}")
        passed += len(list(bars.count(range(3), f"{name} counts")))
    return passed


def test_threads_that_learn_at_once_move_their_own_lines() -> None:
    with Bars(Console(file=StringIO(), force_terminal=True)) as bars, ThreadPoolExecutor(4) as pool:
        passed = list(pool.map(lambda name: _work(bars, name), ("one", "two", "three", "four")))
    assert passed == [3 * TURNS] * 4


def test_a_line_goes_with_its_thread_and_with_its_next_step() -> None:
    screen = StringIO()
    with Bars(Console(file=screen, force_terminal=True)) as bars:
        bars.step("learning")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(bars.step, "late: how to learn").result()
        beside = screen.getvalue()
        bars.step("publishing")
    after = screen.getvalue().partition("publishing")[2]
    assert "learning" in beside.partition("late: how to learn")[0]
    assert "how to learn" not in after
    assert "learning" not in after


class Watched(StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "term", "drawn"),
    [(Watched(), "xterm", True), (Watched(), "dumb", False), (StringIO(), "xterm", False)],
)
def test_bars_are_drawn_where_somebody_watches_and_nowhere_else(
    stream: StringIO, term: str, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_on(Console(file=stream)) as progress:
        progress.step("learning")
    assert isinstance(progress, Bars) == drawn
    assert ("\x1b" in stream.getvalue()) == drawn


def test_a_log_has_one_line_for_each_step_as_it_begins() -> None:
    log = StringIO()
    with progress_on(Console(file=log, width=40), clock=lambda: 0.0) as progress:
        progress.step(f"reading {'a/long/path/' * 10}[today].jsonl")
        read = progress.count(["a", "b"], "replaying what was known", 2)
        assert next(read) == "a"
        assert log.getvalue().splitlines()[1:] == ["replaying what was known"]
        assert list(read) == ["b"]
        progress.step("publishing")
    assert log.getvalue() == f"reading {'a/long/path/' * 10}[today].jsonl\nreplaying what was known\npublishing\n"


@pytest.mark.parametrize(("total", "of"), [(3_000, " of 3,000"), (None, "")])
def test_a_log_is_told_of_many_items_no_more_than_twice_a_minute(total: int | None, of: str) -> None:
    log, seconds = StringIO(), iter(range(100_000))
    lines = Lines(Console(file=log), clock=lambda: next(seconds) / 40)
    assert list(lines.count(range(3_000), "reading", total)) == [*range(3_000)]
    begun, *told = log.getvalue().splitlines()
    assert begun == "reading"
    assert told == [f"reading: {passed:,}{of}" for passed in (1_200, 2_400)]
    assert EVERY == 30.0


def test_what_sets_cover_is_told_by_class_and_by_region_where_there_are_regions() -> None:
    cell = {"n": 200, "coverage": 0.85, "interval": [0.79, 0.87], "holds": False, "size": 1.2, "one": 0.8, "none": 0.0}
    told = {
        "error_rate": 0.1,
        "all": {**cell, "holds": True},
        "classes": [{**cell, "label": "delayed_supplier_confirmation"}, {**cell, "label": "yes"}],
        "cells": [
            {**cell, "label": "delayed_supplier_confirmation", "region": "eu"},
            {**cell, "label": "yes", "region": None},
        ],
    }
    screen = StringIO()
    Console(file=screen, width=80).print(covered(told, "Conformal sets"))
    title, *rows = (line.rstrip() for line in screen.getvalue().splitlines() if line.strip())
    assert title == "Conformal sets; aim 90 %"
    assert [row.split()[0] for row in rows if " 200 " in row] == ["all", "delayed", "eu", "yes"]
    assert screen.getvalue().count("misses") == 3
    assert "0.790-0.870" in screen.getvalue()
    said = " ".join(screen.getvalue().split())
    assert "A set names every answer that cannot be ruled out; aim 90 %: of the cases of each class and region" in said


def compared(said: float, **left_out: int) -> str:
    side = {"log_loss": 0.4, "roc_auc": 0.7, "average_precision": 0.4, "ece": 0.09}
    told = {"n": 911, "base_rate": 0.157, "base": side, "rules": side, "model": {**side, "said": said}, **left_out}
    screen = StringIO()
    Console(file=screen, width=120).print(comparison({Task.SLA_BREACH: told}, "a rehearsal"))
    return " ".join(screen.getvalue().split())


def test_a_level_that_chance_does_not_explain_is_noted_with_what_mends_it() -> None:
    assert "sla_breach: it said 7 % where 16 % came true. Newer labels may mend that" in compared(0.07)
    assert "`fairlead recalibrate`" in compared(0.07)
    assert "it said" not in compared(0.15)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("promise_passed", "left out, because the promise had passed: sla_breach: 1,200"),
        ("promise_open", "left out, because the promise was not due when the history ended"),
        ("promise_open_but_scored", "scored too, though the promise was not due when the history ended"),
        ("too_young", "left out, because so young when the history ended"),
        ("too_young_but_scored", "scored too, though so young when the history ended"),
        ("not_known_yet", "about so many were not known yet, for which known ones of their age and outcome count"),
    ],
)
def test_below_the_scores_stands_how_many_cases_are_in_none_or_should_be_in_none_and_why(kind: str, says: str) -> None:
    shown = compared(0.15, **{kind: 1_200})
    assert says in shown
    assert shown.count("1,200") == 1
