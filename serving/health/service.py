"""Whether answers can be recorded, who serves each prediction, and whether the files are still those verified."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from data.prediction import Predictors
from data.review import ReviewState
from data.vocabulary import ServedBy, Task
from models import files
from models.bundle import Bundle
from models.files import BundleError
from serving.errors import StoreUnavailable
from serving.health.schemas import Ready, Step
from serving.in_force import Basis, InForce
from serving.models.trust import Trust
from serving.store import audit, decisions, promotion_consistency
from serving.store.engine import Database, wal_reset_warning

MANIFEST = "manifest"
"""The name of the file that says which bundle is in force."""

RESTART = "The bundle folder holds more than could be read when this service began: restart it, and that answers too."


class HealthService:
    """Looks after what the service stands on."""

    def __init__(self, database: Database, in_force: InForce, trust: Trust) -> None:
        self._database = database
        self._in_force = in_force
        self._trust = trust

    def ready(self) -> Ready:
        """What is in force; every model file is read and verified again."""
        writable, leaves = self._store()
        warnings = (wal_reset_warning(), self.not_trusted(), self._record_fault(), self._whole_again())
        return Ready(
            ready=writable,
            store="writable" if writable else "unavailable",
            bundle=self._in_force.predictors.digest,
            policy=self._in_force.policy.digest,
            policy_version=self._in_force.policy.version,
            ladder=tuple(ladder_steps(self._in_force.predictors)),
            altered=self.altered(),
            warnings=tuple(each for each in warnings if each),
            audit_leaves=leaves,
        )

    def altered(self) -> tuple[str, ...]:
        """The names of the bundle's files that are not as they were verified; never their paths."""
        basis = self._in_force.basis
        found = tuple(altered_files(basis.answering)) if basis.answering else ()
        return tuple(each for each in found if each != MANIFEST or not self._changed_since(basis))

    def not_trusted(self) -> str:
        """Why the bundle that the folder has in force may not answer, and what to do; empty where it may."""
        basis, found = self._in_force.basis, ""
        with contextlib.suppress(StoreUnavailable):
            found = self._trust.refusal()
        return "" if self._changed_since(basis) else found

    def _whole_again(self) -> str:
        """That only a restart is missing: what was read at the start lacked something that is there now."""
        basis = self._in_force.basis
        if basis.bundle is not None and not basis.bundle.unread:
            return ""
        with contextlib.suppress(StoreUnavailable):
            now = self._trust.opened()
            more = now is not None and (basis.bundle is None or now.unread < basis.bundle.unread)
            return RESTART if more and not self._changed_since(basis) else ""
        return ""

    def _record_fault(self) -> str:
        """What somebody altered of the record of what came in force; empty where nothing shows."""
        with contextlib.suppress(StoreUnavailable), self._database.read() as connection:
            return promotion_consistency.record_fault(connection)
        return ""

    def _changed_since(self, basis: Basis) -> bool:
        """Whether a promotion changes the folder, or has changed it since this basis was taken."""
        return self._in_force.changing.locked() or self._in_force.basis is not basis

    def open_reviews(self) -> int:
        """How many recommendations wait for a person."""
        with self._database.read() as connection:
            return decisions.count(connection, ReviewState.OPEN)

    def _store(self) -> tuple[bool, int]:
        try:
            self._database.probe()
            with self._database.read() as connection:
                return True, audit.count(connection)
        except StoreUnavailable:
            return False, 0


def altered_files(bundle: Bundle) -> Iterator[str]:
    """What the bundle folder no longer holds as it was published, by name.

    The manifest is altered where the one in force is not this bundle's: a promotion alone may change that.
    """
    if not _is_in_force(bundle):
        yield MANIFEST
    for what, digest in bundle.named.items():
        try:
            files.fetch(bundle.folder, digest, what)
        except BundleError:
            yield what


def _is_in_force(bundle: Bundle) -> bool:
    try:
        return files.manifest_in_force(bundle.folder) == files.manifest_of(bundle.folder, bundle.digest)
    except (BundleError, OSError):
        return False


def ladder_steps(predictors: Predictors) -> Iterator[Step]:
    """Per task the highest step that can serve; the rules always can be asked."""
    for task in Task:
        rungs = predictors.ladder(task)
        serving = next((rung for rung in rungs if rung.predictor is not None), None)
        reason = next((rung.reason for rung in rungs if rung.predictor is None), None)
        if serving is None or serving.predictor is None:
            yield Step(task=task, served_by=ServedBy.RULES, reason=reason or "model_unavailable")
        else:
            yield Step(task=task, served_by=serving.served_by, version=serving.predictor.version, reason=reason)
