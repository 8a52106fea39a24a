"""A row of a table, and what it says of one case: matched, not matched, or not evaluable because a fact is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from data.explanation import Seen
from policies.tables.columns import UNUSABLE, Column, seen
from policies.tables.conditions import Condition
from policies.tables.regions import Box, Value
from policies.tables.sentences import Sentence


class Verdict(StrEnum):
    """Three-valued: a failing condition decides; without one, an undecided condition leaves the row open."""

    MATCHED = "matched"
    NOT_MATCHED = "not_matched"
    NOT_EVALUABLE = "not_evaluable"


_VERDICTS = {True: Verdict.MATCHED, False: Verdict.NOT_MATCHED, None: Verdict.NOT_EVALUABLE}


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that matched: its outputs, its sentence, and the facts its conditions read."""

    row: str
    outputs: Mapping[str, Value]
    says: str
    saw: Mapping[str, Seen]


@dataclass(frozen=True, slots=True)
class NotEvaluable:
    """A row that could have changed the answer but lacks facts; `outputs` are what it would have given."""

    row: str
    missing: tuple[str, ...]
    """Facts that did not come, or came unusable: a wrong type, an unknown label, not a finite number."""
    outputs: Mapping[str, Value]
    says: str
    saw: Mapping[str, Seen]


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """What one condition said of the case."""

    fact: str
    verdict: Verdict
    value: Seen
    says: str


@dataclass(frozen=True, slots=True)
class RowTrace:
    """Why a row matched or did not. `counted` is False where an earlier row had already decided."""

    row: str
    verdict: Verdict
    counted: bool
    conditions: tuple[ConditionTrace, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """Conditions that must all hold, the outputs that follow, and the sentence that says so."""

    id: str
    conditions: tuple[Condition, ...]
    outputs: Mapping[str, Value]
    sentence: Sentence
    says: str
    """The sentence as written in the file, placeholders unfilled."""
    inputs: Mapping[str, Column] = field(repr=False)
    line: int = 0
    _tests: tuple[tuple[str, Callable[[Any], bool | None], bool | None], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        tests = tuple((each.column.name, each.test, each.on_missing) for each in self.conditions)
        object.__setattr__(self, "_tests", tests)

    @property
    def box(self) -> Box:
        """The cases in which the row matches, exactly."""
        return self._boxed({each.column.name: each.holds for each in self.conditions})

    @property
    def reach(self) -> Box:
        """The cases in which the row matches or is not evaluable, exactly."""
        return self._boxed({each.column.name: each.reach for each in self.conditions})

    def _boxed(self, narrowed: Mapping[str, Any]) -> Box:
        return Box({name: narrowed.get(name, column.whole) for name, column in self.inputs.items()})

    def check(self, values: Mapping[str, Any]) -> bool | None:
        """True matched, False not matched, None not evaluable; `values` as the columns read them."""
        verdict: bool | None = True
        for name, test, on_missing in self._tests:
            value = values[name]
            outcome = on_missing if value is None else test(value)
            if outcome is False:
                return False
            if outcome is None:
                verdict = None
        return verdict

    def hit(self, values: Mapping[str, Any]) -> Hit:
        """What the row says of a case it matched."""
        return Hit(self.id, self.outputs, self.sentence.render(values), self._saw(values))

    def not_evaluable(self, values: Mapping[str, Any]) -> NotEvaluable:
        """What the row lacks to be checked."""
        lacking = [each for each in self.conditions if each.decide(values[each.column.name]) is None]
        names = tuple(each.column.name for each in lacking)
        says = " and ".join(_lack(each.column, values[each.column.name]) for each in lacking)
        return NotEvaluable(self.id, names, self.outputs, f"{says}: {self.id} cannot be checked", self._saw(values))

    def trace(self, values: Mapping[str, Any], counted: bool) -> RowTrace:
        """What each condition said, and the sentence of the row or of the conditions that kept it from matching."""
        traces = tuple(self._traces(values))
        verdict = _VERDICTS[self.check(values)]
        if verdict is Verdict.MATCHED:
            return RowTrace(self.id, verdict, counted, traces, self.sentence.render(values))
        reasons = [each.says for each in traces if each.verdict is verdict]
        return RowTrace(self.id, verdict, counted, traces, " and ".join(reasons))

    def _traces(self, values: Mapping[str, Any]) -> Iterator[ConditionTrace]:
        for condition in self.conditions:
            value = values[condition.column.name]
            verdict = _VERDICTS[condition.decide(value)]
            says = _outcome(condition, value, verdict)
            yield ConditionTrace(condition.column.name, verdict, seen(value), says)

    def _saw(self, values: Mapping[str, Any]) -> dict[str, Seen]:
        return {each.column.name: seen(values[each.column.name]) for each in self.conditions}


def _lack(column: Column, value: Any) -> str:
    return f"{column.says} is {'unusable' if value is UNUSABLE else 'missing'}"


def _outcome(condition: Condition, value: Any, verdict: Verdict) -> str:
    column = condition.column
    if verdict is Verdict.NOT_EVALUABLE:
        return _lack(column, value)
    came = column.says if value is None else f"{column.says} {column.show(value, condition.limits)}"
    stem = f"{column.says} is missing, and must be" if value is None else f"{came} is not"
    if verdict is Verdict.NOT_MATCHED:
        return f"{stem} {condition}"
    return f"{column.says} is missing" if value is None else f"{came} is {condition}"
