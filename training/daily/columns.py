"""The features of a grid's questions, a column at a time: what `FeatureSet.vector` gives for each, for all of them.

Histories become windows that `features.demand` summarises, parties become arrays that the features of
`features.parties` read as they read one standing; what no table of days tells is asked of one case for each day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.standing import Standing
from features.catalogue import FeatureSet
from features.definition import Feature
from features.demand import DAYS, LAST_DAYS, MOST_PARTS, OPENING_HOURS, Windows, summarise
from features.shelf import SUMMARY_OF
from training.daily.grid import Grid
from training.daily.standing import PartySums, Reports

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

BLOCK = 20_000
"""Questions whose windows are held at once: some tens of megabytes."""
ATTRIBUTE = "attribute."

Template = Callable[[int], Case]
"""A case of some shelf about a day, without its history."""


def reports_of(grid: Grid) -> Reports:
    """What every day's questions tell of the shelves' last day."""
    shelves, days = grid.shape
    empty, closing, late, wanted, usual = (np.zeros(grid.shape) for _ in range(5))
    told = np.zeros(grid.shape, bool)
    for block in _blocks(shelves * days):
        shelf, day = block // days, block % days
        found, age = _summaries(grid, shelf, day)
        with np.errstate(invalid="ignore"):
            known = ~np.isnan(found["empty_last_day"]) & (age <= 1.0) & grid.exists[shelf, day]
            units = found["last_day"] * found["daily"]
        sells = known & ~np.isnan(units)
        told[shelf, day] = known
        empty[shelf, day] = np.where(known, np.minimum(found["empty_last_day"] / OPENING_HOURS, 1.0), 0.0)
        closing[shelf, day] = np.where(known, np.nan_to_num(found["empty_last_part"]), 0.0)
        late[shelf, day] = np.where(known, np.nan_to_num(found["late_last_day"]), 0.0)
        wanted[shelf, day] = np.where(sells, units, 0.0)
        usual[shelf, day] = np.where(sells, found["daily"], 0.0)
    return Reports(told, empty, closing, late, wanted, usual)


def matrix_of(
    grid: Grid,
    features: FeatureSet,
    parties: Mapping[str, PartySums],
    questions: tuple[Places, Places],
    ahead: frozenset[str],
    template: Template,
) -> Floats:
    """float64[n, k]: the features of the questions, given by their shelves and days."""
    shelf, day = questions
    matrix = np.full((len(shelf), len(features.features)), np.nan)
    for block in _blocks(len(shelf)):
        columns = _Block(grid, shelf[block], day[block], parties, ahead)
        for place, feature in enumerate(features.features):
            matrix[block, place] = columns.column(feature, template)
    return matrix


class _Block:
    """Some questions' columns."""

    def __init__(
        self, grid: Grid, shelf: Places, day: Places, parties: Mapping[str, PartySums], ahead: frozenset[str]
    ) -> None:
        self._grid, self._shelf, self._day, self._ahead = grid, shelf, day, ahead
        self._found = _summaries(grid, shelf, day)[0]
        self._parties = parties
        # A table of days confirms no cause.
        seen = [SimpleNamespace(kind=kind, causes={}, **party.at(shelf, day)) for kind, party in parties.items()]
        self._standing: Any = SimpleNamespace(parties=seen)

    def column(self, feature: Feature, template: Template) -> Floats:
        """One feature of every question."""
        if feature.name in SUMMARY_OF:
            return self._found[SUMMARY_OF[feature.name]]
        if feature.name in _DERIVED:
            return _DERIVED[feature.name](self)
        if feature.name.startswith(ATTRIBUTE):
            return self._coded(feature, f"attribute:{feature.name.removeprefix(ATTRIBUTE)}")
        if feature.name in ("region", "category"):
            return self._coded(feature, feature.name)
        if feature.known == "standing":
            return self._of_parties(feature, template)
        return self._by_day(feature, template)

    def fact(self, name: str) -> Floats:
        """A fact of the day itself, where it is known ahead."""
        if name not in self._ahead:
            return np.full(len(self._shelf), np.nan)
        return self._grid.facts[name][self._shelf, self._day].astype(np.float64)

    def summary(self, name: str) -> Floats:
        """One summary of the days before."""
        return self._found[name]

    def _of_parties(self, feature: Feature, template: Template) -> Floats:
        """The feature's own function on arrays; NaN where the shelf has no such party."""
        values = np.broadcast_to(np.asarray(self._asked(feature, template), np.float64), self._shelf.shape)
        kind = next((kind for kind in self._parties if _stem(kind) and feature.name.startswith(_stem(kind))), None)
        if kind is None:
            return values
        return np.where(self._parties[kind].shelf[self._shelf] >= 0, values, np.nan)

    def _asked(self, feature: Feature, template: Template) -> Any:
        value = feature.of(template(0), self._standing)
        return np.nan if value is None else value

    def _coded(self, feature: Feature, label: str) -> Floats:
        codes = {level: float(code) for code, level in enumerate(feature.levels)}
        words, place = np.unique(self._grid.labels[label].astype(str), return_inverse=True)
        known = np.array([codes.get(word, np.nan) for word in words.tolist()])
        absent = np.array([each is None for each in self._grid.labels[label].tolist()])
        return np.where(absent, np.nan, known[place])[self._shelf]

    def _by_day(self, feature: Feature, template: Template) -> Floats:
        days, place = np.unique(self._day, return_inverse=True)
        values = [feature.of(case, Standing(as_of=case.event.time)) for case in map(template, days.tolist())]
        return np.array([np.nan if each is None else each for each in values])[place]


def _stem(kind: str) -> str:
    return f"standing.{kind.replace(':', '.')}." if ":" in kind else f"{kind}_"


def _next_day_demand(block: _Block) -> Floats:
    promoted = block.fact("promotion") == 1.0
    weekday, promotion = block.summary("next_weekday"), block.summary("promotion")
    uplift = np.where(promoted & ~np.isnan(promotion), promotion, 1.0)
    return np.asarray(block.summary("daily") * np.where(np.isnan(weekday), 1.0, weekday) * uplift)


_DERIVED: dict[str, Callable[[_Block], Floats]] = {
    "next_day_demand": _next_day_demand,
    "promotion_ahead": lambda block: block.fact("promotion"),
    "holiday_ahead": lambda block: block.fact("holiday"),
    "price_ahead": lambda block: block.fact("price_share"),
    "price_change": lambda block: block.fact("price_share") - block.summary("last_price"),
    "price_over_usual": lambda block: block.fact("price_share") - block.summary("usual_price"),
}
"""Features that join the day ahead to the days before."""


def _summaries(grid: Grid, shelf: Places, day: Places) -> tuple[dict[str, Floats], Floats]:
    """The summaries of the days before each question's, and how long ago the last day told was."""
    last = grid.last_told[shelf, day]
    place = last[:, None] - np.arange(DAYS - 1, -1, -1)
    inside = (place >= 0) & (last >= 0)[:, None]
    place = np.where(inside, place, 0)
    rows = shelf[:, None]

    def window(values: NDArray[Any]) -> Floats:
        return np.where(inside, values[rows, place], np.nan).astype(np.float64)

    def of_parts(values: NDArray[Any]) -> Floats:
        whole = np.full((len(shelf), LAST_DAYS, MOST_PARTS), np.nan)
        for back in range(LAST_DAYS):
            at = last - back
            for number in range(len(values)):
                told = np.where(at >= 0, values[number][shelf, np.maximum(at, 0)], np.nan)
                whole[:, LAST_DAYS - 1 - back, number] = told
        return whole

    facts = grid.facts
    windows = Windows(
        sold=window(facts["sold"]),
        empty=window(facts["stockout_hours"]),
        late=window(facts["late_hours"]),
        promotion=window(facts["promotion"]),
        holiday=window(facts["holiday"]),
        price=window(facts["price_share"]),
        told=np.where(inside, grid.exists[rows, place], False).astype(np.float64),
        parts=of_parts(grid.parts),
        gaps=of_parts(grid.gaps),
        final=window(grid.final_part),
    )
    none = last < 0
    found = {name: np.where(none, np.nan, each) for name, each in summarise(windows).items()}
    return found, np.where(none, np.nan, day - last).astype(np.float64)


def _blocks(n: int) -> Iterator[Places]:
    for start in range(0, n, BLOCK):
        yield np.arange(start, min(start + BLOCK, n))
