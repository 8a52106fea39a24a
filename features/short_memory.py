"""What a case's parties came to in the last hours, beside what is usual of them.

What holds up many cases at once, a storm over an airport or a system that is down, is gone after a day and hardly moves
the rate of a month. Where enough is decided every day to tell, so is the same rate of sums whose events lose half
their weight in hours, shrunk to the party's own of the month.
"""

from __future__ import annotations

from data.record import Unit
from data.standing import PartyStanding, Standing
from features.attributes import AttributeSchema
from features.definition import Feature
from features.parties import (
    BREACH_GUESS,
    CARRIER,
    EVERYONE,
    NODE,
    PRODUCT,
    SUPPLIER,
    Party,
    breaches,
    declared,
    labelled,
    rate,
    rate_beside,
    usual_stands_in,
    where_named,
)


def breaches_short(party: PartyStanding) -> tuple[float, float]:
    """Broken promises out of outcomes, of the last hours."""
    return party.breaches_short, party.outcomes_short


def breach_rate(party: Party) -> Feature:
    """How often the promise broke in the last hours, shrunk to how often it did in the party's month."""

    def of(standing: Standing) -> float:
        usual = rate(standing, party.kind, breaches, BREACH_GUESS)
        return rate_beside(standing, party.kind, breaches_short, usual)

    says = f"of what was decided in the last hours, {{value}} of {party.exceptions} missed the promise"
    about = f"How often {party.exceptions} missed the promise in the last hours"
    news = usual_stands_in(party, lambda seen: breaches(seen)[1])
    return Feature(
        f"{party.stem}breach_rate_short", Unit.RATIO, says, about, where_named(party, of), known="standing", news=news
    )


def short_memories(attributes: AttributeSchema) -> tuple[Feature, ...]:
    """The features of a bundle whose history told enough every day; none of another."""
    if not attributes.short_memory:
        return ()
    canonical = tuple(map(breach_rate, (EVERYONE, SUPPLIER, CARRIER, NODE, PRODUCT)))
    own = (labelled(breach_rate(party), party, attributes) for party in declared(attributes))
    return (*canonical, *own)
