"""A prediction's waterfall as SVG, drawn on the server: from where every case starts to the probability shown.

Horizontal places are percentages and text keeps its size, so one drawing is legible on a phone and on a desk.
Direction is told by sign, arrow and hatching, never by colour alone. Classes carry the colours; there is no
inline style, so a strict content security policy holds.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from data.explanation import CalibrationStep, Contribution, ModelStep
from data.prediction import LabelPrediction, RiskPrediction
from features.chain import is_chained
from serving.console.display import heading, moved_by, percent, signed, words

Prediction = LabelPrediction | RiskPrediction

MOST_BARS = 6
"""Contributions drawn one by one; the rest are summed into the last bar."""

_WRAP, _LONGEST_LABEL, _SHORTEST_NAME, _MOST_LINES = 52, 38, 12, 3
_WIDTH = 82.0
"""Percent of the width that bars may take; the numbers stand to the right of it."""
_LABEL, _BAR, _LINE, _GAP = 16, 10, 15, 16
"""Heights in pixels: the label line, the bar, a line of the sentence, the space to the next row."""
_TOP = 22
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Bar:
    """One row: how far something moved the raw score, from where to where."""

    label: str
    says: str
    start: float
    amount: float
    value: str = ""
    """The end of the label: what must stay readable where the label is cut short."""

    @property
    def end(self) -> float:
        """The raw score after this row."""
        return self.start + self.amount

    @property
    def way(self) -> str:
        """`up` where the row raises the score, `down` where it lowers it."""
        return "up" if self.amount >= 0 else "down"


@dataclass(frozen=True)
class Scale:
    """From raw score to percent of the width."""

    low: float
    high: float

    def at(self, score: float) -> float:
        """The place of a raw score, 0 to `_WIDTH`."""
        return _WIDTH * (score - self.low) / (self.high - self.low)


def waterfall(
    step: ModelStep, calibration: CalibrationStep | None, prediction: Prediction, currency: str | None = None
) -> str:
    """The drawing of one model step and of what calibration made of it: a complete, escaped `<svg>` element."""
    rows = bars(step, currency)
    scale = _scale(step, rows)
    drawn, bottom = _rows(step, rows, scale)
    result, height = _result(step, calibration, prediction, scale, bottom)
    name = _name(step)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="waterfall" role="img" width="100%" height="{height}" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{_text(_title(step))}</title>'
        f'<desc id="{name}-desc">{_text(_description(step, rows, prediction))}</desc>'
    )
    return head + _hatch(name) + _ticks(step, scale, bottom) + drawn + result + "</svg>"


def bars(step: ModelStep, currency: str | None = None) -> tuple[Bar, ...]:
    """The rows from base to raw, largest movement first, the last one closing the sum exactly."""
    listed = sorted(step.contributions, key=lambda each: -abs(each.contribution))[:MOST_BARS]
    rows, score = [], step.base
    for each in listed:
        value = moved_by(each, currency)
        rows.append(Bar(f"{_name_of(each)}: {value}", each.says, score, each.contribution, value))
        score = rows[-1].end
    rest = Bar("everything else", "all other facts of this case together", score, step.raw - score)
    return (*rows, rest)


def _name_of(each: Contribution) -> str:
    """What a link of a chain says is another, weaker model's: not the probability that the answer tells of a type."""
    if is_chained(each.feature):
        return heading(f"first reading: {words(each.feature.partition('.')[2])}")
    return heading(each.called or words(each.feature))


def _scale(step: ModelStep, rows: tuple[Bar, ...]) -> Scale:
    scores = [step.base, step.raw, *(row.end for row in rows)]
    low, high = min(scores), max(scores)
    margin = 0.04 * (high - low) or 1.0
    return Scale(low - margin, high + margin)


def _rows(step: ModelStep, rows: tuple[Bar, ...], scale: Scale) -> tuple[str, float]:
    """The start and every row, one below the other; and where the next would begin."""
    y: float = _TOP
    drawn = [_start(step, scale, y)]
    y += _LABEL + _BAR + _GAP
    for row in rows:
        drawn.append(_row(step, row, scale, y))
        y += _row_height(row)
    return "".join(drawn), y


def _row_height(row: Bar) -> int:
    return _LABEL + _BAR + _LINE * len(_lines(row.says)) + _GAP


def _start(step: ModelStep, scale: Scale, y: float) -> str:
    x = scale.at(step.base)
    return (
        f'<g class="row start">{_line(y, "Every case starts here", signed(step.base))}'
        f'<line class="mark" x1="{x:.3f}%" x2="{x:.3f}%" y1="{y + _LABEL:g}" y2="{y + _LABEL + _BAR:g}"/></g>'
        f"{_connector(x, y + _LABEL + _BAR, _LABEL + _GAP)}"
    )


def _row(step: ModelStep, row: Bar, scale: Scale, y: float) -> str:
    left, right = sorted((scale.at(row.start), scale.at(row.end)))
    place = f'x="{left:.3f}%" y="{y + _LABEL:g}" width="{right - left:.3f}%" height="{_BAR}"'
    hatch = f'<rect class="hatch" fill="url(#{_name(step)}-hatch)" {place}/>' if row.way == "down" else ""
    arrow = "▲" if row.way == "up" else "▼"
    sentence = _sentence(row.says, y + _LABEL + _BAR)
    return (
        f'<g class="row {row.way}"><title>{_text(f"{row.label}: {signed(row.amount)}. {row.says}")}</title>'
        f'{_line(y, _shortened(row), f"{arrow} {signed(row.amount)}")}<rect class="bar" {place}/>{hatch}{sentence}</g>'
        f"{_connector(scale.at(row.end), y + _LABEL + _BAR, _row_height(row) - _BAR)}"
    )


def _line(y: float, label: str, value: str) -> str:
    return (
        f'<text class="label" x="0" y="{y + _LABEL - 5:g}">{_text(label)}</text>'
        f'<text class="value" x="100%" y="{y + _LABEL - 5:g}" text-anchor="end">{_text(value)}</text>'
    )


def _sentence(says: str, y: float) -> str:
    return "".join(
        f'<text class="says" x="0" y="{y + _LINE * (index + 1) - 2:g}">{_text(line)}</text>'
        for index, line in enumerate(_lines(says))
    )


def _connector(x: float, y: float, height: float) -> str:
    return f'<line class="connector" x1="{x:.3f}%" x2="{x:.3f}%" y1="{y:g}" y2="{y + height:g}"/>'


def _result(
    step: ModelStep, calibration: CalibrationStep | None, prediction: Prediction, scale: Scale, y: float
) -> tuple[str, int]:
    """The raw score's mark, then the probability shown on its own track from 0 to 100 %."""
    x, below = scale.at(step.raw), y + _LABEL + _BAR + _GAP
    raw = (
        f'<g class="row raw">{_line(y, "Score of this case", signed(step.raw))}'
        f'<line class="mark" x1="{x:.3f}%" x2="{x:.3f}%" y1="{y + _LABEL:g}" y2="{y + _LABEL + _BAR:g}"/></g>'
    )
    if prediction.probability is None:
        return raw, math.ceil(below)
    track = f'x="0" y="{below + _LABEL:g}" height="{_BAR}"'
    says = calibration.says if calibration else ""
    shown = (
        f'<g class="row shown">{_line(below, "Probability shown", percent(prediction.probability))}'
        f'<rect class="track" {track} width="{_WIDTH:g}%"/>'
        f'<rect class="filled" {track} width="{_WIDTH * prediction.probability:.3f}%"/>'
        f"{_sentence(says, below + _LABEL + _BAR)}</g>"
    )
    return raw + shown, math.ceil(below + _LABEL + _BAR + _LINE * len(_lines(says)) + 6)


def _ticks(step: ModelStep, scale: Scale, bottom: float) -> str:
    """Where the score is log-odds of a probability, lines at round probabilities: people do not read log-odds."""
    if step.space != "log_odds":
        return ""
    drawn, last = [], -math.inf
    for probability in _TICKS:
        x = scale.at(math.log(probability / (1 - probability)))
        if 4 <= x <= _WIDTH and x - last >= 11:
            drawn.append(
                f'<line class="grid" x1="{x:.3f}%" x2="{x:.3f}%" y1="{_TOP - 6}" y2="{bottom:g}"/>'
                f'<text class="tick" x="{x:.3f}%" y="{_TOP - 10}" text-anchor="middle">{percent(probability)}</text>'
            )
            last = x
    return f'<g class="ticks">{"".join(drawn)}</g>'


def _hatch(name: str) -> str:
    return (
        f'<defs><pattern id="{name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<path class="hatching" d="M-1 7 L7 -1 M-1 1 L1 -1 M5 7 L7 5"/></pattern></defs>'
    )


def _title(step: ModelStep) -> str:
    return f"What led to “{words(step.label or step.id)}”"


def _description(step: ModelStep, rows: Iterable[Bar], prediction: Prediction) -> str:
    space = "log-odds" if step.space == "log_odds" else "score of this label"
    moves = "; ".join(
        f"{row.label} {'raises' if row.way == 'up' else 'lowers'} it by {abs(row.amount):.2f}" for row in rows
    )
    end = "" if prediction.probability is None else f" The probability shown is {percent(prediction.probability)}."
    return f"In {space}, every case starts at {signed(step.base)}. {moves}. The score is {signed(step.raw)}.{end}"


def _name(step: ModelStep) -> str:
    return "waterfall-" + re.sub(r"[^A-Za-z0-9_-]", "-", step.id)


def _lines(says: str) -> list[str]:
    return textwrap.wrap(says, _WRAP, max_lines=_MOST_LINES, placeholder=" …")


def _shortened(row: Bar) -> str:
    """The label as far as there is room: its name is cut before its value, and the title holds the whole."""
    if len(row.label) <= _LONGEST_LABEL or not row.value:
        return _cut(row.label, _LONGEST_LABEL)
    name, value = row.label.removesuffix(f": {row.value}"), _cut(row.value, _LONGEST_LABEL - _SHORTEST_NAME)
    return f"{_cut(name, _LONGEST_LABEL - len(value) - 2)}: {value}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("�", text))
