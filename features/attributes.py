"""Attributes a bundle declares: the retailer's own scalars, and the open words of a case, as features.

Which levels a category has is learned from a history and kept in the bundle; a level seen too seldom to learn from,
or never, is a missing value.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import Field, model_validator

from data.case import AttributeKind, AttributeName, AttributeValue, Case, kind_of
from data.record import Record, Unit
from data.standing import Standing
from features.commonness import Common, CommonCounter
from features.definition import NEW, Compute, Feature, News, Value, coder
from features.derived import Derived, made_of
from features.wording import NO_WORDS, Wording, Wordings, derivations, phrases

LEAST_SEEN = 20
"""An attribute or level seen in fewer cases is not declared."""
MOST_LEVELS = 1_000
MOST_CODED = 150
"""A category with more levels is known by its levels' standing alone: so many codes are learned by heart."""
LONG_HISTORY = timedelta(days=180)
"""A shorter history tells of a year no more than of a month or two."""
MANY_OPEN_HALF_LIVES = timedelta(days=120)
"""Four of them: of what was open when the history began a sixteenth is left."""
TWO_YEARS = timedelta(days=730)
"""A history that tells of every season twice."""
DENSE_HISTORY = 24.0
"""Cases a day: one an hour."""
_DAY = timedelta(days=1)
FAR_OFF = 1_000
"""One case in so many may bear a wrong date."""
MANY_LEVELS = 12
"""A category with more levels than this also has a standing per level."""


class Declaration(Wording):
    """How an attribute is read: as a number, as one of `levels`, or as a flag; and how people name it, if anyone said.

    Bundles of an earlier Fairlead hold no wording, and tell an attribute by its name.
    """

    kind: AttributeKind
    levels: tuple[str, ...] = ()


class AttributeSchema(Record):
    """What a bundle reads beyond the canonical vocabulary.

    `attributes` declares names of `case.attributes`; `facts` the levels of the case's open words (`OPEN_FACTS`).
    `common` says how often the attributes' values occur. Any other attribute, and one whose value is of another kind
    than the declared one, is kept with the case, unused, and named in the answer.
    """

    attributes: dict[AttributeName, Declaration] = {}
    facts: dict[str, tuple[str, ...]] = {}
    common: Common = Common()
    long_memory: bool = Field(default=False, exclude_if=lambda long: not long)
    """Whether the history was long enough for what is remembered over years to say more than the last month does."""
    short_memory: bool = Field(default=False, exclude_if=lambda short: not short)
    """Whether the history told enough every day, and soon, for what is remembered of hours to say something."""
    open_cases: bool = Field(default=False, exclude_if=lambda told: not told)
    """Whether the history was long enough for what was open when it began to be of no account."""
    seasons: bool = Field(default=False, exclude_if=lambda told: not told)
    """Whether the history told of every season at least twice."""

    @model_validator(mode="after")
    def _made_of_numbers(self) -> AttributeSchema:
        """What is made of others must be made of numbers that are told, in the end."""
        derived = derivations(self.attributes)
        told = (name for name, kind in self.kinds.items() if kind == "number")
        lost = sorted(derived.keys() - set(made_of(told, derived)))
        if lost:
            raise ValueError(f"{', '.join(lost)} cannot be made of numbers that are declared")
        return self

    @property
    def kinds(self) -> dict[str, AttributeKind]:
        """How each attribute is read that is declared and that a case can tell."""
        return {name: declared.kind for name, declared in self.attributes.items() if declared.derived is None}

    @property
    def wordings(self) -> dict[AttributeName, Wording]:
        """How people name each attribute that is declared."""
        return {
            name: Wording(**{each: getattr(declared, each) for each in Wording.model_fields})
            for name, declared in self.attributes.items()
        }


EMPTY = AttributeSchema()


ASKED = "stockout-risks"
"""The source of a question about a shelf: no system reported it, so it is no source to learn or to wonder at."""


def _source(case: Case) -> str | None:
    return None if case.event.source == ASKED else case.event.source


def _category(case: Case) -> str | None:
    position, lines = case.at_stake, case.affected_lines
    return (position.category if position else None) or (lines[0].category if lines else None)


OPEN_FACTS: dict[str, tuple[str, Callable[[Case], str | None]]] = {
    "code": ("the source's code is {value}", lambda case: case.code),
    "source": ("{value} reported it", _source),
    "event_type": ("the event's type is {value}", lambda case: case.event.type),
    "region": ("the region is {value}", lambda case: case.region),
    "category": ("the article belongs to {value}", _category),
    "step": ("the work stands at the step {value}", lambda case: case.workflow.step if case.workflow else None),
    "service": ("the carrier's service is {value}", lambda case: case.carrier.service if case.carrier else None),
}
"""Words of a case whose vocabulary is the sender's: a sentence and how to read each."""


def infer_attributes(cases: Iterable[Case], wordings: Wordings = NO_WORDS) -> AttributeSchema:
    """Declare what a history shows often enough to learn from; reads the cases once.

    An attribute has the kind most of its values have; the rest are missing values. Levels are sorted, so the same
    cases in any order give the same schema. `wordings` say how people name the attributes.
    """
    kinds: dict[str, Counter[AttributeKind]] = defaultdict(Counter)
    levels: dict[str, Counter[str]] = defaultdict(Counter)
    facts: dict[str, Counter[str]] = defaultdict(Counter)
    common, times = CommonCounter(), _Span()
    for case in cases:
        common.add(case.attributes)
        times.add(case.event.time)
        _count_attributes(case.attributes, kinds, levels)
        for name, (_, read) in OPEN_FACTS.items():
            word = read(case)
            if word is not None:
                facts[name][word] += 1
    schema = _schema(kinds, levels, facts, wordings)
    words = [name for name, declared in schema.attributes.items() if declared.kind != "number"]
    told = {
        "long_memory": times.length >= LONG_HISTORY,
        "short_memory": times.a_day >= DENSE_HISTORY,
        "open_cases": times.length >= MANY_OPEN_HALF_LIVES,
        "seasons": times.length >= TWO_YEARS,
    }
    return schema.model_copy(update={"common": common.counted(words), **told})


class _Span:
    """How long a time moments lie in, in whatever order they come; a few wrong dates do not make it longer."""

    def __init__(self) -> None:
        self._moments = array("d")

    def add(self, moment: datetime) -> None:
        """Note one moment."""
        self._moments.append(moment.timestamp())

    @property
    def length(self) -> timedelta:
        """From the first to the last but for one moment in `FAR_OFF` at either end; nothing without any."""
        far_off, told = len(self._moments) // FAR_OFF, sorted(self._moments)
        return timedelta(seconds=told[-1 - far_off] - told[far_off]) if told else timedelta()

    @property
    def a_day(self) -> float:
        """Moments a day; none where all are one."""
        return len(self._moments) * (_DAY / self.length) if self.length else 0.0


def infer_schema(
    levels: Mapping[str, Counter[str]], facts: Mapping[str, Counter[str]], wordings: Wordings = NO_WORDS
) -> AttributeSchema:
    """As `infer_attributes` of cases whose attributes are all categories, counted already: by name, by level."""
    kinds = {name: Counter[AttributeKind]({"category": seen.total()}) for name, seen in levels.items()}
    return _schema(kinds, levels, facts, wordings)


def _schema(
    kinds: Mapping[str, Counter[AttributeKind]],
    levels: Mapping[str, Counter[str]],
    facts: Mapping[str, Counter[str]],
    wordings: Wordings,
) -> AttributeSchema:
    derived = derivations(wordings)
    seen = {
        name: each
        for name in sorted(kinds.keys() - derived.keys())
        if (each := _declare(kinds[name], levels[name], wordings.get(name, Wording()))) is not None
    }
    numbers = (name for name, each in seen.items() if each.kind == "number")
    made = {name: number(wordings[name]) for name in made_of(numbers, derived)}
    often = {name: _often(facts.get(name, Counter())) for name in OPEN_FACTS}
    return AttributeSchema(
        attributes=dict(sorted((seen | made).items())),
        facts={name: words for name, words in often.items() if len(words) > 1},
    )


def _count_attributes(
    attributes: Mapping[str, AttributeValue],
    kinds: dict[str, Counter[AttributeKind]],
    levels: dict[str, Counter[str]],
) -> None:
    for name, value in attributes.items():
        kind = kind_of(value)
        if kind is not None:
            kinds[name][kind] += 1
        if isinstance(value, str):
            levels[name][value] += 1


def _declare(kinds: Counter[AttributeKind], levels: Counter[str], wording: Wording) -> Declaration | None:
    kind, count = max(kinds.items(), key=lambda item: (item[1], item[0]))
    if count < LEAST_SEEN:
        return None
    if kind == "number":
        return number(wording)
    if kind == "flag":
        return Declaration(kind=kind, called=wording.called)
    often = _often(levels)
    return Declaration(kind=kind, levels=often, called=wording.called) if often else None


def number(wording: Wording) -> Declaration:
    """The declaration of a number that people name so."""
    return Declaration(kind="number", **{each: getattr(wording, each) for each in Wording.model_fields})


def _often(seen: Counter[str]) -> tuple[str, ...]:
    """The levels seen often enough, the most frequent thousand at most, sorted."""
    enough = [(-count, level) for level, count in seen.items() if count >= LEAST_SEEN]
    return tuple(sorted(level for _, level in sorted(enough)[:MOST_LEVELS]))


def attribute_features(schema: AttributeSchema) -> tuple[Feature, ...]:
    """One feature per declared attribute (`attribute.NAME`) and per open fact, in order of their names."""
    facts = [
        _fact(name, levels)
        for name, levels in sorted(schema.facts.items())
        if name in OPEN_FACTS and len(levels) <= MOST_CODED
    ]
    attributes = [
        _attribute(name, schema)
        for name, declared in sorted(schema.attributes.items())
        if len(declared.levels) <= MOST_CODED
    ]
    return (*facts, *attributes)


def _fact(name: str, levels: tuple[str, ...]) -> Feature:
    says, read = OPEN_FACTS[name]
    code = coder(levels)

    def of(case: Case, standing: Standing) -> Value:
        return code(read(case))

    said = name.replace("_", " ")
    return Feature(name, Unit.LABEL, says, f"The {said}", of, levels=levels, news=_fact_news(said, levels, read))


def _fact_news(said: str, levels: tuple[str, ...], read: Callable[[Case], str | None]) -> News:
    known = frozenset(levels)

    def news(case: Case, standing: Standing) -> str | None:
        word = read(case)
        return None if word is None or word in known else f"{said} {word} {NEW}"

    return news


_UNITS: dict[AttributeKind, Unit] = {"number": Unit.SCORE, "flag": Unit.FLAG, "category": Unit.LABEL}


def _attribute(name: str, schema: AttributeSchema) -> Feature:
    declared = schema.attributes[name]
    said = phrases(name, declared.kind, declared)
    return Feature(
        f"attribute.{name}",
        declared.unit or _UNITS[declared.kind],
        said.says,
        f"{said.about}{_made(declared.derived, schema)}",
        _reader(name, schema),
        levels=declared.levels,
        below_zero=said.below_zero,
        news=_attribute_news(name, declared),
        called=declared.called and declared.word(name),
    )


def _attribute_news(name: str, declared: Declaration) -> News:
    """An attribute may be personal, and a value seen once is not an established level: it is not repeated."""
    known = frozenset(declared.levels)

    def news(case: Case, standing: Standing) -> str | None:
        value = case.attributes.get(name)
        is_word = declared.kind == "category" and isinstance(value, str)
        return f"the value of {declared.named(name)} {NEW}" if is_word and value not in known else None

    return news


def _made(derived: Derived | None, schema: AttributeSchema) -> str:
    """How a number is made, behind what it is: `: stock divided by forecast`; nothing of one that a case tells."""
    if derived is None:
        return ""
    one, other = (schema.attributes[name].word(name) for name in (derived.one, derived.other))
    return f": {derived.words(one, other)}"


def _reader(name: str, schema: AttributeSchema) -> Compute:
    derived = schema.attributes[name].derived
    return _told(name, schema.attributes[name]) if derived is None else _maker(derived, schema)


def _maker(derived: Derived, schema: AttributeSchema) -> Compute:
    one, other = _reader(derived.one, schema), _reader(derived.other, schema)

    def of(case: Case, standing: Standing) -> Value:
        return derived.of(one(case, standing), other(case, standing))

    return of


def _told(name: str, declared: Declaration) -> Compute:
    kind, code = declared.kind, coder(declared.levels)

    def of(case: Case, standing: Standing) -> Value:
        value = case.attributes.get(name)
        if value is None or kind_of(value) != kind:
            return None
        return code(value) if isinstance(value, str) else float(value)

    return of


def party_words(schema: AttributeSchema) -> dict[str, Callable[[Case], str | None]]:
    """The declared categories of many levels, each of which is a party with a standing: its kind and how to read it."""
    parties = {
        f"fact:{name}": OPEN_FACTS[name][1] for name, levels in schema.facts.items() if len(levels) > MANY_LEVELS
    }
    for name, declared in schema.attributes.items():
        if len(declared.levels) > MANY_LEVELS:
            parties[f"attribute:{name}"] = _word_reader(name)
    return dict(sorted(parties.items()))


def _word_reader(name: str) -> Callable[[Case], str | None]:
    def read(case: Case) -> str | None:
        value = case.attributes.get(name)
        return value if isinstance(value, str) else None

    return read
