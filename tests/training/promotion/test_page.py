"""The dossier's page: read on a desk and on a telephone by whoever agrees, and it asks nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.promotion import Calibration, Difference, Dossier, Metric, Share, Slice
from data.record import digest_of
from data.vocabulary import Task
from tests.fixtures.dossiers import WITHOUT_TIMES, a_dossier, refused
from training.promotion.page import page

RISK = Task.SLA_BREACH


def dossier(**changes: Any) -> Dossier:
    """Every table has a row as wide as they come."""
    gap = {"champion": 0.4771, "challenger": 0.4636, "difference": -0.0135}
    told = {
        "differences": (
            Difference(task=RISK, metric=Metric.LOG_LOSS, n=1_069_000, low=-0.0219, high=-0.0046, worse=0.0, **gap),
        ),
        "slices": (Slice(task=RISK, by="reported_type", value="refund_reconciliation_gap", n=78, errors=1.0, **gap),),
        "calibrations": (Calibration(task=RISK, champion=0.0413, challenger=0.039),),
        "shares": (Share(task=RISK, feature="standing.attribute.assignment_group.stockout_rate_lately", champion=0.1),),
    }
    return a_dossier(digest_of(b"challenger"), digest_of(b"champion"), **told).model_copy(update=changes)


@pytest.mark.browser
@pytest.mark.parametrize("checks", [(), tuple(refused())])
@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_the_screen_and_asks_nobody(browser: Any, tmp_path: Path, width: int, checks: tuple[Any, ...]) -> None:
    file = tmp_path / "dossier.html"
    shown = dossier(checks=checks) if checks else dossier()
    file.write_text(page(shown), encoding="utf-8")
    opened = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: asked.append(message.text))
    opened.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.locator(".checks tbody tr:visible").count() == len(shown.checks)


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1440])
def test_no_word_of_a_short_column_is_broken_and_a_table_that_goes_on_says_so(
    browser: Any, tmp_path: Path, width: int
) -> None:
    file = tmp_path / "dossier.html"
    file.write_text(page(dossier(checks=tuple(refused("a long sentence " * 20)))), encoding="utf-8")
    opened = browser.new_page(viewport={"width": width, "height": 900})
    opened.goto(file.as_uri())
    assert opened.evaluate(_BROKEN) == []
    scrolls, told = opened.evaluate(_SIDEWAYS)
    assert told == scrolls
    assert any(scrolls) == (width == 390)


_BROKEN = """[...document.querySelectorAll('.checks td:not(:last-child)')].filter((cell) => {
  const range = document.createRange(); range.selectNodeContents(cell); return range.getClientRects().length > 1;
}).map((cell) => cell.textContent)"""
_SIDEWAYS = """[[...document.querySelectorAll('.wide.numbers')].map((each) => each.scrollWidth > each.clientWidth),
[...document.querySelectorAll('.sideways')].map((each) => each.offsetHeight > 0)]"""


def test_it_tells_how_often_and_with_which_seed_cases_were_drawn() -> None:
    assert "1,000 paired resamples of whole exceptions, drawn with seed 11." in page(dossier(seed=11))


@pytest.mark.parametrize(
    ("feature", "cell"),
    [
        ("channel", "<td>channel</td>"),
        ("queue_minutes", "<td>queue minutes <code>queue_minutes</code></td>"),
        (
            "standing.attribute.vendor.breach_rate",
            "<td>vendor breach rate <code>standing.attribute.vendor.breach_rate</code></td>",
        ),
        ("attribute.<b>", "<td>&lt;b&gt; <code>attribute.&lt;b&gt;</code></td>"),
    ],
)
def test_a_feature_is_read_in_words_beside_its_exact_name(feature: str, cell: str) -> None:
    assert cell in page(dossier(shares=(Share(task=RISK, feature=feature, champion=0.1),)))


def test_a_slice_is_read_in_words_and_its_value_as_it_was_told() -> None:
    assert "<td>reported type: refund_reconciliation_gap</td>" in page(dossier())


def test_it_names_days_where_there_are_later_ones_and_none_where_there_are_not() -> None:
    assert "days after those that both say taught them" in page(dossier())
    told = page(dossier(window=WITHOUT_TIMES.model_copy(update={"history": "<b>fold</b>.csv"})))
    assert "days after those that both say taught them" not in told
    assert "of &lt;b&gt;fold&lt;/b&gt;.csv that taught neither: of 3,000 cases 400 can be looked up" in told
    assert "not later days" in told
