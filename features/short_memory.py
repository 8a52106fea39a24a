"""What a case's parties came to in the last hours, beside what is usual of them.

What holds up many cases at once, a storm over an airport or a system that is down, is gone after a day and hardly moves
the rate of a month. Where enough is decided every day to tell, so is the same rate of sums whose events lose half
their weight in hours, shrunk to the party's own of the month.
"""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import PartyStanding, Standing
from features.attributes import AttributeSchema
from features.definition import Feature, News
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
    guess_stands_in,
    how_ended,
    labelled,
    rate,
    rate_beside,
    usual_stands_in,
    where_named,
)

FEWEST = 0.5
"""Outcomes below which the last hours decided nothing: one, when it is six hours old."""


def breaches_short(party: PartyStanding) -> tuple[float, float]:
    """Broken promises out of outcomes, of the last hours."""
    return party.breaches_short, party.outcomes_short


def breach_rate(party: Party) -> Feature:
    """How often the promise broke in the last hours, shrunk to how often it did in the party's month."""

    def of(standing: Standing) -> float:
        usual = rate(standing, party.kind, breaches, BREACH_GUESS)
        return rate_beside(standing, party.kind, breaches_short, usual)

    says = f"judged by the last hours and the month, {{value}} of {party.exceptions} miss the promise"
    about = f"How often {party.exceptions} miss the promise, judged by the last hours and the month"
    name, known = f"{party.stem}breach_rate_short", where_named(party, of)
    guessed = guess_stands_in(party, known, Unit.RATIO, how_ended(party), breaches)
    news = _month_stands_in(party)
    return Feature(
        name, Unit.RATIO, says, about, known, known="standing", news=news, guessed=guessed, from_outcomes=True
    )


def _month_stands_in(party: Party) -> News:
    """That the last hours decided nothing, so that the number is what the month or what is usual says."""
    unknown = usual_stands_in(party, lambda seen: breaches(seen)[1])

    def news(case: Case, standing: Standing) -> str | None:
        told = unknown(case, standing) if unknown else None
        seen = standing.of(party.kind)
        if told or party.named(case) is None or (seen and seen.outcomes_short >= FEWEST):
            return told
        return f"none of {party.exceptions} were decided in the last hours: what the month says stands in"

    return news


def short_memories(attributes: AttributeSchema) -> tuple[Feature, ...]:
    """The features of a bundle whose history told enough every day; none of another."""
    if not attributes.short_memory:
        return ()
    canonical = tuple(map(breach_rate, (EVERYONE, SUPPLIER, CARRIER, NODE, PRODUCT)))
    own = (labelled(breach_rate(party), party, attributes) for party in declared(attributes))
    return (*canonical, *own)
