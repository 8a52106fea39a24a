"""What people and systems write about an exception: phrases per type and per cause, in the words of each language."""

from __future__ import annotations

from data.vocabulary import ExceptionType, RootCause

_T, _C = ExceptionType, RootCause

OF_TYPE: dict[str, dict[ExceptionType, tuple[str, ...]]] = {
    "en": {
        _T.SPLIT_SHIPMENT: (
            "order would leave in several parcels",
            "allocation spread over two nodes",
            "only part of the order can ship from here",
            "second shipment created for the rest",
        ),
        _T.UNAVAILABLE_INVENTORY: (
            "item not found in location",
            "short pick, nothing left on shelf",
            "allocation failed for line 1",
            "only part of the order can be picked",
            "no stock for reserved line",
        ),
        _T.DELAYED_SUPPLIER_CONFIRMATION: (
            "purchase order still without confirmation",
            "supplier did not answer",
            "replenishment order not confirmed",
            "no stock expected, confirmation overdue",
        ),
        _T.SUSPICIOUS_RETURN: (
            "return flagged at the desk",
            "refund stopped, please check the goods",
            "customer returns again",
            "return does not match the sale",
        ),
        _T.PRICING_MISMATCH: (
            "price at till differs from online",
            "customer was charged another price",
            "shelf label and till do not agree",
            "amount does not match",
        ),
        _T.FAILED_DELIVERY_HANDOFF: (
            "hand-off to carrier failed",
            "parcel not accepted",
            "pickup by carrier did not happen",
            "delivery attempt failed",
            "parcel still in the store",
        ),
        _T.LATE_PICKUP_READINESS: (
            "order not ready for collection",
            "pick task overdue",
            "customer waits at the counter",
            "collection promised, parcel still in the store",
        ),
        _T.REFUND_RECONCILIATION_GAP: (
            "refund and ledger do not agree",
            "amount does not match",
            "refund settled but not posted",
            "refund stopped in the ledger",
        ),
    },
    "de": {
        _T.SPLIT_SHIPMENT: ("Auftrag geht in mehreren Paketen raus", "Teilmenge nur aus anderer Filiale"),
        _T.UNAVAILABLE_INVENTORY: ("Artikel nicht auffindbar", "Bestand fehlt am Platz", "Teilmenge fehlt"),
        _T.DELAYED_SUPPLIER_CONFIRMATION: ("Bestellung nicht bestätigt", "Lieferant antwortet nicht"),
        _T.SUSPICIOUS_RETURN: ("Retoure auffällig", "Erstattung gestoppt, Ware prüfen"),
        _T.PRICING_MISMATCH: ("Preis an der Kasse weicht ab", "Betrag stimmt nicht"),
        _T.FAILED_DELIVERY_HANDOFF: ("Übergabe an Paketdienst fehlgeschlagen", "Paket liegt noch in der Filiale"),
        _T.LATE_PICKUP_READINESS: (
            "Abholung nicht bereit",
            "Paket liegt noch in der Filiale",
            "Pickauftrag überfällig",
        ),
        _T.REFUND_RECONCILIATION_GAP: ("Erstattung nicht gebucht", "Betrag stimmt nicht"),
    },
    "fr": {
        _T.SPLIT_SHIPMENT: ("commande en plusieurs colis", "une partie seulement part d'ici"),
        _T.UNAVAILABLE_INVENTORY: ("article introuvable", "stock manquant en rayon"),
        _T.DELAYED_SUPPLIER_CONFIRMATION: ("commande non confirmée", "le fournisseur ne répond pas"),
        _T.SUSPICIOUS_RETURN: ("retour suspect", "remboursement bloqué, vérifier"),
        _T.PRICING_MISMATCH: ("prix différent en caisse", "le montant ne correspond pas"),
        _T.FAILED_DELIVERY_HANDOFF: ("remise au transporteur impossible", "colis encore au magasin"),
        _T.LATE_PICKUP_READINESS: ("retrait pas prêt", "colis encore au magasin"),
        _T.REFUND_RECONCILIATION_GAP: ("remboursement non comptabilisé", "le montant ne correspond pas"),
    },
    "es": {
        _T.SPLIT_SHIPMENT: ("pedido en varios envíos", "solo parte del pedido sale de aquí"),
        _T.UNAVAILABLE_INVENTORY: ("artículo no encontrado", "sin existencias en tienda"),
        _T.DELAYED_SUPPLIER_CONFIRMATION: ("pedido sin confirmar", "el proveedor no responde"),
        _T.SUSPICIOUS_RETURN: ("devolución sospechosa", "reembolso detenido, revisar"),
        _T.PRICING_MISMATCH: ("precio distinto en caja", "el importe no coincide"),
        _T.FAILED_DELIVERY_HANDOFF: ("entrega al transportista fallida", "paquete sigue en tienda"),
        _T.LATE_PICKUP_READINESS: ("recogida no preparada", "paquete sigue en tienda"),
        _T.REFUND_RECONCILIATION_GAP: ("reembolso sin contabilizar", "el importe no coincide"),
    },
}
"""Phrases shared by several types stand under each of them."""

OF_CAUSE: dict[RootCause, tuple[str, ...]] = {
    _C.INVENTORY_MISMATCH: ("system says stock is there", "count is wrong again", "checked twice"),
    _C.LABOR_SHORTAGE: ("two people missing today", "nobody free", "we are behind", "long queue"),
    _C.SYSTEM_LATENCY: ("screen hangs", "timeout", "no response from host", "sync pending"),
    _C.APPROVAL_BOTTLENECK: ("waits for approval", "sent to finance", "pending since yesterday"),
    _C.SUPPLIER_DELAY: ("supplier says next week", "lorry late", "backorder", "pending since yesterday"),
    _C.CARRIER_FAILURE: ("driver did not come", "label rejected", "depot closed", "no response from host"),
    _C.DEMAND_SURGE: ("very busy", "sold out by noon", "long queue", "many orders"),
    _C.PRICE_SYNC_ERROR: ("promo not loaded", "old price in file", "sync pending"),
    _C.FRAUD_PATTERN: ("same person as last week", "no receipt", "box feels light"),
    _C.ADDRESS_PROBLEM: ("address incomplete", "nobody at this number", "customer unknown there"),
}

ANYTHING = (
    "please check",
    "see ticket",
    "step failed",
    "exception raised by workflow",
    "needs attention",
    "customer called",
    "task overdue",
    "error in process",
    "unable to continue",
)
"""Phrases that tell nothing."""

CODES: dict[ExceptionType, dict[str, float]] = {
    _T.SPLIT_SHIPMENT: {
        "CAR-9010": 0.5,
        "SUP-1100": 0.3,
        "OMS-4102": 3,
        "OMS-4110": 2,
        "WMS-2010": 1.5,
        "OMS-4300": 1,
        "GEN-900": 1,
    },
    _T.UNAVAILABLE_INVENTORY: {
        "SUP-1100": 0.4,
        "OMS-4102": 3,
        "WMS-2010": 3,
        "WMS-2014": 1.5,
        "POS-3300": 0.7,
        "OMS-4300": 0.7,
        "GEN-900": 1,
    },
    _T.DELAYED_SUPPLIER_CONFIRMATION: {"ERP-7200": 3, "SUP-1100": 1.5, "OMS-4300": 1, "OMS-4102": 0.8, "GEN-900": 1},
    _T.SUSPICIOUS_RETURN: {"ERP-7310": 0.6, "RET-5100": 2.5, "POS-3410": 2, "PAY-6200": 1, "GEN-900": 1},
    _T.PRICING_MISMATCH: {"PRC-8000": 2.5, "POS-3300": 1.5, "POS-3410": 1.5, "PAY-6200": 0.8, "GEN-900": 0.8},
    _T.FAILED_DELIVERY_HANDOFF: {"CAR-9010": 2.7, "WMS-2200": 1.5, "OMS-4300": 1.5, "OMS-4110": 0.6, "GEN-900": 1},
    _T.LATE_PICKUP_READINESS: {
        "CAR-9010": 0.6,
        "WMS-2014": 0.6,
        "WMS-2200": 3,
        "OMS-4300": 2,
        "WMS-2010": 1,
        "POS-3300": 0.5,
        "GEN-900": 1,
    },
    _T.REFUND_RECONCILIATION_GAP: {
        "PRC-8000": 0.5,
        "PAY-6200": 3,
        "ERP-7310": 1.5,
        "ERP-7200": 1.2,
        "RET-5100": 0.8,
        "POS-3410": 0.6,
        "GEN-900": 1,
    },
}
"""The source systems' codes with weights; most stand for several types."""

SOURCE_OF_CODE = {
    "OMS": "oms",
    "WMS": "wms",
    "POS": "pos",
    "ERP": "erp",
    "RET": "returns",
    "PAY": "payments",
    "PRC": "pricing",
    "CAR": "carriers",
    "SUP": "suppliers",
    "GEN": "oms",
}
"""Which system uses a code's prefix; sources are named `oms-eu` and the like."""
