"""A number that a mapping makes of two attributes: `cover: {ratio: [on_hand, forecast], called: stock cover}`.

No row tells it: the bundle keeps how it is made, so that a live case needs to tell the two alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BeforeValidator, Field, model_validator

from data.record import Unit
from features.derived import Derived, Way
from features.wording import Called, Wording
from training.errors import MappingError
from training.tables.part import Part
from training.tables.units import NUMBERS, AsMeant

WAYS: tuple[Way, ...] = get_args(Way)


def _names(given: Any) -> Any:
    if isinstance(given, list) and not all(isinstance(each, str) for each in given):
        raise ValueError("expected the names of two attributes: a number by itself is none (scale multiplies one)")
    return given


Two = Annotated[tuple[str, ...], Field(strict=False), BeforeValidator(_names)]


class Derivation(Part):
    """How a number is made of two; exactly one of the five ways."""

    came_later: ClassVar[frozenset[str]] = frozenset({"share"})
    never_empty: ClassVar[frozenset[str]] = frozenset(WAYS)

    sum: Two = ()
    difference: Two = ()
    """The first less the second."""
    product: Two = ()
    ratio: Two = ()
    """The first by the second; not known where the second is nothing."""
    share: Two = ()
    """The first by the sum of both, whatever their signs: -1 to 1; not known where both are nothing."""
    called: Called | None = None
    """What people call it, in the singular and without an article."""
    unit: AsMeant | None = None
    """What it is measured in."""

    @model_validator(mode="after")
    def _one_way(self) -> Derivation:
        given = [way for way in WAYS if getattr(self, way)]
        if len(given) != 1 or len(self.names) != 2:
            raise ValueError(
                f"expected exactly one of {', '.join(WAYS)}, of two attributes: ratio: [on_hand, forecast]"
            )
        if self.unit is not None and self.unit not in NUMBERS and isinstance(self.unit, Unit):
            raise ValueError(f"unit is one of {', '.join(NUMBERS)}, or a short word of your own such as kg")
        return self

    @property
    def way(self) -> Way:
        """Which of the ways it is."""
        return next(way for way in WAYS if getattr(self, way))

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that it is made of."""
        return tuple(name for way in WAYS for name in getattr(self, way))

    @property
    def wording(self) -> Wording:
        """What bundles keep of it."""
        one, other = self.names
        return Wording(called=self.called, unit=self.unit, derived=Derived(way=self.way, one=one, other=other))


def check_derivations(derived: dict[str, Derivation], told: Collection[str], numbers: Collection[str]) -> None:
    """Each has a name of its own, and is made of numbers: of cases, or of what was derived before it.

    Raises:
        MappingError: the key, what was expected there and what came.
    """
    known = list(numbers)
    for name, each in derived.items():
        if name in told:
            raise MappingError(f"derived.{name}", f"attributes.{name} is there too; give one of them another name")
        for made_of in each.names:
            if made_of not in known:
                near = difflib.get_close_matches(made_of, known, n=1, cutoff=0.0)
                instead = f"the nearest is {near[0]!r}" if near else "declare one under attributes, with kind: number"
                why = f"{made_of!r} is neither a number among the attributes nor derived above; {instead}"
                raise MappingError(f"derived.{name}.{each.way}", why)
        known.append(name)
