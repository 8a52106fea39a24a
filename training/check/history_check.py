"""What a history holds, seen before it is trained on: what is mapped, what is missing, what drifts, what leaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.vocabulary import Task
from features.wording import NO_WORDS, derivations
from training.check.associations import stability
from training.check.columns import Column
from training.check.examined import Examined
from training.check.findings import Finding, findings
from training.check.leaks import NEAR_EMPTY, Suspicion, areas_alone, areas_of, suspicions
from training.histories.truth import UNKNOWN
from training.tables.joins import Join
from training.tables.mapping import REQUIRED_FACTS
from training.tables.mapping import Mapping as TheMapping
from training.tables.sources import AttributeSource

CHECK_SCHEMA = "fairlead/history-check/1"
PLANNED = ("due_at", "arrives_at")
"""How the facts end that hold a promised or planned instant, and may lie ahead."""
OUTCOMES = ("outcome.", "decision.")
TRUTHS = frozenset(f"outcome.{name}" for name in (*Task, "sla_breached"))
"""The keys that are the outcome itself: that it tells the outcome is no suspicion."""
NAMES = frozenset(
    ["view.key", *(f"{of}.{name}" for of in ("facts", "case") for name in ("event.source", "event.id", "exception_id"))]
)
"""The keys that name a case: a model reads none of them."""
DECIMALS = 4

Role = Literal["fact", "attribute", "outcome", "leak", "view", "unmapped"]


@dataclass(frozen=True)
class ColumnReport:
    """One column: what it is to the mapping, and what its cells look like over the rows that are cases."""

    name: str
    role: Role
    keys: tuple[str, ...]
    """The mapping's keys that read it."""
    declared: bool
    """Whether the mapping says when it is known: as a leak, as a part of the outcome, or with `known`."""
    missing: float
    distinct: int
    constant: bool
    near_empty: bool
    drift: float
    """The population stability index between the first and the last third; above 0.25 it is another column."""
    alone: dict[str, float]
    """The area under the ROC curve that the column reaches alone, in time order where rows have times, by task."""
    suspicions: tuple[Suspicion, ...] = ()
    called: dict[str, str] = field(default_factory=dict)
    """What people call the attributes that it becomes, by key, where the mapping says so."""
    units: dict[str, str] = field(default_factory=dict)
    """What those attributes are measured in, by key, where the mapping says so."""

    @property
    def is_used(self) -> bool:
        """Whether the column becomes a fact or an attribute of a case."""
        return self.role in ("fact", "attribute")

    @property
    def is_leaking(self) -> bool:
        """Whether a suspected column becomes a fact and nobody said that it may."""
        return bool(self.suspicions) and self.is_used and not self.declared


@dataclass(frozen=True)
class DerivedReport:
    """One number that the mapping derives: how it is made, how often it is not known, what it tells alone."""

    name: str
    made: str
    missing: float
    distinct: int
    alone: dict[str, float]
    called: str | None = None
    """What people call it, where the mapping says so."""
    unit: str | None = None
    """What it is measured in, where the mapping says so."""


@dataclass(frozen=True)
class Month:
    """How often something happened in the cases of one month."""

    month: str
    cases: int
    rate: float
    """The share in which it happened; of labels, that of the commonest."""


@dataclass(frozen=True)
class Check:
    """The report on a history."""

    history: str
    whole: int
    """The rows of the whole history, before any was left out or taken as a sample."""
    left_by_where: int
    rows: int
    """The rows that were read: those that `where` keeps, or a sample of them."""
    left_by_view: int
    """The rows that were read and are no cases."""
    cases: int
    timeless: bool
    """Whether all cases carry one moment."""
    columns: tuple[ColumnReport, ...]
    base_rates: dict[str, tuple[Month, ...]] = field(default_factory=dict)
    joins: tuple[Join, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What else there is to mend."""
    derived: tuple[DerivedReport, ...] = ()

    @property
    def leaking(self) -> tuple[ColumnReport, ...]:
        """The columns that must be explained or left out before a number can be trusted."""
        return tuple(column for column in self.columns if column.is_leaking)

    @property
    def stops(self) -> bool:
        """Whether training would refuse the history."""
        return any(each.stops for each in self.findings)

    @property
    def ok(self) -> bool:
        """Whether training would take it and nothing is left to explain first."""
        return not self.leaking and not self.stops

    def to_json(self) -> dict[str, Any]:
        """Plain values; `ok` is false where an undeclared leak is suspected and used, or training would refuse."""
        content = {"schema": CHECK_SCHEMA, "ok": self.ok, "leaking": [each.name for each in self.leaking]}
        content["suspected"] = [each.name for each in self.columns if each.suspicions]
        content["unmapped"] = [each.name for each in self.columns if each.role == "unmapped"]
        told = asdict(self)
        for join in told["joins"]:
            del join["columns"]  # what a name under leaks is compared with; the report is about rows
        return {**content, **told}


def check(seen: Examined, mapping: TheMapping | None) -> Check:
    """Look at every column of a history, mapped or not, and at what else there is to mend."""
    reports, derived = column_reports(seen, mapping), tuple(_derived(seen, mapping))
    leaking = [each.name for each in reports if each.is_leaking]
    return Check(
        history=seen.name,
        whole=seen.counted.rows,
        left_by_where=seen.counted.left_by_where,
        rows=len(seen.of_case),
        left_by_view=len(seen.of_case) - len(seen.chosen),
        cases=len(seen.chosen),
        timeless=bool(seen.times[0] == seen.times[-1]),
        columns=reports,
        base_rates={task.value: tuple(_months(seen.times, truth, task)) for task, truth in seen.truths.items()},
        joins=seen.joins,
        findings=findings(seen, mapping, [(each.name, each.alone) for each in derived], leaking),
        derived=derived,
    )


def column_reports(seen: Examined, mapping: TheMapping | None) -> tuple[ColumnReport, ...]:
    """What each column is, looks like, and is suspected of."""
    keys = _keys(seen, mapping)
    alone = areas_alone(seen)
    roles = {name: _role(name, keys[name], mapping) for name in seen.columns}
    after = frozenset(name for name, role in roles.items() if role in ("outcome", "leak"))
    tells = frozenset(name for name, role in roles.items() if role == "outcome")
    named = frozenset(name for name in seen.columns if keys[name] and NAMES.issuperset(keys[name]))
    found = suspicions(seen, _plans(seen, keys, mapping), tells, named, after, alone)
    above = _truths(seen, keys, mapping) | _moments(keys, mapping)
    found = {name: told for name, told in found.items() if name not in above}
    return tuple(
        _report(seen, column, keys[name], roles[name], mapping, alone[name], found.get(name, []))
        for name, column in seen.columns.items()
    )


def _derived(seen: Examined, mapping: TheMapping | None) -> Iterator[DerivedReport]:
    wordings = mapping.wordings if mapping else NO_WORDS
    for name, each in derivations(wordings).items():
        said = wordings[name]
        column = seen.derived[name]
        alone = {task.value: round(area, DECIMALS) for task, area in areas_of(column, seen).items()}
        made = each.words(each.one, each.other)
        missing = round(column.missing, DECIMALS)
        yield DerivedReport(name, made, missing, len(column.words), alone, said.called, said.unit)


def _keys(seen: Examined, mapping: TheMapping | None) -> Mapping[str, tuple[str, ...]]:
    """Which keys read a column; a native history's columns are the facts themselves."""
    if mapping is None:
        return {name: (name,) for name in seen.log}
    found: dict[str, list[str]] = defaultdict(list)
    for key, source in mapping.sources():
        for column in source.columns:
            found[column].append(key)
    if mapping.view.key is not None:
        found[mapping.view.key].append("view.key")
    return {name: tuple(found[name]) for name in seen.log}


def _role(name: str, keys: tuple[str, ...], mapping: TheMapping | None) -> Role:
    if mapping is not None and name in mapping.leaks:
        return "leak"
    roles: tuple[tuple[tuple[str, ...], Role], ...] = (
        (OUTCOMES, "outcome"),
        (("facts.", "case."), "fact"),
        (("attributes.",), "attribute"),
        (("view.",), "view"),
    )
    found = [role for starts, role in roles if any(key.startswith(starts) for key in keys)]
    return found[0] if found else "unmapped"


def _plans(seen: Examined, keys: Mapping[str, tuple[str, ...]], mapping: TheMapping | None) -> frozenset[str]:
    """Columns of instants that may lie ahead: they become a due or expected moment, or an outcome is told by them."""
    plans = {name for name in seen.log if any(key.endswith(PLANNED) for key in keys[name])}
    for source in mapping.outcome.values() if mapping else ():
        plans |= set(source.plans)
    return frozenset(plans)


def _truths(seen: Examined, keys: Mapping[str, tuple[str, ...]], mapping: TheMapping | None) -> frozenset[str]:
    """Columns that say in so many words what happened; an instant that is compared to tell it is another matter."""
    if mapping is None:
        return frozenset(name for name in seen.log if TRUTHS.intersection(keys[name]))
    told = (source for key, source in mapping.sources() if key in TRUTHS)
    return frozenset(name for source in told for name in (*source.column, *source.join))


def _moments(keys: Mapping[str, tuple[str, ...]], mapping: TheMapping | None) -> frozenset[str]:
    """Columns that become nothing but the moment of their rows: where one is used, its row lies nowhere else."""
    if mapping is None:
        return frozenset()
    time = mapping.facts["event.time"]
    same = {key for key, source in mapping.sources() if source == time}
    return frozenset(name for name in time.columns if same.issuperset(keys[name]))


def _declared(name: str, role: Role, mapping: TheMapping | None) -> bool:
    """Whether each use of the column says when it is known, but those that are known with the case and cannot say."""
    if role in ("leak", "outcome"):
        return True
    begins = {f"facts.{path}" for path in REQUIRED_FACTS}
    read = [(key, source) for key, source in mapping.sources() if name in source.columns] if mapping else []
    sources = [source for key, source in read if key not in begins]
    return bool(sources) and all(source.known is not None for source in sources)


def _report(
    seen: Examined,
    column: Column,
    keys: tuple[str, ...],
    role: Role,
    mapping: TheMapping | None,
    alone: Mapping[Task, float],
    told: list[Suspicion],
) -> ColumnReport:
    attributes = tuple(_attributes(keys, mapping))
    third = len(seen.times) // 3
    rows = np.arange(len(seen.times))
    distinct = len(np.unique(column.codes[column.codes >= 0]))
    # Names of single cases are new every day, and nothing can be said without days.
    comparable = seen.times[0] != seen.times[-1] and not (column.numbers is None and distinct > len(rows) // 2)
    drift = stability(column, rows < third, rows >= len(rows) - third) if comparable else 0.0
    return ColumnReport(
        name=column.name,
        role=role,
        keys=keys,
        declared=_declared(column.name, role, mapping),
        missing=round(column.missing, DECIMALS),
        distinct=distinct,
        constant=distinct <= 1 and column.missing in (0.0, 1.0),
        near_empty=column.missing > 1 - NEAR_EMPTY,
        drift=round(drift, DECIMALS),
        alone={task.value: round(area, DECIMALS) for task, area in alone.items()},
        suspicions=tuple(told),
        called={key: source.called for key, source in attributes if source.called},
        units={key: source.unit for key, source in attributes if source.unit},
    )


def _attributes(keys: tuple[str, ...], mapping: TheMapping | None) -> Iterator[tuple[str, AttributeSource]]:
    for name, source in mapping.attributes.items() if mapping else ():
        if (key := f"attributes.{name}") in keys:
            yield key, source


def _months(times: NDArray[np.float64], truth: NDArray[np.int64], task: Task) -> Iterator[Month]:
    known = truth != UNKNOWN
    usual = 1 if task.is_risk else int(np.bincount(truth[known]).argmax())
    names = np.array([f"{datetime.fromtimestamp(time, UTC):%Y-%m}" for time in times[known]])
    for name in np.unique(names):
        told = truth[known][names == name]
        yield Month(str(name), len(told), round(float((told == usual).mean()), DECIMALS))
