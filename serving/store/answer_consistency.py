"""Whether the rows of recommendations still say what their answers and cases say, whose digests the audit chain covers.

A row repeats what is looked for: when an answer was given, by which bundle, to which event. The answer's receipt names
what it was made from.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, select, type_coerce
from sqlalchemy.types import NullType

from serving.store.documents import expanded
from serving.store.instants import to_number
from serving.store.rows import ODD
from serving.store.tables import documents, recommendations

AT_ONCE = 1_000
"""Rows fetched at once, each with its answer and its case."""
REPEATED = ("recommendation_id", "exception_id")
MADE_FROM = ("input", "standing", "features", "bundle", "policy")
"""What the receipt names and the row names too."""


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, in one sentence; nothing where all agree."""
    if unlike := altered(connection):
        yield f"{len(unlike)} recommendation rows are not as their answers tell of them, such as {min(unlike)}"


def altered(connection: Connection) -> set[str]:
    """The recommendations whose row says something else than its answer and its case.

    Where one of these is gone or altered itself, nothing can be said: that is found among the documents.
    """
    answers, cases = documents.alias("answers"), documents.alias("cases")
    joined: Select[*tuple[Any, ...]] = (
        select(*recommendations.c, _as_kept(answers).label("told"), _as_kept(cases).label("of"))
        .join(answers, answers.c.digest == recommendations.c.answer)
        .join(cases, cases.c.digest == recommendations.c.input)
    )
    found: set[str] = set()
    for row in connection.execute(joined).yield_per(AT_ONCE):
        with contextlib.suppress(*ODD):
            told, case = json.loads(expanded(row.told) or b""), json.loads(expanded(row.of) or b"")
            if _said(told, case) != {name: row._mapping[name] for name in _said(told, case)}:
                found.add(str(row.recommendation_id))
    return found


def _as_kept(documents: FromClause) -> ColumnElement[Any]:
    return type_coerce(documents.c.content, NullType())


def _said(told: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    """The columns of the row, as the answer and the case say them."""
    event, receipt = told["event"], told["receipt"]
    return {
        **{name: told[name] for name in REPEATED},
        **{name: receipt.get(name) for name in MADE_FROM},
        "source": event["source"],
        "event_id": event["id"],
        "event_time": to_number(datetime.fromisoformat(case["event"]["time"])),
        "issued_at": to_number(datetime.fromisoformat(told["issued_at"])),
    }
