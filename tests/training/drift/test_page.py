"""A drift report as a page: what to do first, what moved, and all of it as a phone shows it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import pytest

from data.vocabulary import Task
from models.drift_records import Alarm, DriftReport, FeatureDrift, Level, RegionDrift
from models.performance import Performance
from training.drift.page import LOOK, OTHER_CASES, RECALIBRATE, RETRAIN, page

NOT_LATER = {"not_later": {"share": 1.0, "until": "2026-11-23T00:00:00Z", "says": "100 % of <b> happened before"}}


def test_the_tables_scroll_in_their_own_boxes_and_the_page_does_not() -> None:
    told = page(_report(), "later.jsonl", {})
    assert "<meta name='viewport' content='width=device-width,initial-scale=1'>" in told
    assert ".wide{overflow-x:auto}" in told
    assert told.count("<table>") == 3
    for name in ("Regions", "Features that moved", "Features that have not moved"):
        assert f"<div class='wide' tabindex='0' role='region' aria-label='{name}'><table>" in told


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 600, 790, 1440])
def test_a_table_that_goes_on_says_so_on_a_telephone_and_where_it_does_not_never(
    browser: Any, tmp_path: Path, width: int
) -> None:
    file = tmp_path / "drift.html"
    file.write_text(page(_report(), "later.jsonl", {}), encoding="utf-8")
    opened = browser.new_page(viewport={"width": width, "height": 900})
    opened.goto(file.as_uri())
    opened.locator("summary").last.click()
    scrolls, told = opened.evaluate(_SIDEWAYS)
    assert not any(says and not goes_on for says, goes_on in zip(told, scrolls, strict=True))
    assert told == ([True] * 3 if width == 390 else [False] * 3)


_SIDEWAYS = """[[...document.querySelectorAll('.wide')].map((each) => each.scrollWidth > each.clientWidth),
[...document.querySelectorAll('.sideways')].map((each) => each.offsetHeight > 0)]"""


def test_what_moved_is_shown_in_words_and_the_others_are_closed() -> None:
    shown, closed = page(_report(), "later.jsonl", {}).split("<details>")
    assert "<span title='standing.attribute.desk_team.usual_hours'>desk team usual hours</span>" in shown
    assert "<td>under 0.001</td><td>0 %</td><td>10 %</td>" in shown
    assert "order value" in closed
    assert "order value" not in shown
    assert "<summary>1 that have not moved</summary>" in closed


def test_a_page_on_which_nothing_moved_says_so() -> None:
    told = page(_report().model_copy(update={"features": ()}), "later.jsonl", {})
    assert "None has moved." in told
    assert "<details>" not in told


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ([], ["Nothing yet. Look again once more outcomes count."]),
        (["rate"], [RECALIBRATE]),
        (["performance", "calibration", "inputs"], [RECALIBRATE, RETRAIN, LOOK]),
    ],
)
def test_what_to_do_stands_before_why_the_quickest_first(
    about: list[Literal["inputs", "rate", "calibration", "performance"]], says: list[str]
) -> None:
    alarms = tuple(Alarm(about=each, says=f"the {each} is amiss") for each in about)
    told = _plain(page(_report().model_copy(update={"alarms": alarms}), "later.jsonl", {}))
    assert told.index("What to do") < told.index("How it does")
    places = [told.index(each.replace("`", "")) for each in says]
    assert places == sorted(places)
    assert [each for each in (RECALIBRATE, RETRAIN, LOOK) if each.replace("`", "") in told] == [
        each for each in says if not each.startswith("Nothing")
    ]
    assert all(told.index(f"The {each} is amiss") > places[-1] for each in about)


def test_outcomes_without_an_alarm_leave_nothing_to_do() -> None:
    seen = Performance(n=200, rate=0.1, said=0.1, log_loss=0.3, brier=0.1)
    report = _report().model_copy(update={"regions": (RegionDrift(n=200, claimed=seen, realised=seen),)})
    assert "Nothing. Look again with the next days." in page(report, "later.jsonl", {})


@pytest.mark.parametrize(
    ("taught", "doubts"),
    [
        (NOT_LATER, True),
        ({"taught": {"taught": 3, "says": "of the 9 cases 3 taught the model"}}, True),
        ({"taught": {"says": "whether they taught it is not known"}}, True),
        ({"taught": {"taught": 0, "says": "none of those taught the model"}}, False),
        ({}, False),
    ],
)
def test_cases_that_taught_the_model_are_told_on_top_and_raise_no_alarm(
    taught: dict[str, dict[str, Any]], doubts: bool
) -> None:
    alarm = Alarm(about="calibration", says="probabilities miss: recalibrate on the latest labels")
    told = page(_report().model_copy(update={"alarms": (alarm,)}), "later.jsonl", taught)
    assert (OTHER_CASES in told) is doubts
    assert ("fairlead recalibrate" in told) is not doubts
    assert ("<li class='alarm'>" in told) is not doubts
    for each in taught.values():
        assert told.index(each["says"].replace("<b>", "&lt;b&gt;")) < told.index("What to do")
    assert "<b>" not in told


def test_alarms_of_regions_are_closed_beside_those_of_all_cases() -> None:
    whole, part = Alarm(about="rate", says="it drifted"), Alarm(about="rate", region="eu", says="eu: it drifted")
    both = page(_report().model_copy(update={"alarms": (whole, part)}), "later.jsonl", {})
    assert "<summary>The same by region: 1</summary><ul><li class='alarm'>eu: it drifted" in both
    assert both.count("eu: it drifted") == 1
    alone = page(_report().model_copy(update={"alarms": (part,)}), "later.jsonl", {})
    assert "by region" not in alone
    assert "<h2>Why</h2><ul><li class='alarm'>eu: it drifted" in alone


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_fits_the_screen(browser: Any, tmp_path: Path, width: int) -> None:
    file = tmp_path / "drift.html"
    file.write_text(page(_report(), "a_history_with_a_very_long_name_of_one_word.jsonl", NOT_LATER), encoding="utf-8")
    shown = browser.new_page(viewport={"width": width, "height": 900})
    shown.goto(file.as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= width


def _plain(told: str) -> str:
    return re.sub("<[^>]+>", "", told)


def _feature(name: str, psi: float, level: Level) -> FeatureDrift:
    return FeatureDrift(feature=name, psi=psi, chance=0.0, discovery=0.0, missing_was=0.0, missing_is=0.1, level=level)


def _report() -> DriftReport:
    return DriftReport(
        task=Task.SLA_BREACH,
        n=100,
        with_outcome=0,
        features=(
            _feature("standing.attribute.desk_team.usual_hours", 0.3, "large"),
            _feature("order_value", 0.0, "none"),
        ),
        shifted=1,
        regions=(),
        currency="EUR",
        alarms=(),
        says="1 of 2 features have moved",
    )
