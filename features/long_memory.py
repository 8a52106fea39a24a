"""What is known of a case's parties over years, beside what the last month came to.

A party of a few exceptions a month is never known by its last month: most of what that says is chance. Where a history
is long, so is the memory: the same rate, of sums whose events lose half their weight in a year.
"""

from __future__ import annotations

from data.record import Unit
from data.standing import PartyStanding
from features.attributes import AttributeSchema
from features.definition import Feature
from features.parties import (
    BREACH_GUESS,
    CARRIER,
    CUSTOMER,
    NODE,
    PRODUCT,
    SUPPLIER,
    Party,
    declared,
    guess_stands_in,
    how_ended,
    labelled,
    rate,
    usual_stands_in,
    where_named,
)


def breaches(party: PartyStanding) -> tuple[float, float]:
    """Broken promises out of outcomes, over years."""
    return party.breaches_long, party.outcomes_long


def breach_rate(party: Party) -> Feature:
    """How often the promise broke over years, shrunk to what is usual everywhere."""
    of = where_named(party, lambda standing: rate(standing, party.kind, breaches, BREACH_GUESS))
    says = f"over the years {{value}} of {party.exceptions} missed the promise"
    about = f"How often {party.exceptions} missed the promise over the years"
    news = usual_stands_in(party, lambda seen: breaches(seen)[1])
    guessed = guess_stands_in(party, of, Unit.RATIO, f"{how_ended(party)} over the years", breaches)
    name = f"{party.stem}breach_rate_long"
    return Feature(name, Unit.RATIO, says, about, of, known="standing", news=news, guessed=guessed, from_outcomes=True)


def long_memories(attributes: AttributeSchema) -> tuple[Feature, ...]:
    """The features of a bundle whose history was long; none of another."""
    if not attributes.long_memory:
        return ()
    canonical = tuple(map(breach_rate, (SUPPLIER, CARRIER, NODE, PRODUCT, CUSTOMER)))
    own = (labelled(breach_rate(party), party, attributes) for party in declared(attributes))
    return (*canonical, *own)
