"""A daily history: the questions of a table of days, each with its answer, as cases or all at once.

Where all at once is wanted, nothing is replayed: standing and features are computed as arrays, and become what
replaying the same cases one by one would give.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.case import Case, Event, StockDay, StockPosition
from data.horizons import A_DAY
from data.outcome import HistoryLine, Outcome
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import OPEN_FACTS, TWO_YEARS, AttributeSchema, infer_schema, party_words
from features.catalogue import feature_set
from features.demand import DAYS
from features.seeds import snapshot
from features.standing import PARTIES, RETAILER
from features.wording import Wordings
from policies.fallback import rule_facts
from policies.policy import Policy
from policies.stakes import stake
from training.daily.columns import matrix_of, reports_of
from training.daily.events import EventKeys, event_id, event_keys
from training.daily.grid import Cells2D, Grid, grid_of
from training.daily.mapping import DailyMapping
from training.daily.standing import PartySums, events_of, party_sums, standing_of, states, waiting
from training.errors import HistoryError
from training.histories.baseline import NO_RULE
from training.histories.dataset import Sample, Study
from training.histories.known import Known
from training.tables.mapping import Naming

Places = NDArray[np.int64]
DAY = timedelta(days=1)


class DailyHistory:
    """The questions of a daily table in time order: by day, then by node and article."""

    def __init__(self, name: str, digest: str, frame: pd.DataFrame, mapping: DailyMapping) -> None:
        self.name, self.digest = name, digest
        self.mapping_digest: str | None = mapping.digest
        self.says, self.horizon = mapping.says, A_DAY
        self.naming: Naming = {}
        self.wordings: Wordings = mapping.wordings
        self.mapping, self.frame = mapping, frame

    @cached_property
    def grid(self) -> Grid:
        """The table as arrays."""
        return grid_of(self.frame, self.mapping)

    def lines(self) -> Iterator[HistoryLine]:
        """Every question as a case with its history, and its answer where it has one."""
        writer = CaseWriter(self.grid, self.mapping)
        answered = self.grid.answered()
        for day in range(self.grid.shape[1]):
            for shelf in np.flatnonzero(self.grid.exists[:, day]).tolist():
                case = writer.case(shelf, day)
                outcome = None
                if answered[shelf, day]:
                    ran = bool(self.grid.empty[shelf, day])
                    outcome = Outcome(recorded_at=self.grid.moment(day + 1), stockout=ran)
                yield HistoryLine(case=case, outcome=outcome)

    def after(self, earlier: DailyHistory) -> tuple[Grid, NDArray[np.bool_]]:
        """One grid of both tables, and which of its questions are this history's: bool[s, t].

        Raises:
            HistoryError: the tables were mapped differently, or tell the same day of a shelf.
        """
        if earlier.mapping_digest != self.mapping_digest:
            raise HistoryError("history and context are read by different mappings; give both the same")
        columns = list(self.mapping.columns)
        both = pd.concat([earlier.frame[columns], self.frame[columns]], ignore_index=True)
        whole = grid_of(both, self.mapping)
        own = grid_of(both.assign(_own=[0.0] * len(earlier.frame) + [1.0] * len(self.frame)), _marked(self.mapping))
        return whole, own.empty == 1.0


def _marked(mapping: DailyMapping) -> DailyMapping:
    """The mapping, telling instead of the answer which rows are marked."""
    content = mapping.model_dump(by_alias=True, mode="json")
    return DailyMapping.model_validate({**content, "ran_empty": {"column": "_own", "equals": 1.0}})


@dataclass(frozen=True)
class CaseWriter:
    """Questions of a grid as the cases an orchestrator would post."""

    grid: Grid
    mapping: DailyMapping

    @cached_property
    def names(self) -> list[str]:
        """What every shelf is called in the ids of its questions."""
        words = zip(self.grid.labels["node"].tolist(), self.grid.labels["sku"].tolist(), strict=True)
        return [f"{node}.{sku}" for node, sku in words]

    @cached_property
    def dates(self) -> list[str]:
        """What every day is called there."""
        return [f"{self.grid.moment(day):%Y-%m-%d}" for day in range(self.grid.shape[1])]

    def keys(self, shelf: Places, day: Places) -> EventKeys:
        """What stands for the events of some questions: see `models.taught`."""
        return event_keys(self.mapping.source, self.names, self.dates, shelf, day)

    def case(self, shelf: int, day: int, with_history: bool = True) -> Case:
        """The question about a shelf and a day, asked as the day begins."""
        grid, word = self.grid, self._words(shelf)
        at = grid.moment(day)
        id = event_id(self.names[shelf], self.dates[day])
        ahead = {name: self._fact(name, shelf, day) for name in self.mapping.ahead}
        position = StockPosition(
            sku=word["sku"],
            node=word["node"],
            category=word.get("category"),
            promotion_ahead=_flag(ahead.get("promotion")),
            holiday_ahead=_flag(ahead.get("holiday")),
            price_share_ahead=ahead.get("price_share"),
            history=tuple(self._history(shelf, day)) if with_history else (),
        )
        return Case(
            event=Event(source=self.mapping.source, id=id, time=at),
            exception_id=id,
            region=word.get("region"),
            stock=(position,),
            attributes={
                name.removeprefix("attribute:"): text for name, text in word.items() if name.startswith("attribute:")
            },
        )

    def _words(self, shelf: int) -> dict[str, str]:
        told = {name: words[shelf] for name, words in self.grid.labels.items()}
        return {name: word for name, word in told.items() if word is not None}

    def _history(self, shelf: int, day: int) -> Iterator[StockDay]:
        last = int(self.grid.last_told[shelf, day])
        for place in range(max(0, last - DAYS + 1), last + 1):
            if self.grid.exists[shelf, place]:
                yield self._stock_day(shelf, place)

    def _stock_day(self, shelf: int, place: int) -> StockDay:
        return StockDay(
            day=_date(self.grid, place),
            sold=self._fact("sold", shelf, place),
            sold_by_part=_parts(self.grid.parts, shelf, place),
            stockout_by_part=_parts(self.grid.gaps, shelf, place),
            stockout_hours=self._fact("stockout_hours", shelf, place),
            late_hours=self._fact("late_hours", shelf, place),
            promotion=_flag(self._fact("promotion", shelf, place)),
            holiday=_flag(self._fact("holiday", shelf, place)),
            price_share=self._fact("price_share", shelf, place),
            ran_empty=_flag(_known(self.grid.empty[shelf, place])),
        )

    def _fact(self, name: str, shelf: int, day: int) -> float | None:
        return _known(self.grid.facts[name][shelf, day])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _parts(values: Cells2D, shelf: int, place: int) -> tuple[float, ...]:
    """What is told of the parts of a day, up to the first that is not."""
    told = [float(each[shelf, place]) for each in values]
    return tuple(takewhile(lambda each: not np.isnan(each), told))


def _date(grid: Grid, place: int) -> date:
    return grid.first_day + place * DAY


def _flag(value: float | None) -> bool | None:
    return None if value is None else value == 1.0


def vocabulary(history: DailyHistory) -> AttributeSchema:
    """The words that occur often enough to learn from, counted by question, as in any history."""
    grid = history.grid
    counts = grid.exists.sum(axis=1)

    def of(label: str) -> Counter[str]:
        seen: Counter[str] = Counter()
        for word, count in zip(grid.labels[label].tolist(), counts.tolist(), strict=True):
            if word is not None:
                seen[word] += count
        return seen

    attributes = {name.removeprefix("attribute:"): of(name) for name in grid.labels if name.startswith("attribute:")}
    facts = {str(name): of(name) for name in ("region", "category") if name in grid.labels and name in OPEN_FACTS}
    schema = infer_schema(attributes, facts, history.wordings)
    return schema.model_copy(update={"seasons": timedelta(grid.shape[1] - 1) >= TWO_YEARS})


def daily_study(
    grid: Grid,
    scored: NDArray[np.bool_],
    mapping: DailyMapping,
    attributes: AttributeSchema,
    policy: Policy,
    samples: int,
) -> tuple[Study, list[dict[str, Any]]]:
    """What one pass over the scored questions leaves, with the parties' rows after the last day's questions.

    What that day came to waits among them until the next one begins.
    """
    writer = CaseWriter(grid, mapping)
    parties = _parties(grid, attributes)
    shelf, day = questions_of(grid.answered() & scored)
    if not len(shelf):
        raise HistoryError("no question has an answer; check asked_if and ran_empty, or give earlier days by --context")
    template = _template(grid)
    facts = matrix_of(
        grid,
        feature_set(Task.STOCKOUT, attributes),
        parties,
        (shelf, day),
        frozenset(mapping.ahead),
        lambda place: writer.case(template, place, with_history=False),
    )
    moments = np.array([grid.moment(each).timestamp() for each in range(grid.shape[1] + 1)])
    known = Known(
        times=moments[day],
        truth=grid.empty[shelf, day].astype(np.int64),
        fired=_fired(writer, shelf, day, policy),
        messages=[None] * len(shelf),
        facts=facts,
        exceptions=np.arange(len(shelf)),
        regions=_regions(grid, shelf),
        stakes=np.full(len(shelf), _stake(writer, int(shelf[0]), int(day[0]), policy)),
        events=writer.keys(shelf, day),
        counts_at=moments[day + 1],
    )
    chosen = np.linspace(0, len(shelf) - 1, min(samples, len(shelf))).astype(np.int64)
    kept = [
        Sample(int(place), writer.case(int(shelf[place]), int(day[place])), _standing(parties, grid, place, shelf, day))
        for place in chosen
    ]
    last = [event_id(name, writer.dates[-1]) for name in writer.names]
    return Study.ready(Task.STOCKOUT, known, kept), snapshot(states(parties, grid), waiting(parties, grid, last))


def _regions(grid: Grid, shelf: Places) -> list[str | None]:
    return grid.labels["region"][shelf].tolist() if "region" in grid.labels else [None] * len(shelf)


def _stake(writer: CaseWriter, shelf: int, day: int, policy: Policy) -> float:
    """What hangs on a question: the same for all, because nobody's customer or promise is told of."""
    case = writer.case(shelf, day)
    told = stake(Task.STOCKOUT, rule_facts(case, Standing(as_of=case.event.time), policy), policy)
    return math.nan if told is None else float(told)


def _parties(grid: Grid, attributes: AttributeSchema) -> dict[str, PartySums]:
    """The sums of every kind of party that a shelf's case names, in the keeper's order."""
    events = events_of(grid, reports_of(grid))
    labels = grid.labels
    named: dict[str, NDArray[np.object_]] = {"node": labels["node"], "sku": _joined(labels["sku"], labels["node"])}
    named["product"] = labels["sku"]
    if "region" in labels:
        named["regional"] = _joined(labels["sku"], labels["region"])
    for kind in party_words(attributes):
        named[kind] = labels[kind.removeprefix("fact:")]
    named[RETAILER] = np.full(len(labels["node"]), RETAILER, dtype=object)
    order = [kind for kind in (*PARTIES, *party_words(attributes), RETAILER) if kind in named]
    return {kind: party_sums(kind, named[kind], events) for kind in order}


def _joined(first: NDArray[np.object_], second: NDArray[np.object_]) -> NDArray[np.object_]:
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return np.array([None if other is None else f"{one}@{other}" for one, other in pairs], dtype=object)


def questions_of(asked: NDArray[np.bool_]) -> tuple[Places, Places]:
    """The places of the questions in time order: by day, then by shelf."""
    day, shelf = np.nonzero(asked.T)
    return shelf.astype(np.int64), day.astype(np.int64)


def _template(grid: Grid) -> int:
    """A shelf that names every party it may."""
    whole = np.all([words != None for words in grid.labels.values()], axis=0)  # noqa: E711 - elementwise
    return int(np.argmax(whole))


def _fired(writer: CaseWriter, shelf: Places, day: Places, policy: Policy) -> list[str]:
    """The fallback's row for every question: without a stock on hand, it depends on what is known ahead alone."""
    asked: dict[float, str] = {}
    ahead = writer.grid.facts["promotion"][shelf, day] if "promotion" in writer.mapping.ahead else np.full(len(day), -1)
    ahead = np.nan_to_num(ahead, nan=-1.0)
    for value in np.unique(ahead).tolist():
        place = int(np.argmax(ahead == value))
        case = writer.case(int(shelf[place]), int(day[place]))
        hit = policy.ask(Task.STOCKOUT.value, rule_facts(case, Standing(as_of=case.event.time), policy)).hit
        asked[value] = hit.row if hit else NO_RULE
    return [asked[value] for value in ahead.tolist()]


def _standing(parties: dict[str, PartySums], grid: Grid, place: int, shelf: Places, day: Places) -> Standing:
    at = int(day[place])
    return Standing(as_of=grid.moment(at), parties=standing_of(parties, int(shelf[place]), at))
