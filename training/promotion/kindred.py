"""Features that say the same are judged as one: numbers made of two, and the told numbers that these are made of.

A model that is given the stock, the stock on its way and the sum of both takes the same from any of them; one that is
given the stock alone takes all of it from there. So what one of them carries moves to another wherever one side derives
a number that the other does not, or learned a little differently: neither is a leak, nor is it new. What both sides'
derivations join, in the end, is one; what it carries is what its features carry together.

What a column of words came to and how common each is are counted of that column, and belong to it.

That hides no leak worth the name. A told number that the champion does not know is judged alone as well; so is every
told number where the log loss falls as it does for the outcome, however much its group carried before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from data.promotion import Share
from features.attributes import AttributeSchema
from features.definition import plain_name
from features.wording import derivations
from training.promotion.sides import Pair

ATTRIBUTE = "attribute."
MOST_NAMED = 5
_COUNTED = (f"standing.{ATTRIBUTE}", "common.")

Kin = tuple[frozenset[str], ...]
"""The groups, each by the names of its features; a feature of no group stands alone."""


@dataclass(frozen=True)
class Carried:
    """What features carry together; None where the champion knows none of them.

    `column` is the one that all of them tell of, None where they are not of one.
    """

    names: tuple[str, ...]
    champion: float | None
    challenger: float
    column: str | None = None

    @property
    def gained(self) -> float:
        """How much more of the challenger's score than of the champion's."""
        return self.challenger - (self.champion or 0.0)

    @property
    def says(self) -> str:
        """The features by their exact names and their verb: `stock carries`, `stock, coming together carry`."""
        return _verb(some(self.names, MOST_NAMED), len(self.names))

    def in_words(self, most: int = MOST_NAMED) -> str:
        """The same as people read it, no more than so many by name; of one column it is named, not its features."""
        if self.column is not None and len(self.names) > 1:
            return f"{plain_name(self.column)}, with what is counted of it, carries"
        names = [*dict.fromkeys(plain_name(name) for name in self.names)]
        return _verb(some(names, most), len(names))


def some(names: Sequence[str], most: int) -> str:
    """The first names, and how many others there are: `stock, coming and 3 more`."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _verb(named: str, n: int) -> str:
    return f"{named} carries" if n == 1 else f"{named} together carry"


def together(found: Sequence[Share], pair: Pair) -> list[Carried]:
    """What each group carries, and each feature of none."""
    return [_carried(each, column) for column, each in _grouped(found, _kin(pair), _own(pair))]


def counted_of(feature: str, names: Collection[str]) -> tuple[str, ...]:
    """Of which attributes something is counted: `code` of `standing.attribute.code.…`, both of `common.code+shift`."""
    counted = next((each for each in _COUNTED if feature.startswith(each)), None)
    return () if counted is None else named_in(feature.removeprefix(counted), names)


def named_in(rest: str, names: Collection[str]) -> tuple[str, ...]:
    """`code` of `code.breach_rate`, both of `code+shift`: the longest name that fits each."""
    found = (max(_fitting(part, names), key=len, default=None) for part in rest.split("+"))
    return tuple(each for each in found if each is not None)


def _fitting(part: str, names: Collection[str]) -> Iterator[str]:
    return (name for name in names if part == name or part.startswith(f"{name}."))


def alone(found: Sequence[Share], pair: Pair) -> list[Carried]:
    """Each feature by itself that the challenger does not derive."""
    made = told_parts(pair.challenger.model.attributes)
    return [_carried([each]) for each in found if each.feature not in made]


def _kin(pair: Pair) -> Kin:
    """What the derivations of either side join."""
    groups: list[frozenset[str]] = []
    for side in pair.sides:
        for name, each in derivations(side.model.attributes.attributes).items():
            joined = frozenset(f"{ATTRIBUTE}{part}" for part in (name, each.one, each.other))
            touched = [group for group in groups if group & joined]
            groups = [group for group in groups if not group & joined] + [joined.union(*touched)]
    return tuple(groups)


def _own(pair: Pair) -> frozenset[str]:
    """The attributes of either side."""
    return frozenset(name for side in pair.sides for name in side.model.attributes.attributes)


def _grouped(found: Iterable[Share], kin: Kin, own: frozenset[str]) -> Iterator[tuple[str | None, list[Share]]]:
    """The shares of each group that has any, in the order of the first of each, and the one column they tell of."""
    groups: dict[str | frozenset[str], list[Share]] = {}
    for each in found:
        columns = counted_of(each.feature, own)
        name = f"{ATTRIBUTE}{columns[0]}" if len(columns) == 1 else each.feature
        of = next((group for group in kin if name in group), name)
        groups.setdefault(of, []).append(each)
    yield from ((of if isinstance(of, str) else None, shares) for of, shares in groups.items())


def _carried(shares: Sequence[Share], column: str | None = None) -> Carried:
    """Of a group those are named that carry something, or all where none does."""
    known = [each.champion for each in shares if each.champion is not None]
    carrying = [each for each in shares if each.champion or each.challenger] or shares
    return Carried(
        names=tuple(each.feature for each in carrying),
        champion=sum(known) if known else None,
        challenger=sum(each.challenger or 0.0 for each in shares),
        column=column,
    )


def told_parts(schema: AttributeSchema) -> dict[str, frozenset[str]]:
    """Of the feature of each derived number what it is made of in the end: the attributes that a case tells."""
    derived = derivations(schema.attributes)

    def parts(name: str) -> frozenset[str]:
        made = derived.get(name)
        return frozenset((name,)) if made is None else parts(made.one) | parts(made.other)

    return {f"{ATTRIBUTE}{name}": parts(name) for name in derived}
