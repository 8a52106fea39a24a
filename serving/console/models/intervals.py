"""How far a challenger is better or worse, as SVG: each metric's difference with its interval, against no difference.

Differences are shares of the champion's value, so that metrics of different units stand on one scale; better lies to
the right for all of them. Like the waterfall, places are percentages, text keeps its size, and words say what colours
say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from data.promotion import Difference, Metric
from serving.console.display import MINUS, words

_LEFT, _RIGHT = 2.0, 98.0
"""Percent of the width between which intervals lie."""
_LABEL, _BAR, _GAP, _HEAD, _TOP = 17, 12, 12, 26, 20
"""Heights in pixels: the label's line, the interval's, the space below it, a task's heading, the ends of the scale."""
_SMALLEST_REACH = 0.01
_WAYS = {"better": "clearly better", "worse": "clearly worse", "level": "cannot tell"}
MOST = 0.5
"""Half the champion's value: farther off, an interval ends at the edge, and its numbers say how far it goes."""


@dataclass(frozen=True)
class Interval:
    """One metric's difference as a share of the champion's value, above 0 where the challenger is better."""

    label: str
    middle: float
    low: float
    high: float

    @property
    def way(self) -> str:
        """`better` or `worse` where the whole interval is, else `level`."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "level"

    @property
    def shown(self) -> str:
        """What stands beside the line: on a phone there is no room for more."""
        return f"{_signed(self.middle)}, {_WAYS[self.way]}"

    @property
    def says(self) -> str:
        """The same with the interval."""
        return f"{self.shown} ({_signed(self.low)} to {_signed(self.high)})"


def interval_of(each: Difference) -> Interval | None:
    """The interval of a difference; None where the champion's value is 0 and nothing can be a share of it."""
    if not each.champion:
        return None
    turn = (1.0 if each.metric is Metric.AVERAGE_PRECISION else -1.0) / abs(each.champion)
    low, high = sorted((each.low * turn, each.high * turn))
    return Interval(words(each.metric), each.difference * turn, low, high)


def intervals(differences: Sequence[Difference]) -> str:
    """The drawing of all differences, task by task: a complete, escaped `<svg>`; empty where there is none."""
    tasks = dict.fromkeys(each.task for each in differences)
    groups = {
        words(task): [drawn for each in differences if each.task is task and (drawn := interval_of(each))]
        for task in tasks
    }
    rows = [row for group in groups.values() for row in group]
    if not rows:
        return ""
    reach = min(max(_SMALLEST_REACH, *(abs(end) for row in rows for end in (row.low, row.high, row.middle))), MOST)
    parts, y = list[str](), float(_TOP)
    for task, group in groups.items():
        parts.append(f'<text class="task" x="0" y="{y + _HEAD - 8:g}">{escape(task)}</text>')
        y += _HEAD
        for row in group:
            parts.append(_row(row, reach, y))
            y += _LABEL + _BAR + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="intervals" role="img" width="100%" height="{y:g}" '
        'aria-labelledby="intervals-title intervals-desc"><title id="intervals-title">How far the challenger is '
        f'better or worse</title><desc id="intervals-desc">{escape(_description(groups))}</desc>'
        f"{_scale(reach, y)}{''.join(parts)}</svg>"
    )


def _scale(reach: float, bottom: float) -> str:
    middle = _at(0.0, reach)
    return (
        f'<line class="zero" x1="{middle:.3f}%" x2="{middle:.3f}%" y1="{_TOP}" y2="{bottom:g}"/>'
        f'<text class="tick" x="0" y="{_TOP - 6}">◀ worse by {100 * reach:.2g} %</text>'
        f'<text class="tick" x="{middle:.3f}%" y="{_TOP - 6}" text-anchor="middle">as before</text>'
        f'<text class="tick" x="100%" y="{_TOP - 6}" text-anchor="end">better by {100 * reach:.2g} % ▶</text>'
    )


def _row(row: Interval, reach: float, y: float) -> str:
    middle = y + _LABEL + _BAR / 2
    low, at, high = (_at(value, reach) for value in (row.low, row.middle, row.high))
    return (
        f'<g class="row {row.way}"><title>{escape(f"{row.label}: {row.says}")}</title>'
        f'<text class="label" x="0" y="{y + _LABEL - 5:g}">{escape(row.label)}</text>'
        f'<text class="value" x="100%" y="{y + _LABEL - 5:g}" text-anchor="end">{escape(row.shown)}</text>'
        f'<line class="range" x1="{low:.3f}%" x2="{high:.3f}%" y1="{middle:g}" y2="{middle:g}"/>'
        f'<circle class="middle" cx="{at:.3f}%" cy="{middle:g}" r="5"/></g>'
    )


def _at(value: float, reach: float) -> float:
    inside = min(max(value / reach, -1.0), 1.0)
    return _LEFT + (_RIGHT - _LEFT) * (inside + 1.0) / 2.0


def _description(groups: dict[str, list[Interval]]) -> str:
    return ". ".join(f"{task}: {_listed(rows)}" for task, rows in groups.items() if rows)


def _listed(rows: Iterable[Interval]) -> str:
    return "; ".join(f"{row.label} {row.says}" for row in rows)


def _signed(share: float) -> str:
    return f"{MINUS if share < 0 else '+'}{abs(100 * share):.1f} %"
