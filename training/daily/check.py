"""What a daily table holds, seen before it is trained on: what is mapped, asked, missing and drifting, what leaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.check.history_check import DECIMALS
from training.check.leaks import Suspicion
from training.daily.history import DailyHistory
from training.daily.leaks import Alone, facts_ahead, suspicions, yesterdays
from training.daily.mapping import DailyMapping
from training.daily.sampled import Extent, Sampled, as_column, sampled
from training.errors import HistoryError

DAILY_CHECK_SCHEMA = "fairlead/daily-check/1"
THREE_MONTHS = 92
"""Days below which rates are told by the week."""
MOVED = 0.2
"""The share of itself by which the base rate may move before it counts as drifting."""

Known = Literal["always", "ahead", "after_the_day", "not_mapped"]
Strings = NDArray[np.str_]


@dataclass(frozen=True)
class DailyColumn:
    """One column of the table."""

    name: str
    keys: tuple[str, ...]
    """The mapping's keys that read it."""
    known: Known
    """When it is known: always, because it names the shelf or the day; before the day begins; when it has ended."""
    missing: float
    distinct: int
    constant: bool
    alone: float
    """The area under the ROC curve that its value of the day itself reaches alone; 0.5 tells nothing."""
    suspicions: tuple[Suspicion, ...] = ()


@dataclass(frozen=True)
class Period:
    """How often shelves ran empty in a month or week, of the questions that were asked and answered."""

    period: str
    questions: int
    rate: float


@dataclass(frozen=True)
class Drift:
    """The base rate in the first and in the last quarter of the days."""

    first: float
    last: float

    @property
    def is_much(self) -> bool:
        """Whether the rate moved by more than a fifth of itself."""
        return abs(self.last - self.first) > MOVED * self.first


@dataclass(frozen=True)
class DailyCheck:
    """The report on a daily table. `extent` and columns' cells are of the whole table, all else of the sample."""

    history: str
    extent: Extent
    sampled_shelves: int
    sampled_rows: int
    asked: float
    """The share of the sampled rows about whose day the question is asked."""
    answered: float
    """The share of the asked questions that the day answers."""
    base_rate: float
    periods: tuple[Period, ...]
    drift: Drift
    columns: tuple[DailyColumn, ...]

    @property
    def leaking(self) -> tuple[DailyColumn, ...]:
        """The columns said to be known ahead that look like what happened."""
        return tuple(column for column in self.columns if column.suspicions)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `ok` is false where a column known ahead looks like a leak."""
        content = {"schema": DAILY_CHECK_SCHEMA, "ok": not self.leaking}
        content["leaking"] = [each.name for each in self.leaking]
        content["unmapped"] = [each.name for each in self.columns if each.known == "not_mapped"]
        told = asdict(self)
        told["extent"] |= {name: str(told["extent"][name]) for name in ("first_day", "last_day")}
        return {**content, **told}


def check_daily(history: DailyHistory, rows: int) -> DailyCheck:
    """Look at every column of a daily table, mapped or not, on so many shelves that about `rows` rows are looked at.

    Raises:
        MappingError: a mapping that does not fit the table.
        HistoryError: a table that cannot be learned from: two rows of one day, words that change, no answer.
    """
    mapping = history.mapping
    extent, seen = sampled(history.frame, mapping, rows)
    if not seen.answered.any():
        raise HistoryError(f"{history.name}: no question has an answer; check asked_if and ran_empty")
    return DailyCheck(
        history=history.name,
        extent=extent,
        sampled_shelves=seen.shelves,
        sampled_rows=len(seen.day),
        asked=round(float(seen.asked.mean()), DECIMALS),
        answered=round(float(seen.answered.sum() / seen.asked.sum()), DECIMALS),
        base_rate=_rate(seen, seen.answered),
        periods=tuple(_periods(seen)),
        drift=_drift(seen),
        columns=tuple(_columns(history.frame, mapping, seen)),
    )


def _rate(seen: Sampled, rows: NDArray[np.bool_]) -> float:
    return round(float(seen.ran[rows & seen.answered].mean()), DECIMALS) if (rows & seen.answered).any() else 0.0


def _periods(seen: Sampled) -> Iterator[Period]:
    """The months of the sample, or where it is shorter than three, its weeks, each named by its Monday."""
    days = [seen.first_day + timedelta(days=each) for each in range(int(seen.day.max()) + 1)]
    names = np.array([_month(each) if len(days) >= THREE_MONTHS else _monday(each) for each in days])
    of_row = names[seen.day]
    for name in np.unique(of_row[seen.answered]):
        rows = seen.answered & (of_row == name)
        yield Period(str(name), int(rows.sum()), _rate(seen, rows))


def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _monday(day: date) -> str:
    return str(day - timedelta(days=day.weekday()))


def _drift(seen: Sampled) -> Drift:
    days = int(seen.day.max()) + 1
    return Drift(_rate(seen, seen.day < days / 4), _rate(seen, seen.day >= days - days / 4))


def _columns(frame: pd.DataFrame, mapping: DailyMapping, seen: Sampled) -> Iterator[DailyColumn]:
    alone = Alone(seen)
    areas = {key: alone.of(as_column(key, seen.numbers(cells))) for key, cells in mapping.numbers.items()}
    areas |= {key: alone.of(seen.column(column)) for key, column in mapping.words.items()}
    found = suspicions(seen, mapping, _known_before(mapping, seen, alone, areas))
    for name in map(str, frame.columns):
        keys = _keys(mapping, name)
        missing, distinct = float(frame[name].isna().mean()), int(frame[name].nunique())
        area = max((areas[key] for key in keys), default=None)
        yield DailyColumn(
            name=name,
            keys=keys,
            known=_known(mapping, keys),
            missing=round(missing, DECIMALS),
            distinct=distinct,
            constant=distinct <= 1 and missing in (0.0, 1.0),
            alone=round(alone.of(seen.column(name)) if area is None else area, DECIMALS),
            suspicions=tuple(each for key in keys for each in found.get(key, ())),
        )


def _known_before(mapping: DailyMapping, seen: Sampled, alone: Alone, areas: Mapping[str, float]) -> dict[str, float]:
    """What each thing tells alone that is known when the question is asked."""
    named = [*mapping.words, *facts_ahead(mapping)]
    before = {key: alone.of(column) for key, column in yesterdays(seen, mapping).items()}
    return {**before, **{key: areas[key] for key in named}}


def _keys(mapping: DailyMapping, name: str) -> tuple[str, ...]:
    words = [key for key, column in mapping.words.items() if column == name]
    return (*words, *(key for key, cells in mapping.numbers.items() if cells.column == name))


def _known(mapping: DailyMapping, keys: tuple[str, ...]) -> Known:
    """The earliest moment at which the mapping lets anything of a column be known."""
    if not keys:
        return "not_mapped"
    if any(key in mapping.words for key in keys):
        return "always"
    return "ahead" if any(key in facts_ahead(mapping) for key in keys) else "after_the_day"
