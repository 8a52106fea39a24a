"""The features of each task, their order and their fingerprint; one case as a vector, a history as a matrix."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.explanation import Seen
from data.record import Unit, digest_of
from data.standing import Standing
from data.vocabulary import Task
from features import calendar, carrier, order, price, refunds, returns, sentences, shelf, stock, supplier, systems, text
from features import workflow as work
from features.attributes import EMPTY, AttributeSchema, attribute_features
from features.chain import Link, chain_features
from features.commonness import common_features
from features.definition import Feature, features_in, values_of
from features.long_memory import long_memories
from features.open_cases import open_cases
from features.parties import CASE_PARTIES, SHELF_PARTIES, declared_parties
from features.seasons import seasonal
from features.sentences import Quantiles
from features.short_memory import short_memories
from features.text import TextScorer, text_features

Floats = NDArray[np.float64]
_DECIMALS = 6
_NAN = math.nan
_NOTHING = np.empty(0)

_SHELF_FACTS = (*features_in(stock), *features_in(shelf), *features_in(calendar))
_WORK_FACTS = tuple(
    each for module in (order, supplier, carrier, returns, price, refunds, work) for each in features_in(module)
)
_SYSTEMS = (*systems.STATES, *systems.LAGS, *features_in(systems))

CASE_FEATURES = (*_WORK_FACTS, *_SHELF_FACTS, *_SYSTEMS, *features_in(text), *CASE_PARTIES)
"""What a case is judged by: its type, its cause, its promise."""

SHELF_FEATURES = (
    *_SHELF_FACTS,
    order.node_kind,
    work.orders_last_hour,
    work.demand_ratio,
    work.staffing_gap,
    supplier.supplier_overdue,
    *SHELF_PARTIES,
)
"""What a shelf is judged by."""


DIRECTIONS: dict[Task, dict[str, int]] = {
    Task.SLA_BREACH: {
        "queue_minutes": 1,
        "queue_length": 1,
        "queue_per_person": 1,
        "staffing_gap": 1,
        "approvals_open": 1,
        "approval_minutes": 1,
        "supplier_overdue": 1,
    },
    Task.STOCKOUT: {"stock_on_hand": -1, "stock_available": -1, "cover_days": -1, "stock_days": -1},
}
"""What the domain knows: more of the feature can only raise the risk (1), or only lower it (-1)."""


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """The features a model reads, in the order of its columns: facts, what earlier tasks say of them, the message's.

    Missing values are NaN, categories and flags their codes.
    """

    facts: tuple[Feature, ...]
    text: TextScorer | None = None
    links: tuple[Link, ...] = ()

    def __post_init__(self) -> None:
        twice = sorted(name for name, count in Counter(self.names).items() if count > 1)
        if twice:
            raise ValueError(f"a feature's name stands for one column; given twice: {', '.join(twice)}")

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """All of them."""
        chained = [each for link in self.links for each in chain_features(link, self.facts)]
        return (*self.facts, *chained, *(text_features(self.text) if self.text else ()))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(each.name for each in self.features)

    @cached_property
    def fingerprint(self) -> str:
        """The digest of names, units, kinds and levels in their order: equal where columns mean the same.

        What was counted or learned over a history, as `common.*` and the message's scores, may still differ.
        """
        return digest_of([[each.name, each.unit, each.kind, list(each.levels)] for each in self.features])

    @cached_property
    def categories(self) -> tuple[int, ...]:
        """The columns that hold codes of levels."""
        return tuple(index for index, each in enumerate(self.features) if each.kind == "category")

    @cached_property
    def background(self) -> tuple[int, ...]:
        """The columns that tell how much goes on around a case."""
        return tuple(index for index, each in enumerate(self.features) if each.background)

    @cached_property
    def beyond(self) -> tuple[int, ...]:
        """The columns that tell of other cases: what came of them, how common they are, how many go on."""
        return tuple(index for index, each in enumerate(self.features) if each.background or each.known == "standing")

    @cached_property
    def from_outcomes(self) -> frozenset[str]:
        """The columns that outcomes feed, by name."""
        return frozenset(each.name for each in self.features if each.from_outcomes)

    def only(self, names: Sequence[str]) -> FeatureSet:
        """These facts in this order, with links and message: what a model reads of before other facts were computed.

        Raises:
            KeyError: a name that is not among the features.
        """
        known = {each.name: each for each in self.features}
        facts = {each.name for each in self.facts}
        own = [known[name] for name in names]
        return FeatureSet(tuple(each for each in own if each.name in facts), self.text, self.links)

    def directions(self, task: Task) -> dict[int, int]:
        """The columns of which more can only raise the task's risk (1) or only lower it (-1)."""
        known = DIRECTIONS.get(task, {})
        return {index: known[name] for index, name in enumerate(self.names) if name in known}

    def vector(self, case: Case, standing: Standing) -> Floats:
        """One case as float64[k]."""
        facts = np.array(values_of(self.facts, case, standing))
        chained = [link.probabilities(facts, case.message) for link in self.links]
        return np.concatenate([facts, *chained, self._scores(case)])

    def matrix(self, rows: Iterable[tuple[Case, Standing]]) -> Floats:
        """Cases as float64[n, k]: the stacked vectors."""
        return np.array([self.vector(*row) for row in rows]).reshape(-1, len(self.features))

    def shown(self, vector: Floats) -> dict[str, Seen]:
        """The values as people and records see them: levels by name, flags as flags, money as text, NaN as None."""
        return {each.name: _seen(each, value) for each, value in zip(self.features, vector.tolist(), strict=True)}

    def as_shown(self, matrix: Floats) -> Floats:
        """Cases float64[n, k] with the decimals that `shown` leaves, so that both fall into the same bins."""
        decimals = [2 if each.unit is Unit.MONEY else _DECIMALS for each in self.features]
        return np.column_stack([np.round(column, places) for column, places in zip(matrix.T, decimals, strict=True)])

    def read(self, shown: Mapping[str, Seen]) -> Floats:
        """One case as float64[k] again from what `shown` gave; NaN for what is missing or cannot be read."""
        return np.array([_read(each, shown.get(each.name)) for each in self.features], dtype=np.float64)

    def sentence(self, index: int, value: float, reference: Quantiles | None = None, plain: bool = False) -> str:
        """A column's value as a sentence for people, beside what is usual where that is known; see `sentences`."""
        return sentences.sentence(self.features[index], float(value), reference, plain)

    def news(self, case: Case, standing: Standing) -> dict[str, str]:
        """By feature, the sentence for a level or party that no history told of."""
        told = ((each.name, each.news(case, standing)) for each in self.features if each.news)
        return {name: sentence for name, sentence in told if sentence}

    def reference(self, matrix: Floats) -> dict[str, Quantiles]:
        """What is usual: the 10 %, 50 % and 90 % quantiles of every number with a known value."""
        return {
            each.name: _quantiles(column)
            for each, column in zip(self.features, matrix.T, strict=True)
            if each.kind == "number" and not np.isnan(column).all()
        }

    def _scores(self, case: Case) -> Floats:
        if self.text is None:
            return _NOTHING
        if case.message is None:
            return np.full(len(self.text.labels), np.nan)
        return self.text.scores(case.message)


def _quantiles(column: Floats) -> Quantiles:
    low, middle, high = np.nanquantile(column, (0.1, 0.5, 0.9))
    return float(low), float(middle), float(high)


def _seen(feature: Feature, value: float) -> Seen:
    if math.isnan(value):
        return None
    if feature.kind == "flag":
        return value != 0.0
    if feature.kind == "category":
        return feature.levels[int(value)]
    return f"{value:.2f}" if feature.unit is Unit.MONEY else round(value, _DECIMALS)


def _read(feature: Feature, value: Seen) -> float:
    if value is None:
        return _NAN
    if feature.kind == "category":
        return float(feature.levels.index(str(value))) if value in feature.levels else _NAN
    try:
        return float(value)
    except ValueError:
        return _NAN


def feature_set(
    task: Task, attributes: AttributeSchema = EMPTY, text: TextScorer | None = None, links: tuple[Link, ...] = ()
) -> FeatureSet:
    """The features of a task, with those of the attributes a bundle declares, of its links and of its text scorer."""
    shelf_task = task is Task.STOCKOUT
    base = SHELF_FEATURES if shelf_task else CASE_FEATURES
    common = () if shelf_task else common_features(attributes.common, attributes.wordings)
    remembered = (
        () if shelf_task else (*long_memories(attributes), *short_memories(attributes), *open_cases(attributes))
    )
    declared = (*attribute_features(attributes), *declared_parties(attributes, shelf_task), *common, *remembered)
    return FeatureSet((*base, *declared, *seasonal(attributes)), text, links)
