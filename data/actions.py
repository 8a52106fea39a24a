"""The catalogue of actions an orchestrator can execute, each with the schema of its parameters.

What an action touches and which systems it posts to are facts about the action; whether it is wise, allowed or
cheap is policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from data.record import Count, Identifier, Instant, Money, Record
from data.vocabulary import Control, System


class ActionId(StrEnum):
    """What the orchestrator can be told to do."""

    RESOURCE_FROM_NODE = "resource_from_node"
    CYCLE_COUNT_FIRST = "cycle_count_first"
    SUBSTITUTE_ITEM = "substitute_item"
    SHIP_AVAILABLE_NOW = "ship_available_now"
    CONSOLIDATE_SHIPMENT = "consolidate_shipment"
    CANCEL_LINE = "cancel_line"
    NOTIFY_DELAY = "notify_delay"
    EXPEDITE_SUPPLIER = "expedite_supplier"
    SWITCH_SUPPLIER = "switch_supplier"
    REASSIGN_CARRIER = "reassign_carrier"
    RETRY_HANDOFF = "retry_handoff"
    QUEUE_FOR_CARRIER = "queue_for_carrier"
    CONFIRM_ADDRESS = "confirm_address"
    PRIORITISE_PICK = "prioritise_pick"
    ADD_LABOUR = "add_labour"
    INSPECT_RETURN = "inspect_return"
    ACCEPT_RETURN = "accept_return"
    DECLINE_RETURN = "decline_return"
    HONOUR_LOWER_PRICE = "honour_lower_price"
    RESYNC_PRICES = "resync_prices"
    POST_REFUND_ADJUSTMENT = "post_refund_adjustment"
    RECONCILE_LEDGER = "reconcile_ledger"
    EXPEDITE_APPROVAL = "expedite_approval"
    RETRY_SYSTEM_SYNC = "retry_system_sync"
    REPLENISH = "replenish"
    INVESTIGATE = "investigate"


class NoParameters(Record):
    """The action needs nothing but the exception itself."""


class AtNode(Record):
    """Which article in which node."""

    node: Identifier
    sku: Identifier


class AtPlace(Record):
    """Which node."""

    node: Identifier


class OfLine(Record):
    """Which line of the order, and the amount refunded for it."""

    line_id: Identifier
    amount: Money | None = Field(None, ge=Decimal(0))


class WithSubstitute(Record):
    """Which line is served with which other article."""

    line_id: Identifier
    sku: Identifier


class WithSupplier(Record):
    """Which supplier, for which purchase order."""

    supplier: Identifier
    purchase_order: Identifier | None = None


class WithCarrier(Record):
    """Which carrier, with which service."""

    carrier: Identifier
    service: Identifier | None = None


class OfAmount(Record):
    """How much money moves, in the case's currency. Never negative: a gate on a large amount must see it as large."""

    amount: Money = Field(ge=Decimal(0))


class OfSystem(Record):
    """Which system is synchronised again."""

    system: System


class Replenishment(Record):
    """How many units to bring, from where if known, by when."""

    node: Identifier
    sku: Identifier
    quantity: Count
    from_node: Identifier | None = None
    needed_by: Instant | None = None


@dataclass(frozen=True)
class ActionSpec:
    """One entry of the catalogue.

    `parameters` is the schema of what the orchestrator receives; `controls` what a person may have to guard;
    `posts_to` the systems that must be usable to execute it; `says` the action in the words of a store manager.
    """

    id: ActionId
    says: str
    parameters: type[Record] = NoParameters
    controls: frozenset[Control] = frozenset()
    posts_to: frozenset[System] = frozenset()


def _spec(
    action: ActionId,
    says: str,
    parameters: type[Record] = NoParameters,
    controls: tuple[Control, ...] = (),
    posts_to: tuple[System, ...] = (),
) -> tuple[ActionId, ActionSpec]:
    return action, ActionSpec(action, says, parameters, frozenset(controls), frozenset(posts_to))


_MONEY, _STOCK, _CUSTOMER, _RULES = Control.FINANCIAL, Control.INVENTORY, Control.CUSTOMER, Control.COMPLIANCE
_A = ActionId

CATALOGUE: dict[ActionId, ActionSpec] = dict(
    [
        _spec(_A.RESOURCE_FROM_NODE, "fulfil from another node", AtNode, (_STOCK,), (System.OMS, System.WMS)),
        _spec(_A.CYCLE_COUNT_FIRST, "count the shelf before promising again", AtNode, (_STOCK,), (System.WMS,)),
        _spec(_A.SUBSTITUTE_ITEM, "offer a substitute", WithSubstitute, (_STOCK, _CUSTOMER), (System.OMS,)),
        _spec(_A.SHIP_AVAILABLE_NOW, "ship what is there now, the rest later", NoParameters, (_STOCK,), (System.OMS, System.WMS)),
        _spec(_A.CONSOLIDATE_SHIPMENT, "bring the order together and ship once", NoParameters, (_STOCK,), (System.OMS, System.WMS)),
        _spec(_A.CANCEL_LINE, "cancel the line and refund it", OfLine, (_MONEY, _CUSTOMER), (System.OMS, System.ERP, System.PAYMENTS)),
        _spec(_A.NOTIFY_DELAY, "tell the customer the new date", NoParameters, (_CUSTOMER,), (System.OMS,)),
        _spec(_A.EXPEDITE_SUPPLIER, "press the supplier and pay for speed", WithSupplier, (_MONEY,), (System.SUPPLIER_PORTAL,)),
        _spec(_A.SWITCH_SUPPLIER, "order from another supplier", WithSupplier, (_MONEY, _STOCK), (System.ERP, System.SUPPLIER_PORTAL)),
        _spec(_A.REASSIGN_CARRIER, "hand the parcel to another carrier", WithCarrier, (_MONEY,), (System.OMS,)),
        _spec(_A.RETRY_HANDOFF, "try the hand-off again", WithCarrier, (), (System.OMS, System.CARRIER)),
        _spec(_A.QUEUE_FOR_CARRIER, "keep the parcel until the carrier accepts again", WithCarrier, (), (System.OMS,)),
        _spec(_A.CONFIRM_ADDRESS, "ask the customer to confirm the address", NoParameters, (_CUSTOMER,), (System.OMS,)),
        _spec(_A.PRIORITISE_PICK, "pick this order next", AtPlace, (), (System.WMS,)),
        _spec(_A.ADD_LABOUR, "call in help for the node", AtPlace, (_MONEY,), ()),
        _spec(_A.INSPECT_RETURN, "inspect the goods before refunding", NoParameters, (_CUSTOMER,), (System.RETURNS,)),
        _spec(_A.ACCEPT_RETURN, "accept the return and refund", OfAmount, (_MONEY, _RULES), (System.RETURNS, System.ERP, System.PAYMENTS)),
        _spec(_A.DECLINE_RETURN, "decline the return", NoParameters, (_CUSTOMER, _RULES), (System.RETURNS,)),
        _spec(_A.HONOUR_LOWER_PRICE, "honour the lower price and refund the difference", OfAmount, (_MONEY,), (System.POS, System.ERP, System.PAYMENTS)),
        _spec(_A.RESYNC_PRICES, "publish the right price to every channel", NoParameters, (_RULES,), (System.PRICING,)),
        _spec(_A.POST_REFUND_ADJUSTMENT, "post the missing amount in the ledger", OfAmount, (_MONEY, _RULES), (System.ERP,)),
        _spec(_A.RECONCILE_LEDGER, "reconcile the refund by hand", NoParameters, (_MONEY, _RULES), (System.ERP,)),
        _spec(_A.EXPEDITE_APPROVAL, "put the approval before the next approver", NoParameters, (), ()),
        _spec(_A.RETRY_SYSTEM_SYNC, "run the synchronisation again", OfSystem, (), ()),
        _spec(_A.REPLENISH, "replenish the shelf", Replenishment, (_STOCK,), (System.WMS,)),
        _spec(_A.INVESTIGATE, "let a person find out what happened", NoParameters, (), ()),
    ]
)  # fmt: skip
"""Every action by id."""
