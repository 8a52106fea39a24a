"""Rows of a table to history lines, by a mapping."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from data.case import Case
from data.outcome import HistoryLine, Outcome
from data.record import Record, Unit, instant_text
from features.instant_parts import INSTANT_PARTS
from training.errors import HistoryError, MappingError
from training.tables.cells import CellError, row_name
from training.tables.files import Row
from training.tables.incomplete import leave_out, needed_facts
from training.tables.mapping import REQUIRED_FACTS, Mapping
from training.tables.paths import leaf_unit
from training.tables.problems import expected, shown
from training.tables.sources import AttributeSource, OutcomeSource, Scalar, Source
from training.tables.values import Convert, attribute_converter, fact_converter, moment_converter, text_of

Content = dict[str, Any]

REMEMBERED = 50_000
"""Cells of a column whose values are kept, since most columns repeat a few; more are converted again."""


class RowMapper:
    """Turns one row after another into a history line; each key is resolved once."""

    def __init__(self, mapping: Mapping) -> None:
        facts = [(path, mapping.settled(source)) for path, source in mapping.facts.items()]
        attributes = [(name, mapping.settled(source)) for name, source in mapping.attributes.items()]
        self._time = _moment("facts.event.time", dict(facts)["event.time"])
        self._parts: list[_Part] = [_fact(f"facts.{path}", Case, path, source) for path, source in facts]
        self._parts += [_attribute(name, source) for name, source in attributes]
        self._sometimes = [_known(part, mapping) for part in self._parts if part.source.known not in (None, "opening")]
        self._always = [part for part in self._parts if part.source.known in (None, "opening")]
        self._outcome = [_told(f"outcome.{path}", path, source, mapping) for path, source in mapping.outcome.items()]
        self._listed = {path.split(".")[0] for path in mapping.facts if any(map(str.isdecimal, path.split(".")))}
        self._until = _moment("view.until", mapping.settled(mapping.view.until)) if mapping.view.until else None
        self._values = {key: source.listed for key, source in mapping.sources() if source.listed}
        self._exception = _fact("facts.exception_id", Case, "exception_id", dict(facts)["exception_id"])
        self._needed = needed_facts(mapping.facts, REQUIRED_FACTS)
        self._required = {f"facts.{path}": dict(facts)[path].columns for path in REQUIRED_FACTS}
        _check_order(self._time, self._outcome)

    def event_time(self, row: Row, number: int) -> datetime:
        """The moment of the row's event; the cheap part of `line`.

        Raises:
            HistoryError: no instant there.
        """
        time: datetime | None = self._time.value(row, number)
        if time is None:
            raise _empty(self._time.key, self._required[self._time.key], number)
        return time

    def is_over(self, row: Row, number: int, time: datetime) -> bool:
        """Whether the case was over by the time of the row, as far as the view's `until` tells."""
        end: datetime | None = self._until.value(row, number) if self._until else None
        return end is not None and end <= time

    def exception_id(self, row: Row, number: int) -> str:
        """The row's exception, empty where the cell is."""
        return str(self._exception.value(row, number) or "")

    def line(self, row: Row, number: int) -> HistoryLine:
        """The case and outcome of one row; `number` is the row's in the table, and names it in messages.

        A record of the case that lacks what it cannot be told without is left out.

        Raises:
            HistoryError: a cell that is not what the mapping says, with its key, what was expected and what came; an
                empty one of what every case needs.
        """
        time = self.event_time(row, number)
        content = self._content(row, number, time)
        leave_out(content, self._needed)
        for name in self._listed & content.keys():
            content[name] = _without_index_keys(content[name])
        line = {"case": content, "outcome": self._told(row, number, time)}
        try:
            return HistoryLine.model_validate_json(json.dumps(line))
        except ValidationError as error:
            raise self._invalid(error, number) from error

    def left_out(self, row: Row, number: int) -> list[str]:
        """The keys that are empty in the row and without which a record of its case is left out.

        Raises:
            HistoryError: as `line` does.
        """
        if not self._needed:
            return []
        missing = leave_out(self._content(row, number, self.event_time(row, number)), self._needed)
        return [f"facts.{path}" for path in missing]

    def _content(self, row: Row, number: int, time: datetime) -> Content:
        """The facts and attributes that the row tells and that are known by then."""
        content: Content = {}
        for part in self._always:
            part.put(content, row, number, time)
        for part, since in self._sometimes:
            known = since.value(row, number) if since else None
            if known is not None and known <= time:
                part.put(content, row, number, time)
        return content

    def _invalid(self, error: ValidationError, number: int) -> HistoryError:
        """A value that a case or an outcome cannot hold, or one that is absent and every case needs."""
        key = _key_of(error)
        if error.errors()[0]["type"] == "missing" and key in self._required:
            return _empty(key, self._required[key], number)
        return _misfit(error, key, number, self._values)

    def _told(self, row: Row, number: int, time: datetime) -> Content | None:
        """None where the row does not say when the outcome became known: it is not known."""
        content: Content = {}
        for part in self._outcome:
            part.put(content, row, number, time)
        return content if "recorded_at" in content else None


class _Part:
    """One key of the mapping: reads its cell and puts the value where it belongs.

    Of several `sources` the first that gives a value counts.
    """

    def __init__(
        self, key: str, source: Source, convert: Convert, place: tuple[str, ...], sources: tuple[_Part, ...] = ()
    ) -> None:
        self.key, self.source, self._convert, self._place = key, source, convert, place
        self._sources = sources
        self._kept: dict[Any, Any] = {}
        self.constant = None if source.constant is None else self._of_mapping(source.constant)

    def put(self, content: Content, row: Row, number: int, time: datetime) -> None:
        value = self.value(row, number)
        if value is None:
            return
        for step in self._place[:-1]:
            content = content.setdefault(step, {})
        content[self._place[-1]] = value

    def value(self, row: Row, number: int) -> Any:
        """The value of the row's cell, None for an empty one."""
        source = self.source
        if self._sources:
            told = (each.value(row, number) for each in self._sources)
            return next((value for value in told if value is not None), None)
        for column in source.column:
            if column in row:
                value = self._converted(row[column], number)
                if value is not None:
                    return value
        if source.column:
            return None
        if self.constant is not None:
            return self.constant
        return self._fresh(number, number) if source.row else self._of_several(row, number)

    def _of_several(self, row: Row, number: int) -> Any:
        words = [text_of(row[column]) for column in self.source.join + self.source.text if column in row]
        words = [word for word in words if word and word not in self.source.missing]
        if self.source.text:
            return self._converted("\n".join(words), number) if words else None
        return self._converted("-".join(words), number) if len(words) == len(self.source.join) else None

    def _converted(self, cell: Any, number: int) -> Any:
        # True equals 1 as a key but is another word.
        if isinstance(cell, bool):
            return self._fresh(cell, number)
        try:
            return self._kept[cell]
        except KeyError:
            value = self._fresh(cell, number)
            if len(self._kept) < REMEMBERED:
                self._kept[cell] = value
            return value
        except TypeError:
            return self._fresh(cell, number)

    def _fresh(self, cell: Any, number: int) -> Any:
        try:
            return self._convert(cell)
        except CellError as error:
            raise HistoryError(f"{row_name(number)}, mapping key {self.key!r}: {error.told(cell)}") from error

    def _of_mapping(self, constant: Any) -> Any:
        try:
            return self._convert(constant)
        except CellError as error:
            raise MappingError(f"{self.key}.constant", error.told(constant)) from error


class _InstantAttribute(_Part):
    """An instant as the numbers that the mapping asks for: hours from the event to it, its local hour, and so on."""

    source: AttributeSource

    def put(self, content: Content, row: Row, number: int, time: datetime) -> None:
        moment: datetime | None = self.value(row, number)
        if moment is None:
            return
        attributes, name = content.setdefault("attributes", {}), self._place[-1]
        for part in self.source.made:
            attributes[f"{name}_{part}"] = INSTANT_PARTS[part](moment, time)


class _Compared(_Part):
    """A flag of the outcome: whether one instant is later than another; unknown where one is absent."""

    def __init__(self, key: str, source: OutcomeSource, place: str, later: _Part, than: _Part) -> None:
        super().__init__(key, source, bool, (place,))
        self._later, self._than = later, than

    def value(self, row: Row, number: int) -> Any:
        later, than = self._later.value(row, number), self._than.value(row, number)
        return None if later is None or than is None else later > than


ConvertOf = Callable[[str, Source], Convert]
"""How a source's cells are read, given the key that messages name."""


def _part(kind: type[_Part], key: str, source: Source, convert_of: ConvertOf, place: tuple[str, ...]) -> _Part:
    """A key's part, with one for each source of its `first_of`."""
    inner = enumerate(source.first_of)
    sources = tuple(_part(_Part, f"{key}.first_of.{at}", each, convert_of, place) for at, each in inner)
    return kind(key, source, convert_of(key, source), place, sources)


def _fact(key: str, record: type[Record], path: str, source: Source) -> _Part:
    unit = leaf_unit(record, path) or Unit.TEXT
    return _part(_Part, key, source, lambda key, each: fact_converter(key, unit, each), tuple(path.split(".")))


def _attribute(name: str, source: AttributeSource) -> _Part:
    part = _InstantAttribute if source.kind == "instant" else _Part
    place = ("attributes", name)

    def convert_of(key: str, each: Source) -> Convert:
        return attribute_converter(key, source.kind, each, source.unit)

    return _part(part, ".".join(place), source, convert_of, place)


def _moment(key: str, source: Source) -> _Part:
    return _part(_Part, key, source, moment_converter, ())


def _known(part: _Part, mapping: Mapping) -> tuple[_Part, _Part | None]:
    """The part with where its moment is read; None where it is never known in time."""
    known = part.source.known
    return part, _moment(f"{part.key}.known", mapping.settled(known)) if isinstance(known, Source) else None


def _told(key: str, path: str, source: OutcomeSource, mapping: Mapping) -> _Part:
    source = mapping.settled(source)
    if source.first_of:
        inner = enumerate(source.first_of)
        sources = tuple(_told(f"{key}.first_of.{at}", path, each, mapping) for at, each in inner)
        return _Part(key, source, text_of, (path,), sources)
    if source.later is None or source.than is None:
        return _fact(key, Outcome, path, source)
    later, than = (mapping.settled(each) for each in (source.later, source.than))
    return _Compared(key, source, path, _moment(f"{key}.later", later), _moment(f"{key}.than", than))


def _check_order(time: _Part, outcome: list[_Part]) -> None:
    """Where both moments are the mapping's own: an outcome known at once would tell of the cases beside it."""
    (recorded,) = [part for part in outcome if part.key == "outcome.recorded_at"] or [time]
    if recorded is time or recorded.constant is None or time.constant is None:
        return
    if recorded.constant <= instant_text(time.constant):
        raise MappingError(
            recorded.key, "must be later than facts.event.time, or cases would know each other's outcome"
        )


def _without_index_keys(content: Any) -> Any:
    """Tables whose keys are all positions become lists in the order of the positions."""
    if not isinstance(content, dict):
        return content
    inner = {key: _without_index_keys(value) for key, value in content.items()}
    if inner and all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def _empty(key: str, columns: tuple[str, ...], number: int) -> HistoryError:
    """What to do about an empty cell without which there is no case."""
    named = f" ({' and '.join(map(repr, columns))})" if columns else ""
    why = f"the cell is empty{named}; every case needs it: name a column that is filled, or another "
    why += "to go by where this one is empty (first_of), or keep such rows out by where (filled)"
    return HistoryError(f"{row_name(number)}, mapping key {key!r}: {why}")


def _key_of(error: ValidationError) -> str:
    """The mapping's key for what is wrong first."""
    section, *rest = map(str, error.errors()[0]["loc"])
    return ".".join(rest if rest[:1] == ["attributes"] else ["outcome" if section == "outcome" else "facts", *rest])


def _per_cent(first: ErrorDetails, key: str) -> str:
    """What to write where a share is too large to be one; nothing where the value is something else."""
    is_share = leaf_unit(Case, key.removeprefix("facts.")) is Unit.RATIO
    return (
        "; where the column holds per cent, say scale: 0.01" if is_share and first["type"] == "less_than_equal" else ""
    )


def _other_words(given: Any, values: dict[str, Scalar]) -> str:
    """What to write where a word is none of ours: it is yours, or one that values puts for yours."""
    if theirs := [word for word, ours in values.items() if isinstance(given, str) and ours == given]:
        return f"; values puts it for {', '.join(theirs)}: put one of ours"
    return f"; values lists {', '.join(values)}: add it" if values else "; values puts our words for yours"


def _misfit(error: ValidationError, key: str, number: int, values: dict[str, dict[str, Scalar]]) -> HistoryError:
    """A value that a case or an outcome cannot hold, by the mapping's key."""
    first = error.errors()[0]
    words = _other_words(first["input"], values.get(key, {}))
    remedy = words if first["type"] in ("enum", "literal_error") else _per_cent(first, key)
    return HistoryError(
        f"{row_name(number)}, mapping key {key!r}: {expected(first)}, got {shown(first['input'])}{remedy}"
    )
