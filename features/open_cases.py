"""How much a case's parties have to do: exceptions that came and whose outcome is not known yet.

Whoever has much to do is late with all of it. A history tells nothing of what was open when it began, so of one that is
not many times as long as cases stay open, the number tells how long ago it began; such bundles do not read it.
"""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.attributes import AttributeSchema
from features.definition import Feature, Value
from features.parties import CARRIER, NODE, SUPPLIER, Party, declared, labelled


def open_now(party: Party) -> Feature:
    """How many exceptions wait for their outcome; each counts half after thirty days, as one that nobody ever ends."""

    def of(case: Case, standing: Standing) -> Value:
        if party.named(case) is None:
            return None
        seen = standing.of(party.kind)
        return seen.open if seen else 0.0

    whose = party.exceptions.removeprefix("exceptions")
    says = f"{{value}} [exception|exceptions]{whose} [is|are] open, old ones counted in part"
    about = f"How many {party.exceptions} are open, old ones counted in part"
    name = f"{party.stem}open"
    return Feature(name, Unit.EACH, says, about, of, known="standing", background=True, from_outcomes=True)


def open_cases(attributes: AttributeSchema) -> tuple[Feature, ...]:
    """The features of a bundle whose history was long enough; none of another."""
    if not attributes.open_cases:
        return ()
    own = (labelled(open_now(party), party, attributes) for party in declared(attributes))
    return (*map(open_now, (SUPPLIER, CARRIER, NODE)), *own)
