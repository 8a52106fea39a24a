"""What the standing says of the case's parties.

A rate is shrunk to what is usual at the retailer, by the weight of a few outcomes; what is usual is itself shrunk
to a fixed guess. So a party never seen has the retailer's rate, a retailer never seen the guess, and the number of
outcomes known says how much the rate is worth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from data.record import Unit
from data.standing import PartyStanding, Standing
from data.vocabulary import RootCause
from features.attributes import AttributeSchema, party_words
from features.definition import Compute, Feature
from features.standing import ARRIVAL_HALF_LIFE, OUTCOME_HALF_LIFE, PARTIES, RETAILER, Named

_PRIOR_WEIGHT = 5.0
_BREACH_GUESS = 0.25
_STOCKOUT_GUESS = 0.1
_CAUSE_GUESS = 1.0 / len(RootCause)
_ARRIVALS_PER_OUTCOME = ARRIVAL_HALF_LIFE / OUTCOME_HALF_LIFE
"""A steady stream's sum is its rate times the half-life: how many arrivals weigh as much as one outcome."""
_STORM_WEIGHT = 0.5

Sums = Callable[[PartyStanding], tuple[float, float]]
"""Of a party: how many outcomes were of interest, and how many were known."""


class Party(NamedTuple):
    """A kind of party: the stem of its features' names, its name in a sentence, and how a case names one."""

    kind: str
    stem: str
    words: str
    named: Named


def _canonical(kind: str, words: str) -> Party:
    return Party(kind, f"{kind}_", words, PARTIES[kind])


SUPPLIER = _canonical("supplier", "the supplier")
CARRIER = _canonical("carrier", "the carrier")
NODE = _canonical("node", "the node")
CUSTOMER = _canonical("customer", "the customer")
SKU = _canonical("sku", "this article in this node")
PRODUCT = _canonical("product", "this article everywhere")
EVERYONE = Party(RETAILER, "usual_", "the retailer", lambda case: RETAILER)

_CAUSES = {
    SUPPLIER: (RootCause.SUPPLIER_DELAY,),
    CARRIER: (RootCause.CARRIER_FAILURE, RootCause.ADDRESS_PROBLEM),
    NODE: (
        RootCause.INVENTORY_MISMATCH,
        RootCause.LABOR_SHORTAGE,
        RootCause.DEMAND_SURGE,
        RootCause.SYSTEM_LATENCY,
        RootCause.PRICE_SYNC_ERROR,
        RootCause.APPROVAL_BOTTLENECK,
    ),
    CUSTOMER: (RootCause.FRAUD_PATTERN,),
    SKU: (RootCause.INVENTORY_MISMATCH,),
    PRODUCT: (RootCause.DEMAND_SURGE, RootCause.PRICE_SYNC_ERROR),
}


def breaches(party: PartyStanding) -> tuple[float, float]:
    """Broken promises out of outcomes."""
    return party.breaches, party.outcomes


def stockouts(party: PartyStanding) -> tuple[float, float]:
    """Empty shelves out of shelf outcomes."""
    return party.stockouts, party.shelf_outcomes


def of_cause(cause: RootCause) -> Sums:
    """Outcomes of a cause out of those with a known cause."""

    def sums(party: PartyStanding) -> tuple[float, float]:
        return party.causes.get(cause, 0.0), sum(party.causes.values())

    return sums


def _shrunk(party: PartyStanding | None, sums: Sums, prior: float) -> float:
    if party is None:
        return prior
    some, known = sums(party)
    return (some + _PRIOR_WEIGHT * prior) / (known + _PRIOR_WEIGHT)


def rate(standing: Standing, kind: str, sums: Sums, guess: float) -> float:
    """A party's rate, shrunk to the retailer's, itself shrunk to the guess; between 0 and 1."""
    usual = _shrunk(standing.of(RETAILER), sums, guess)
    return usual if kind == RETAILER else _shrunk(standing.of(kind), sums, usual)


def _where_named(party: Party, of: Callable[[Standing], float]) -> Compute:
    """Nothing is known of a party that the case does not name."""
    named = party.named
    return lambda case, standing: None if named(case) is None else of(standing)


def _rate(party: Party, what: str, said: str, sums: Sums, guess: float) -> Feature:
    of = _where_named(party, lambda standing: rate(standing, party.kind, sums, guess))
    says = f"{{value}} of recent exceptions of {party.words} {said}"
    about = f"How often exceptions of {party.words} {said}"
    return Feature(f"{party.stem}{what}_rate", Unit.RATIO, says, about, of, known="standing")


def breach_rate(party: Party) -> Feature:
    """How often the promise broke."""
    return _rate(party, "breach", "missed the promise", breaches, _BREACH_GUESS)


def stockout_rate(party: Party) -> Feature:
    """How often the shelf ran empty."""
    return _rate(party, "stockout", "ended with an empty shelf", stockouts, _STOCKOUT_GUESS)


def cause_rate(party: Party, cause: RootCause) -> Feature:
    """How often a cause was confirmed."""
    return _rate(party, cause, f"were due to {cause.replace('_', ' ')}", of_cause(cause), _CAUSE_GUESS)


def outcomes_known(party: Party) -> Feature:
    """How much the party's rates are worth: 0 is a cold start."""

    def known(standing: Standing) -> float:
        seen = standing.of(party.kind)
        return max(seen.outcomes, seen.shelf_outcomes) if seen else 0.0

    says, about = (
        f"{{value}} recent outcomes of {party.words} are known",
        f"How many outcomes of {party.words} there are",
    )
    return Feature(f"{party.stem}outcomes", Unit.EACH, says, about, _where_named(party, known), known="standing")


def pace(party: Party) -> Feature:
    """How fast exceptions arrive by the party's own past: a storm shows here first."""

    def of(standing: Standing) -> float:
        seen = standing.of(party.kind)
        if seen is None:
            return 1.0
        usual = max(seen.outcomes, seen.shelf_outcomes) * _ARRIVALS_PER_OUTCOME
        return (seen.arrivals + _STORM_WEIGHT) / (usual + _STORM_WEIGHT)

    says = f"exceptions of {party.words} arrive at {{value}} of the usual pace"
    about = f"How fast exceptions of {party.words} arrive"
    return Feature(f"{party.stem}pace", Unit.RATIO, says, about, _where_named(party, of), known="standing")


def arrivals(party: Party) -> Feature:
    """How many exceptions arrived within hours."""

    def of(standing: Standing) -> float:
        seen = standing.of(party.kind)
        return seen.arrivals if seen else 0.0

    says = f"{{value}} exceptions of {party.words} arrived within hours"
    about = f"How many exceptions of {party.words} arrived within hours"
    return Feature(f"{party.stem}arrivals", Unit.EACH, says, about, _where_named(party, of), known="standing")


def _granted(standing: Standing) -> float:
    seen = standing.of(CUSTOMER.kind)
    return seen.granted if seen else 0.0


CUSTOMER_GRANTED = Feature(
    "customer_granted",
    Unit.MONEY,
    "{value} was granted to the customer lately",
    "The amount granted to the customer lately",
    _where_named(CUSTOMER, _granted),
    known="standing",
)


def _of_party(party: Party) -> tuple[Feature, ...]:
    causes = (cause_rate(party, cause) for cause in _CAUSES[party])
    return (breach_rate(party), *causes, outcomes_known(party), pace(party), arrivals(party))


CASE_PARTIES = (
    breach_rate(EVERYONE),
    *(each for party in (SUPPLIER, CARRIER, NODE, CUSTOMER, SKU, PRODUCT) for each in _of_party(party)),
    CUSTOMER_GRANTED,
)
"""What is known of parties when a case is judged."""

SHELF_PARTIES = (
    stockout_rate(EVERYONE),
    *(make(party) for party in (SKU, PRODUCT, NODE) for make in (stockout_rate, outcomes_known, pace)),
)
"""What is known of parties when a shelf is judged."""


def _declared(attributes: AttributeSchema) -> tuple[Party, ...]:
    words = party_words(attributes)
    return tuple(
        Party(kind, f"standing.{kind.replace(':', '.')}.", f"this {kind.partition(':')[2]}", named)
        for kind, named in words.items()
    )


def declared_parties(attributes: AttributeSchema, shelf: bool) -> tuple[Feature, ...]:
    """What is known of the declared categories of many levels: of shelves, or of promises."""
    made = (stockout_rate, outcomes_known) if shelf else (breach_rate, outcomes_known, pace)
    return tuple(make(party) for party in _declared(attributes) for make in made)
