"""What serves after a start: what people put in force, whatever a crash left in the folder."""

from __future__ import annotations

import contextlib
from pathlib import Path

from models import files
from models.files import BundleError
from serving.models.trust import Trust
from serving.store import coming, promotions
from serving.store.engine import Database


def served_before(database: Database, digest: str) -> str | None:
    """The bundle that the one in force replaced: never one that was rolled back. None where no promotion tells."""
    with database.read() as connection:
        lineage = coming.lineage(connection)
    return lineage[1] if lineage[:1] == [digest] and len(lineage) > 1 else None


def settle(database: Database, folder: Path, trust: Trust) -> str | None:
    """The bundle that served before the one in force, after undoing a switch that was not recorded.

    A crash between the switch and its record leaves a bundle in force that nobody agreed to.
    """
    champion = _unrecorded(database, trust)
    if champion is not None:
        with contextlib.suppress(BundleError):
            files.put_in_force(folder, files.manifest_of(folder, champion))
    return _before(database, trust)


def as_recorded(database: Database, trust: Trust) -> tuple[str | None, str | None]:
    """What `settle` returns, and the bundle to read in place of the one in force where a switch was not recorded.

    It changes nothing: whoever looks may look in the very moment of a promotion.
    """
    champion = _unrecorded(database, trust)
    return (served_before(database, champion) if champion else _before(database, trust)), champion


def _unrecorded(database: Database, trust: Trust) -> str | None:
    """The champion that must serve on where a challenger is in force and nobody's agreement recorded."""
    there = trust.in_force()
    if there is None:
        return None
    with database.read() as connection:
        return promotions.champion_of_waiting(connection, there)


def _before(database: Database, trust: Trust) -> str | None:
    """The bundle before the one in force.

    Where that one may not answer, the last one that people put in force and that may: the newest may have been rolled
    back.
    """
    there = trust.in_force()
    if there is not None and trust.allows(there):
        return served_before(database, there)
    return trust.last_good()
