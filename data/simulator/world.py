"""The retailer's parties: regions, nodes, suppliers, carriers, articles and customers.

They depend on the seed alone, except that a new carrier and a new supplier join on a day the caller names.
Facts marked hidden are the world's own: no snapshot carries them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import exp
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.simulator.dice import Dice, Wheel, generator
from data.simulator.markets import CATEGORIES, REGIONS
from data.vocabulary import CustomerTier, NodeKind

Floats = NDArray[np.float64]

SUPPLIERS = 60
SKUS = 1200
CUSTOMERS_PER_REGION = 8000
CENTRES_PER_REGION = 3
_WORLD = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A store or centre. Hidden: `inaccuracy` of its records, `chronic` absence, `habit` of its people."""

    index: int
    id: str
    kind: NodeKind
    region: int
    zone: str
    format: str
    size: float
    inaccuracy: float
    chronic: float
    release: str
    count_every: int
    count_phase: int
    habit: int


@dataclass(frozen=True, slots=True)
class Supplier:
    """Who delivers to the retailer. Hidden: `slowness`, the log of its delays against the usual supplier's."""

    index: int
    id: str
    lead_days: float
    slowness: float
    joined: int


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who delivers to customers. Hidden: `fragility`, the log of its failures against the usual carrier's."""

    index: int
    id: str
    regions: frozenset[int]
    cost: float
    hours: float
    fragility: float
    joined: int


@dataclass(frozen=True, slots=True)
class Sku:
    """An article. Hidden: `demand` per day in a store of size 1 and `lumpiness` of that demand."""

    index: int
    id: str
    category: int
    price: float
    margin: float
    pattern: str
    demand: float
    lumpiness: float
    supplier: int
    others: tuple[int, ...]
    case_pack: int
    substitutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Customer:
    """Who buys. Hidden: `abusive`; `address` is how well the address can be found, which carriers guess at."""

    index: int
    id: str
    tier: CustomerTier
    tenure_days: int
    orders: int
    returns: int
    abusive: bool
    address: float


@dataclass(frozen=True, eq=False)
class World:
    """Every party of a seed. `drift[kind]` holds each party's slow waves: amplitude, period in days, phase."""

    seed: int
    nodes: tuple[Node, ...]
    suppliers: tuple[Supplier, ...]
    carriers: tuple[Carrier, ...]
    skus: tuple[Sku, ...]
    customers: tuple[tuple[Customer, ...], ...]
    abusers: tuple[tuple[Customer, ...], ...]
    supplied: tuple[tuple[int, ...], ...]
    shares: Floats
    drift: dict[str, Floats]

    @cached_property
    def regions(self) -> NDArray[np.int64]:
        """Each node's region, int64[node]."""
        return np.array([node.region for node in self.nodes], np.int64)

    def of_nodes(self, trait: Literal["size", "chronic", "inaccuracy", "count_every", "count_phase"]) -> Floats:
        """A numeric trait of every node, float64[node]."""
        return np.array([getattr(node, trait) for node in self.nodes], np.float64)


_FORMATS = Wheel({"high_street": 0.35, "mall": 0.3, "retail_park": 0.2, "flagship": 0.05, "express": 0.1})
_SIZE_OF = {"high_street": 0.9, "mall": 1.1, "retail_park": 1.3, "flagship": 2.6, "express": 0.5}
_RELEASES = Wheel({"7.2": 0.45, "7.4": 0.35, "6.9": 0.2})
_PATTERNS = Wheel({"steady": 0.45, "seasonal": 0.2, "promotional": 0.2, "intermittent": 0.15})
_MEDIAN_DEMAND = {"steady": 2.2, "seasonal": 1.8, "promotional": 1.6, "intermittent": 0.25}
_LUMPINESS = {"steady": 0.2, "seasonal": 0.22, "promotional": 0.3, "intermittent": 0.7}
_TIERS = Wheel({CustomerTier.NEW: 0.2, CustomerTier.STANDARD: 0.5, CustomerTier.LOYAL: 0.24, CustomerTier.KEY: 0.06})
_NEW_CARRIER = "greenwheel"
_CARRIER_NEWCOMER_SHARE, _RAMP_DAYS = 0.28, 28.0


@lru_cache(maxsize=2)
def build_world(seed: int, newcomers_on: int) -> World:
    """The world of a seed; a new carrier and a new supplier work from day `newcomers_on` (days since 1970) on."""
    dice = Dice(generator(seed, _WORLD))
    nodes = tuple(_nodes(dice))
    suppliers = tuple(_suppliers(dice, newcomers_on))
    carriers = tuple(_carriers(dice, newcomers_on))
    skus = tuple(_sku(dice, index) for index in range(SKUS))
    customers = tuple(tuple(_customers(dice, region)) for region in range(len(REGIONS)))
    return World(
        seed=seed,
        nodes=nodes,
        suppliers=suppliers,
        carriers=carriers,
        skus=skus,
        customers=customers,
        abusers=tuple(tuple(each for each in of_region if each.abusive) for of_region in customers),
        supplied=tuple(tuple(_supplied(skus, each)) for each in suppliers),
        shares=_shares(dice, nodes, carriers),
        drift=_drifts(seed, len(nodes), len(suppliers), len(carriers), len(skus)),
    )


def drift_at(waves: Floats, day: float) -> Floats:
    """Each party's slow change on this day: the sum of its waves, float64[parties], around 0."""
    turns = day / waves[..., 1] + waves[..., 2]
    change: Floats = (waves[..., 0] * np.sin(2.0 * np.pi * turns)).sum(axis=-1)
    return change


def supplier_of(world: World, sku: Sku, day: int) -> Supplier:
    """Who supplies the article on this day: the newcomer takes over one article in nine."""
    newcomer = world.suppliers[-1]
    return newcomer if _moves(sku) and day >= newcomer.joined else world.suppliers[sku.supplier]


def carrier_shares(world: World, day: int) -> Floats:
    """Share of each node's parcels that each carrier takes, float64[node, carrier]; the newcomer's grows."""
    ramp = min(1.0, max(0.0, (day - world.carriers[-1].joined) / _RAMP_DAYS))
    shares = world.shares.copy()
    shares[:, -1] *= _CARRIER_NEWCOMER_SHARE * ramp
    normalised: Floats = shares / shares.sum(axis=1, keepdims=True)
    return normalised


def _nodes(dice: Dice) -> list[Node]:
    places = [(region, False) for region, each in enumerate(REGIONS) for _ in range(each.stores)]
    places += [(region, True) for region in range(len(REGIONS)) for _ in range(CENTRES_PER_REGION)]
    return [_node(dice, index, region, centre) for index, (region, centre) in enumerate(places)]


def _node(dice: Dice, index: int, region: int, centre: bool) -> Node:
    shape = "centre" if centre else dice.spin(_FORMATS)
    name = f"dc-{REGIONS[region].id}-{index % CENTRES_PER_REGION + 1}" if centre else f"store-{index + 1:03}"
    return Node(
        index=index,
        id=name,
        kind=NodeKind.DISTRIBUTION_CENTRE if centre else NodeKind.STORE,
        region=region,
        zone=dice.pick(REGIONS[region].zones),
        format=shape,
        size=dice.spread(6.0 if centre else _SIZE_OF[shape], 0.25),
        inaccuracy=dice.spread(0.5 if centre else 1.0, 0.55),
        chronic=max(-0.05, dice.normal(0.0 if centre else 0.03, 0.06)),
        release=dice.spin(_RELEASES),
        count_every=dice.pick((7, 14, 28, 28, 56, 91)),
        count_phase=dice.below(91),
        habit=dice.below(5),
    )


def _suppliers(dice: Dice, newcomers_on: int) -> list[Supplier]:
    return [
        Supplier(
            index=index,
            id=f"supplier-{index + 1:03}",
            lead_days=round(dice.spread(6.0, 0.5), 1),
            slowness=0.7 if index == SUPPLIERS else dice.normal(0.0, 0.65),
            joined=newcomers_on if index == SUPPLIERS else 0,
        )
        for index in range(SUPPLIERS + 1)
    ]


def _carriers(dice: Dice, newcomers_on: int) -> list[Carrier]:
    names = [(name, frozenset({region})) for region, each in enumerate(REGIONS) for name in each.carriers]
    names.append((_NEW_CARRIER, frozenset(range(len(REGIONS)))))
    return [
        Carrier(
            index=index,
            id=name,
            regions=regions,
            cost=dice.uniform(4.0, 9.5),
            hours=dice.uniform(16.0, 60.0),
            fragility=0.8 if name == _NEW_CARRIER else dice.normal(0.0, 0.5),
            joined=newcomers_on if name == _NEW_CARRIER else 0,
        )
        for index, (name, regions) in enumerate(names)
    ]


def _sku(dice: Dice, index: int) -> Sku:
    category = index % len(CATEGORIES)
    pattern = dice.spin(_PATTERNS)
    price = dice.spread(CATEGORIES[category].price, 0.45)
    kin = [(index + step * len(CATEGORIES)) % SKUS for step in (1, 2, 3)]
    return Sku(
        index=index,
        id=f"https://id.gs1.org/01/{4_012_345_000_000 + index * 10:014}" if index % 17 == 0 else f"sku-{index + 1:05}",
        category=category,
        price=round(price, 2),
        margin=CATEGORIES[category].margin * dice.uniform(0.75, 1.25),
        pattern=pattern,
        demand=dice.spread(_MEDIAN_DEMAND[pattern], 0.6) * (30.0 / (30.0 + price)) ** 0.3,
        lumpiness=_LUMPINESS[pattern],
        supplier=dice.below(SUPPLIERS),
        others=tuple(dice.below(SUPPLIERS) for _ in range(dice.below(3))),
        case_pack=dice.pick((1, 4, 6, 6, 12, 24)),
        substitutes=tuple(kin[: dice.below(4)]),
    )


def _customers(dice: Dice, region: int) -> list[Customer]:
    return [_customer(dice, region, index) for index in range(CUSTOMERS_PER_REGION)]


def _customer(dice: Dice, region: int, index: int) -> Customer:
    tier = dice.spin(_TIERS)
    abusive = dice.chance(0.02)
    orders = 1 + dice.count({"new": 0.8, "standard": 5, "loyal": 14, "key": 26}[tier] * (1.6 if abusive else 1.0))
    returning = min(0.9, dice.spread(0.11, 0.7) * (2.4 if abusive else 1.0))
    return Customer(
        index=index,
        id=f"c-{REGIONS[region].id}-{index:05}",
        tier=tier,
        tenure_days=dice.below(45) if tier is CustomerTier.NEW else 45 + dice.count(dice.spread(500.0, 0.8)),
        orders=orders,
        returns=dice.count(orders * returning),
        abusive=abusive,
        address=1.0 / (1.0 + exp(-dice.normal(2.2, 1.1))),
    )


def _supplied(skus: tuple[Sku, ...], supplier: Supplier) -> list[int]:
    if supplier.joined:
        return [sku.index for sku in skus if _moves(sku)]
    return [sku.index for sku in skus if sku.supplier == supplier.index]


def _moves(sku: Sku) -> bool:
    return sku.index % 9 == 4


def _shares(dice: Dice, nodes: tuple[Node, ...], carriers: tuple[Carrier, ...]) -> Floats:
    rows = [[dice.spread(1.0, 0.5) if node.region in each.regions else 0.0 for each in carriers] for node in nodes]
    return np.asarray(rows)


def _drifts(seed: int, nodes: int, suppliers: int, carriers: int, skus: int) -> dict[str, Floats]:
    sizes = {"node": (nodes, 0.25), "supplier": (suppliers, 0.4), "carrier": (carriers, 0.35), "sku": (skus, 0.3)}
    return {kind: _waves(generator(seed, _WORLD, index), *sizes[kind]) for index, kind in enumerate(sizes, start=1)}


def _waves(source: np.random.Generator, parties: int, amplitude: float) -> Floats:
    shape = (parties, 2)
    waves = (source.normal(0.0, amplitude, shape), source.uniform(45.0, 320.0, shape), source.random(shape))
    return np.stack(waves, axis=-1)
