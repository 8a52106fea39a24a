"""The drawing says what the step says: same sums, same direction, nothing unescaped."""

import math
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.explanation import Contribution, ModelStep
from data.prediction import RiskPrediction
from data.record import Unit
from data.vocabulary import ServedBy
from serving.console.waterfall import MOST_BARS, bars, waterfall
from tests.fixtures.recommendations import calibration_step, label_step, model_step, predictions

SVG = "{http://www.w3.org/2000/svg}"
PIXEL = 100 / 1000
"""One pixel of a drawing 1,000 pixels wide, in percent."""

RISK = RiskPrediction(probability=0.64, served_by=ServedBy.MODEL)
HOSTILE = "<script>alert(1)</script>&\"'\x00\x0b]]>"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 our own drawing


def drawn(step: ModelStep) -> ET.Element:
    return parsed(waterfall(step, calibration_step(), RISK, "EUR"))


def share(element: ET.Element, name: str) -> float:
    return float(element.attrib[name].removesuffix("%"))


def marks(svg: ET.Element) -> tuple[float, float]:
    """Where the base and the raw score are marked."""
    start, raw = (svg.find(f"{SVG}g[@class='row {name}']/{SVG}line") for name in ("start", "raw"))
    assert start is not None
    assert raw is not None
    return share(start, "x1"), share(raw, "x1")


def moves(svg: ET.Element) -> list[tuple[float, float]]:
    """Per bar, where it begins and ends in its own direction."""
    found = []
    for row in svg.iter(f"{SVG}g"):
        bar = row.find(f"{SVG}rect[@class='bar']")
        if bar is not None:
            left, right = share(bar, "x"), share(bar, "x") + share(bar, "width")
            found.append((left, right) if "up" in row.attrib["class"] else (right, left))
    return found


def test_a_long_name_is_cut_before_its_value_and_told_whole_in_the_title() -> None:
    name, long = (
        "minutes since the carrier last reported of the parcel",
        "the third door to the left of the loading dock",
    )
    for value, shown in (("13 min", "13 min"), (long, long[:20])):
        step = model_step(
            contributions=(
                Contribution(feature="x", value=value, contribution=1.0, says="", called=name, unit=Unit.LABEL),
            )
        )
        row = drawn(step).find(f"{SVG}g[@class='row up']")
        assert row is not None
        label, title = row.find(f"{SVG}text[@class='label']"), row.find(f"{SVG}title")
        assert label is not None
        assert label.text is not None
        assert shown in label.text
        assert label.text.startswith("Minutes s")
        assert len(label.text) <= 38
        assert title is not None
        assert f"Minutes{name[7:]}: {value}" in str(title.text)


@st.composite
def steps(draw: st.DrawFn) -> ModelStep:
    """Any step whose parts add up."""
    size = st.floats(-5, 5, allow_nan=False).map(lambda each: round(each, 9))
    text = st.text(max_size=60)
    moved = draw(st.lists(size, max_size=14))
    base, others = draw(size), draw(size)
    return ModelStep(
        id=draw(st.sampled_from(["sla_breach", "a b", "1.2"])),
        version="1",
        space=draw(st.sampled_from(["log_odds", "log_softmax"])),
        base=base,
        contributions=tuple(
            Contribution(
                feature=f"feature_{index}", value=draw(text), unit=Unit.TEXT, contribution=each, says=draw(text)
            )
            for index, each in enumerate(moved)
        ),
        others=others,
        raw=round(base + math.fsum(moved) + others, 9),
        residual=0.0,
        says="",
    )


@given(steps())
def test_bars_lead_from_base_to_raw_without_a_gap(step: ModelStep) -> None:
    svg = drawn(step)
    base, raw = marks(svg)
    path = moves(svg)
    assert path[0][0] == pytest.approx(base, abs=PIXEL)
    assert path[-1][1] == pytest.approx(raw, abs=PIXEL)
    for before, after in pairwise(path):
        assert before[1] == pytest.approx(after[0], abs=PIXEL)


@given(steps())
def test_everything_stays_inside_the_drawing(step: ModelStep) -> None:
    svg = drawn(step)
    for element in svg.iter():
        for name in ("x", "x1", "x2"):
            if element.attrib.get(name, "").endswith("%"):
                assert 0 <= share(element, name) <= 100
        for name in ("y", "y1", "y2"):
            if name in element.attrib:
                assert 0 <= float(element.attrib[name]) <= float(svg.attrib["height"])


@given(steps())
def test_rows_close_the_sum_exactly(step: ModelStep) -> None:
    rows = bars(step)
    assert len(rows) == min(len(step.contributions), MOST_BARS) + 1
    assert rows[-1].end == pytest.approx(step.raw, abs=1e-9)
    sizes = [abs(row.amount) for row in rows[:-1]]
    assert sizes == sorted(sizes, reverse=True)


def test_direction_is_told_without_colour() -> None:
    svg = drawn(model_step())
    for row in svg.iter(f"{SVG}g"):
        if row.find(f"{SVG}rect[@class='bar']") is not None:
            value = row.find(f"{SVG}text[@class='value']")
            assert value is not None
            up = "up" in row.attrib["class"]
            assert (value.text or "")[:3] == ("▲ +" if up else "▼ −")
            assert (row.find(f"{SVG}rect[@class='hatch']") is None) == up


def test_a_feature_of_the_retailer_s_own_is_labelled_by_what_people_call_it() -> None:
    plain = Contribution(feature="attribute.national_inv", value=0.0, unit=Unit.EACH, contribution=0.3, says="")
    for each, label in (
        (plain, "National inv: 0"),
        (plain.model_copy(update={"called": "stock on hand"}), "Stock on hand: 0"),
    ):
        step = model_step().model_copy(update={"contributions": (each,)})
        assert bars(step)[0].label == label


def test_what_an_earlier_task_of_a_chain_says_is_called_a_first_reading() -> None:
    """The answer tells a probability of its own of the same type, by a stronger model."""
    of = Contribution(feature="exception_type.split_shipment", value=0.92, contribution=1.0, says="", unit=Unit.RATIO)
    step = model_step().model_copy(update={"contributions": (of,)})
    assert bars(step, "EUR")[0].label == "First reading: split shipment: 92 %"


def test_hostile_text_is_only_text() -> None:
    hostile = Contribution(feature="<b>", value=HOSTILE, unit=Unit.TEXT, contribution=1.0, says=HOSTILE)
    step = model_step(contributions=(hostile,), label=HOSTILE, others=0.0, raw=0.18)
    text = waterfall(step, calibration_step(says=HOSTILE), RISK, HOSTILE)
    tags = {element.tag.removeprefix(SVG) for element in parsed(text).iter()}
    assert tags <= {"svg", "title", "desc", "defs", "pattern", "path", "g", "line", "text", "rect"}
    assert "style=" not in text


def test_it_is_an_image_with_a_title_and_a_description() -> None:
    svg = drawn(model_step())
    assert svg.attrib["role"] == "img"
    named = svg.attrib["aria-labelledby"].split()
    assert [svg[0].attrib["id"], svg[1].attrib["id"]] == named
    assert svg[0].text == "What led to “promise breaks”"
    described = svg[1].text or ""
    assert "every case starts at −0.82" in described
    assert "Queue minutes: 41 min raises it by 0.93" in described
    assert described.endswith("The score is +0.18. The probability shown is 64 %.")


def test_values_carry_their_units_and_the_end_is_the_probability_shown() -> None:
    words = [element.text for element in drawn(model_step()).iter(f"{SVG}text")]
    assert "Days since count: 19 days" in words
    assert "Staff share: 60 %" in words
    assert words[words.index("Probability shown") + 1] == "64 %"


def test_only_log_odds_have_a_scale_of_probabilities() -> None:
    assert drawn(model_step()).find(f".//{SVG}text[@class='tick']") is not None
    step, calibration = label_step("root_cause", "inventory_mismatch", 0.66)
    text = waterfall(step, calibration, predictions().root_cause)
    assert parsed(text).find(f".//{SVG}text[@class='tick']") is None


def test_scale_marks_the_probability_of_the_score() -> None:
    """A score of 0 in log-odds is 50 %: the tick stands where the mark stands."""
    step = model_step(base=-2.0, contributions=(), others=2.0, raw=0.0)
    svg = drawn(step)
    tick = next(each for each in svg.iter(f"{SVG}text") if each.attrib["class"] == "tick" and each.text == "50 %")
    assert share(tick, "x") == pytest.approx(marks(svg)[1], abs=PIXEL)


def test_a_prediction_without_probability_ends_at_the_score() -> None:
    svg = parsed(waterfall(model_step(), None, RiskPrediction(served_by=ServedBy.MODEL)))
    assert svg.find(f"{SVG}g[@class='row shown']") is None
    assert svg.find(f"{SVG}g[@class='row raw']") is not None
