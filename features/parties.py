"""What the standing says of the case's parties.

A rate is shrunk to what is usual at the retailer, by the weight of a few outcomes; what is usual is itself shrunk
to a fixed guess. So a party never seen has the retailer's rate, a retailer never seen the guess, and the number of
outcomes known says how much the rate is worth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from data.amounts import amount
from data.case import Case
from data.record import Unit
from data.standing import PartyStanding, Standing
from data.units import Measure
from data.vocabulary import RootCause
from features.attributes import AttributeSchema, party_words
from features.definition import UNHEARD, Compute, Feature, News, shared
from features.standing import ARRIVAL_HALF_LIFE, OUTCOME_HALF_LIFE, PARTIES, RETAILER, Named

PRIOR_WEIGHT = 5.0
BREACH_GUESS = 0.25
_STOCKOUT_GUESS = 0.1
HOURS_GUESS = 24.0
_CAUSE_GUESS = 1.0 / len(RootCause)
_ARRIVALS_PER_OUTCOME = ARRIVAL_HALF_LIFE / OUTCOME_HALF_LIFE
"""A steady stream's sum is its rate times the half-life: how many arrivals weigh as much as one outcome."""
_STORM_WEIGHT = 0.5
_EMPTY_GUESS = 0.1
_SURGE_UNITS = 0.5
"""Units of demand that stand for as usual, so that a few units say little."""
_REPORT_WEIGHT = 0.25
"""Of a day's half-lives only a sixteenth is left: a few shelves told of yesterday still count for something."""

_NEXT_TO_NOTHING = 0.1
"""The share of a guess's weight below which what is known moves it so little that the number is still the guess."""

Sums = Callable[[PartyStanding], tuple[float, float]]
"""Of a party: how many outcomes were of interest, and how many were known."""


class Party(NamedTuple):
    """A kind of party: the stem of its features' names, its exceptions in a sentence, and how a case names one."""

    kind: str
    stem: str
    exceptions: str
    named: Named
    who: str = ""
    """What it is called where its id may follow; empty where the id is personal or no name."""


def _canonical(kind: str, words: str, who: str = "") -> Party:
    return Party(kind, f"{kind}_", f"exceptions of {words}", PARTIES[kind], who)


SUPPLIER = _canonical("supplier", "the supplier", "supplier")
CARRIER = _canonical("carrier", "the carrier", "carrier")
NODE = _canonical("node", "the node", "node")
CUSTOMER = _canonical("customer", "the customer")
SKU = _canonical("sku", "the article in this node")
PRODUCT = _canonical("product", "the article in any node")
REGIONAL = _canonical("regional", "the article in the region")
EVERYONE = Party(RETAILER, "usual_", "exceptions of any kind", lambda case: RETAILER)


def breaches(party: PartyStanding) -> tuple[float, float]:
    """Broken promises out of outcomes."""
    return party.breaches, party.outcomes


def resolutions(party: PartyStanding) -> tuple[float, float]:
    """The sum of log(1 + hours to resolution) out of resolutions."""
    return party.resolution, party.resolved


def stockouts(party: PartyStanding) -> tuple[float, float]:
    """Empty shelves out of shelf outcomes."""
    return party.stockouts, party.shelf_outcomes


def of_cause(cause: RootCause) -> Sums:
    """Outcomes of a cause out of those with a known cause."""

    def sums(party: PartyStanding) -> tuple[float, float]:
        return party.causes.get(cause, 0.0), sum(party.causes.values())

    return sums


@shared
def _known(standing: Standing) -> dict[str, PartyStanding]:
    return {party.kind: party for party in standing.parties}


def seen_of(standing: Standing, kind: str) -> PartyStanding | None:
    """What is known of the case's party of a kind; None where nothing is."""
    return _known(standing).get(kind)


def _shrunk(party: PartyStanding | None, sums: Sums, prior: float) -> float:
    if party is None:
        return prior
    some, known = sums(party)
    return (some + PRIOR_WEIGHT * prior) / (known + PRIOR_WEIGHT)


def rate(standing: Standing, kind: str, sums: Sums, guess: float) -> float:
    """A party's rate, shrunk to the retailer's, itself shrunk to the guess; between 0 and 1."""
    usual = _shrunk(_known(standing).get(RETAILER), sums, guess)
    return usual if kind == RETAILER else _shrunk(_known(standing).get(kind), sums, usual)


def rate_beside(standing: Standing, kind: str, sums: Sums, usual: float) -> float:
    """A party's rate, shrunk to what is usual of it by other sums."""
    return _shrunk(_known(standing).get(kind), sums, usual)


def where_named(party: Party, of: Callable[[Standing], float]) -> Compute:
    """Nothing is known of a party that the case does not name."""
    named = party.named
    return lambda case, standing: None if named(case) is None else of(standing)


def usual_stands_in(party: Party, known: Callable[[PartyStanding], float]) -> News | None:
    """That a number of a party is the usual one, as nothing is `known` of its own; the retailer is nobody's news.

    A party whose past has faded cannot be told from one that is new, so neither is called new.
    """
    if party.kind == RETAILER:
        return None

    def news(case: Case, standing: Standing) -> str | None:
        name = party.named(case)
        seen = _known(standing).get(party.kind)
        if name is None or (seen and known(seen)):
            return None
        if seen and (seen.arrivals or _outcomes(seen)):
            return f"nothing of the kind is known yet of recent {party.exceptions}: what is usual stands in"
        told = f"{party.who} {name} {UNHEARD}" if party.who else f"no recent {party.exceptions} are known"
        return f"{told}: what is usual stands in"

    return news


def guess_stands_in(party: Party, of: Compute, unit: Measure, unknown: str, *weighs: Sums) -> News:
    """That next to nothing is known of a party, nor of the retailer whom it is shrunk to: its number is a guess.

    `unknown` says what is not known; `weighs` are the sums whose counts, of either, would make the number known.
    """

    def guessed(case: Case, standing: Standing) -> str | None:
        if _is_known(standing, (party.kind, RETAILER), weighs, PRIOR_WEIGHT):
            return None
        return _guess_says(of(case, standing), unit, unknown)

    return guessed


def _guess_says(value: float | None, unit: Measure, unknown: str) -> str | None:
    """The sentence of a guess; None where the case names nobody it could be of."""
    return None if value is None else f"nothing is known of {unknown}; {amount(value, unit)} stands in"


def _is_known(standing: Standing, kinds: tuple[str, ...], weighs: tuple[Sums, ...], guess: float) -> bool:
    """Whether any of these parties knows enough beside a guess of this weight."""
    seen = [_known(standing)[kind] for kind in kinds if kind in _known(standing)]
    return any(sums(each)[1] >= _NEXT_TO_NOTHING * guess for each in seen for sums in weighs)


def how_ended(party: Party) -> str:
    """What is not known of a party of which no outcome is."""
    return f"how {party.exceptions} ended"


def _fed(feature: Feature) -> Feature:
    """A feature that outcomes feed."""
    return replace(feature, from_outcomes=True)


def _rate(party: Party, what: str, said: str, sums: Sums, guess: float, unknown: str = "") -> Feature:
    of = where_named(party, lambda standing: rate(standing, party.kind, sums, guess))
    says, about = f"{{value}} of recent {party.exceptions} {said}", f"How often {party.exceptions} {said}"
    news = usual_stands_in(party, lambda seen: sums(seen)[1])
    guessed = guess_stands_in(party, of, Unit.RATIO, unknown or how_ended(party), sums)
    name = f"{party.stem}{what}_rate"
    return _fed(Feature(name, Unit.RATIO, says, about, of, known="standing", news=news, guessed=guessed))


def breach_rate(party: Party) -> Feature:
    """How often the promise broke."""
    return _rate(party, "breach", "missed the promise", breaches, BREACH_GUESS)


def stockout_rate(party: Party) -> Feature:
    """How often the shelf ran empty."""
    unknown = f"{how_ended(party)} for the shelf"
    return _rate(party, "stockout", "ended with an empty shelf", stockouts, _STOCKOUT_GUESS, unknown)


def cause_rate(party: Party, cause: RootCause) -> Feature:
    """How often a cause was confirmed."""
    said = f"were a matter of {cause.replace('_', ' ')}"
    return _rate(party, cause, said, of_cause(cause), _CAUSE_GUESS, f"what caused {party.exceptions}")


Read = Callable[[PartyStanding], float]


def _number(party: Party, what: str, unit: Unit, says: str, about: str, of: Read) -> Feature:
    """A number of a party that is 0 while nothing is known of it."""

    def known(standing: Standing) -> float:
        seen = _known(standing).get(party.kind)
        return of(seen) if seen else 0.0

    return Feature(
        f"{party.stem}{what}", unit, says, about, where_named(party, known), known="standing", background=True
    )


def outcomes_known(party: Party) -> Feature:
    """How much the party's rates are worth: 0 is a cold start."""
    says = f"it is known how {{value}} recent {party.exceptions} ended"
    return _fed(_number(party, "outcomes", Unit.EACH, says, f"How many {party.exceptions} have ended", _outcomes))


def arrivals(party: Party) -> Feature:
    """How many exceptions arrived within hours: a storm shows here first."""
    says, about = f"{{value}} {party.exceptions} came lately", f"How many {party.exceptions} came lately"
    return _number(party, "arrivals", Unit.EACH, says, about, lambda seen: seen.arrivals)


def pace(party: Party) -> Feature:
    """How fast exceptions arrive by the party's own past; 1, the usual, where there is none."""

    def of(standing: Standing) -> float:
        seen = _known(standing).get(party.kind)
        if seen is None:
            return 1.0
        return (seen.arrivals + _STORM_WEIGHT) / (_outcomes(seen) * _ARRIVALS_PER_OUTCOME + _STORM_WEIGHT)

    news = usual_stands_in(party, lambda seen: seen.arrivals or _outcomes(seen))
    says, about = f"{party.exceptions} come at {{value}} of the usual pace", f"How fast {party.exceptions} come"
    told, unknown = where_named(party, of), f"the usual pace of {party.exceptions}"
    return Feature(
        f"{party.stem}pace",
        Unit.RATIO,
        says,
        about,
        told,
        known="standing",
        news=news,
        background=True,
        guessed=guess_stands_in(party, told, Unit.RATIO, unknown, breaches, stockouts),
        from_outcomes=True,
    )


def empty_shelves(party: Party, where: str, wider: Party | None = None) -> Feature:
    """How empty shelves stood lately: the party's own reports, shrunk to a wider party's."""

    def of(standing: Standing) -> float:
        prior = _EMPTY_GUESS if wider is None else _emptiness(standing, wider, _EMPTY_GUESS)
        return _emptiness(standing, party, prior)

    says, about = f"{where} stood empty for {{value}} of the day", f"How long {where} stood empty"
    told, kinds = where_named(party, of), tuple(each.kind for each in (party, wider) if each)

    def guessed(case: Case, standing: Standing) -> str | None:
        if _is_known(standing, kinds, (_reports,), _REPORT_WEIGHT):
            return None
        return _guess_says(told(case, standing), Unit.RATIO, f"how long {where} stood empty")

    return Feature(f"{party.stem}empty", Unit.RATIO, says, about, told, known="standing", guessed=guessed)


def _reports(party: PartyStanding) -> tuple[float, float]:
    return party.empty, party.shelves


def stockouts_lately(party: PartyStanding) -> tuple[float, float]:
    """Empty shelves out of shelf outcomes of the last few days."""
    return party.stockouts_lately, party.shelf_outcomes_lately


def stockout_rate_lately(party: Party) -> Feature:
    """How often the shelf ran empty in the last few days."""
    says = f"{{value}} of {party.exceptions} in the last few days ended with an empty shelf"
    about = f"How often {party.exceptions} in the last few days ended with an empty shelf"
    of = where_named(party, lambda standing: _lately(standing, party))
    guessed = guess_stands_in(party, of, Unit.RATIO, f"{how_ended(party)} for the shelf", stockouts)
    name = f"{party.stem}stockout_rate_lately"
    return _fed(Feature(name, Unit.RATIO, says, about, of, known="standing", guessed=guessed))


def _lately(standing: Standing, party: Party) -> float:
    """The last days' rate, shrunk to the party's own of a month."""
    usual = rate(standing, party.kind, stockouts, _STOCKOUT_GUESS)
    return rate_beside(standing, party.kind, stockouts_lately, usual)


def closing_hours(party: Party, where: str) -> Feature:
    """How empty shelves stood before the day closed: what runs short there runs short here."""
    return _hours_empty(party, where, "closing", "before closing", lambda seen: seen.closing)


def late_hours(party: Party, where: str) -> Feature:
    """How empty shelves stood after the day closed: what was not filled up overnight opens short."""
    return _hours_empty(party, where, "late", "after closing", lambda seen: seen.late)


def _hours_empty(party: Party, where: str, what: str, when: str, hours: Read) -> Feature:
    def of(standing: Standing) -> float:
        seen = _known(standing).get(party.kind)
        return 0.0 if seen is None else hours(seen) / (seen.shelves + _REPORT_WEIGHT)

    says, about = f"{when}, {where} were empty for {{value}}", f"How long {where} were empty {when}"
    return Feature(f"{party.stem}{what}", Unit.HOUR, says, about, where_named(party, of), known="standing")


def demand_surge(party: Party, where: str) -> Feature:
    """How demand of the shelves that reported compares with what is usual for them."""

    def of(standing: Standing) -> float:
        seen = _known(standing).get(party.kind)
        return 1.0 if seen is None else (seen.wanted + _SURGE_UNITS) / (seen.usual + _SURGE_UNITS)

    says, about = f"demand at {where} is {{value}} of the usual", f"How demand at {where} compares with the usual"
    return Feature(f"{party.stem}surge", Unit.RATIO, says, about, where_named(party, of), known="standing")


def shelves_known(party: Party) -> Feature:
    """How many shelf outcomes the party's rates rest on."""
    says = f"it is known how {{value}} recent {party.exceptions} ended for the shelf"
    about = f"How many {party.exceptions} have ended for the shelf"
    return _fed(_number(party, "shelf_outcomes", Unit.EACH, says, about, lambda seen: seen.shelf_outcomes))


def _emptiness(standing: Standing, party: Party, prior: float) -> float:
    seen = _known(standing).get(party.kind)
    return prior if seen is None else (seen.empty + _REPORT_WEIGHT * prior) / (seen.shelves + _REPORT_WEIGHT)


def _outcomes(party: PartyStanding) -> float:
    return max(party.outcomes, party.shelf_outcomes)


def resolution_hours(party: Party) -> Feature:
    """How long exceptions took to be resolved, typically: the geometric mean, which a few endless ones do not move."""
    of = where_named(
        party, lambda standing: math.expm1(rate(standing, party.kind, resolutions, math.log1p(HOURS_GUESS)))
    )
    says, about = f"{party.exceptions} took {{value}} lately", f"How long {party.exceptions} take to be resolved"
    guessed = guess_stands_in(party, of, Unit.HOUR, f"how long {party.exceptions} take", resolutions)
    name = f"{party.stem}hours"
    return _fed(Feature(name, Unit.HOUR, says, about, of, known="standing", background=True, guessed=guessed))


def granted(party: Party) -> Feature:
    """How much was granted."""
    who = party.exceptions.removeprefix("exceptions of ")
    says, about = f"{{value}} was granted to {who} lately", f"The amount granted to {who} lately"
    return _fed(_number(party, "granted", Unit.MONEY, says, about, lambda seen: seen.granted))


_HOW_MUCH = (outcomes_known, arrivals, pace, resolution_hours)

CASE_PARTIES = (
    breach_rate(EVERYONE),
    resolution_hours(EVERYONE),
    *(breach_rate(party) for party in (SUPPLIER, CARRIER, NODE)),
    cause_rate(SUPPLIER, RootCause.SUPPLIER_DELAY),
    cause_rate(CARRIER, RootCause.CARRIER_FAILURE),
    cause_rate(CARRIER, RootCause.ADDRESS_PROBLEM),
    cause_rate(NODE, RootCause.INVENTORY_MISMATCH),
    cause_rate(NODE, RootCause.LABOR_SHORTAGE),
    cause_rate(NODE, RootCause.DEMAND_SURGE),
    cause_rate(NODE, RootCause.SYSTEM_LATENCY),
    cause_rate(NODE, RootCause.PRICE_SYNC_ERROR),
    cause_rate(NODE, RootCause.APPROVAL_BOTTLENECK),
    cause_rate(CUSTOMER, RootCause.FRAUD_PATTERN),
    cause_rate(SKU, RootCause.INVENTORY_MISMATCH),
    cause_rate(PRODUCT, RootCause.DEMAND_SURGE),
    cause_rate(PRODUCT, RootCause.PRICE_SYNC_ERROR),
    *(tell(party) for party in (SUPPLIER, CARRIER, NODE) for tell in _HOW_MUCH),
    outcomes_known(CUSTOMER),
    arrivals(CUSTOMER),
    granted(CUSTOMER),
    outcomes_known(SKU),
    arrivals(PRODUCT),
)
"""What is known of parties when a case is judged."""

SHELF_PARTIES = (
    *(stockout_rate(party) for party in (EVERYONE, SKU, PRODUCT, NODE)),
    stockout_rate(REGIONAL),
    empty_shelves(PRODUCT, "the article's shelves in other nodes"),
    empty_shelves(REGIONAL, "the article's shelves in the region", PRODUCT),
    empty_shelves(NODE, "other shelves of the node"),
    *(stockout_rate_lately(party) for party in (EVERYONE, SKU, PRODUCT, NODE, REGIONAL)),
    closing_hours(PRODUCT, "the article's shelves"),
    closing_hours(REGIONAL, "the article's shelves in the region"),
    closing_hours(NODE, "the node's shelves"),
    late_hours(PRODUCT, "the article's shelves"),
    late_hours(REGIONAL, "the article's shelves in the region"),
    late_hours(NODE, "the node's shelves"),
    demand_surge(PRODUCT, "the article's shelves"),
    demand_surge(REGIONAL, "the article's shelves in the region"),
    demand_surge(NODE, "the node's shelves"),
    shelves_known(SKU),
    shelves_known(PRODUCT),
    cause_rate(NODE, RootCause.INVENTORY_MISMATCH),
    cause_rate(PRODUCT, RootCause.DEMAND_SURGE),
    breach_rate(SUPPLIER),
)
"""What is known of parties when a shelf is judged."""


def declared(attributes: AttributeSchema) -> tuple[Party, ...]:
    """The declared categories of many levels, as parties."""
    return tuple(
        Party(kind, f"standing.{kind.replace(':', '.')}.", f"exceptions with this {_word(kind, attributes)}", named)
        for kind, named in party_words(attributes).items()
    )


def _word(kind: str, attributes: AttributeSchema) -> str:
    """What people call a fact or an attribute."""
    name = kind.partition(":")[2]
    declared = attributes.attributes.get(name) if kind.startswith("attribute:") else None
    return declared.word(name) if declared else name


def declared_parties(attributes: AttributeSchema, shelf: bool) -> tuple[Feature, ...]:
    """What is known of the declared categories of many levels: of shelves, or of promises."""
    told = (stockout_rate, stockout_rate_lately, shelves_known) if shelf else (breach_rate, *_HOW_MUCH)
    return tuple(labelled(tell(party), party, attributes) for party in declared(attributes) for tell in told)


def labelled(feature: Feature, party: Party, attributes: AttributeSchema) -> Feature:
    """A declared party's feature with a label of its word, where people call that by another than its name."""
    word = _word(party.kind, attributes)
    if party.kind.endswith(f":{word}"):
        return feature
    return replace(feature, called=f"{word} {feature.name.removeprefix(party.stem).replace('_', ' ')}")
