"""What is known of a case's parties over years, beside what the last month came to.

A party of a few exceptions a month is never known by its last month: most of what that says is chance. Where a history
is long, so is the memory: the same rate, of sums whose events lose half their weight in a year.
"""

from __future__ import annotations

import math

from data.case import Case
from data.record import Unit
from data.standing import PartyStanding, Standing
from features.attributes import AttributeSchema
from features.definition import Feature
from features.order import minutes_to_promise
from features.parties import (
    BREACH_GUESS,
    CARRIER,
    CUSTOMER,
    EVERYONE,
    HOURS_GUESS,
    NODE,
    PRIOR_WEIGHT,
    PRODUCT,
    SUPPLIER,
    Party,
    declared,
    guess_stands_in,
    how_ended,
    labelled,
    rate,
    seen_of,
    usual_stands_in,
    where_named,
)
from features.standing import RETAILER

_GUESS = math.log1p(HOURS_GUESS)
_GUESSED_VARIANCE = 1.0
"""Of log hours, where nothing is known: two thirds lie between a third of the guess and three times it."""
_LEAST_VARIANCE = 0.01
"""Of a party that always took the same: a tenth up or down."""


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


def resolutions(party: PartyStanding) -> tuple[float, float]:
    """The sum of log(1 + hours to resolution) out of resolutions, over years."""
    return party.resolution_long, party.resolved_long


def _variance(seen: PartyStanding | None, prior: float) -> float:
    """Of the log hours of a party, around its own mean, shrunk to what is usual."""
    if seen is None or not seen.resolved_long:
        return prior
    n, mean = seen.resolved_long, seen.resolution_long / seen.resolved_long
    own = max(seen.resolution_squares / n - mean**2, 0.0)
    return (n * own + PRIOR_WEIGHT * prior) / (n + PRIOR_WEIGHT)


def longer_rate(party: Party) -> Feature:
    """How often it took longer than the promise leaves, by the party's mean and spread of log hours over years.

    A promise of forty days says little by itself: by ship it is too short, by air it is long.
    """

    def of(case: Case, standing: Standing) -> float | None:
        left = minutes_to_promise.of(case, standing)
        if party.named(case) is None or not isinstance(left, int | float):
            return None
        mean = rate(standing, party.kind, resolutions, _GUESS)
        usual = _variance(seen_of(standing, RETAILER), _GUESSED_VARIANCE)
        variance = usual if party.kind == RETAILER else _variance(seen_of(standing, party.kind), usual)
        beyond = math.log1p(max(left, 0.0) / 60.0) - mean
        return 0.5 * math.erfc(beyond / math.sqrt(2.0 * max(variance, _LEAST_VARIANCE)))

    says = f"over the years about {{value}} of {party.exceptions} took longer than the promise leaves"
    about = f"How often {party.exceptions} took longer over the years than the promise leaves"
    news = usual_stands_in(party, lambda seen: seen.resolved_long)
    guessed = guess_stands_in(party, of, Unit.RATIO, f"how long {party.exceptions} took over the years", resolutions)
    name = f"{party.stem}longer_rate"
    return Feature(name, Unit.RATIO, says, about, of, known="standing", news=news, guessed=guessed, from_outcomes=True)


def long_memories(attributes: AttributeSchema) -> tuple[Feature, ...]:
    """The features of a bundle whose history was long; none of another."""
    if not attributes.long_memory:
        return ()
    known = (SUPPLIER, CARRIER, NODE, PRODUCT, CUSTOMER)
    canonical = (*map(breach_rate, known), longer_rate(EVERYONE), *map(longer_rate, known))
    own = (
        labelled(tell(party), party, attributes)
        for party in declared(attributes)
        for tell in (breach_rate, longer_rate)
    )
    return (*canonical, *own)
