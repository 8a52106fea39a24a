"""The drawing of differences: better is to the right whatever the metric, and words say what places say."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from data.promotion import Difference, Metric
from data.vocabulary import Task
from serving.console.models.intervals import interval_of, intervals
from tests.fixtures.dossiers import numbers

SVG = "{http://www.w3.org/2000/svg}"
FINITE = st.floats(-10, 10, allow_nan=False)


def difference(metric: Metric, champion: float, change: float, reach: float = 0.001) -> Difference:
    return Difference(
        task=Task.SLA_BREACH,
        metric=metric,
        n=100,
        champion=champion,
        challenger=champion + change,
        difference=change,
        low=change - reach,
        high=change + reach,
        worse=0.5,
    )


def test_less_loss_and_more_precision_are_both_better() -> None:
    for each in (difference(Metric.LOG_LOSS, 0.4, -0.02), difference(Metric.AVERAGE_PRECISION, 0.6, 0.03)):
        found = interval_of(each)
        assert found is not None
        assert found.way == "better"
        assert abs(found.middle - 0.05) < 1e-12


def test_an_interval_that_holds_no_difference_says_that_nobody_can_tell() -> None:
    found = interval_of(difference(Metric.EXPECTED_COST, 3.0, 0.01, reach=0.03))
    assert found is not None
    assert (found.way, found.says) == ("level", "−0.3 %, cannot tell (−1.3 % to +0.7 %)")


def test_a_share_of_nothing_is_not_drawn() -> None:
    assert interval_of(difference(Metric.EXPECTED_COST, 0.0, 1.0)) is None
    assert intervals([difference(Metric.EXPECTED_COST, 0.0, 1.0)]) == ""
    assert intervals([]) == ""


def test_every_metric_is_a_row_that_says_what_it_shows() -> None:
    drawing = ElementTree.fromstring(intervals(numbers()["differences"]))  # noqa: S314 - our own drawing
    rows = drawing.findall(f"{SVG}g")
    assert [row.get("class") for row in rows] == ["row better", "row better", "row level", "row worse"]
    told = drawing.findtext(f"{SVG}desc") or ""
    for row in rows:
        label, value = (each.text or "" for each in row.findall(f"{SVG}text"))
        assert f"{label} {value}" in told


@given(st.floats(0.001, 10), FINITE, st.floats(0, 10), st.sampled_from(Metric))
def test_everything_stays_on_the_drawing(champion: float, change: float, reach: float, metric: Metric) -> None:
    drawing = ElementTree.fromstring(intervals([difference(metric, champion, change, reach)]))  # noqa: S314 - our own drawing
    (line,) = drawing.findall(f"{SVG}g/{SVG}line")
    low, high = (float((line.get(end) or "").rstrip("%")) for end in ("x1", "x2"))
    assert 0 <= low <= high <= 100
    assert drawing.find(f"{SVG}g/{SVG}circle") is not None
