"""Promotions: asked for with a dossier, agreed to by another principal, undone in one call.

Training compares, this service decides: it verifies the challenger's files itself, holds the dossier against what is in
force now, and reads the verdict from the checks. What comes in force is recorded in the transaction that switches it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Connection

from data.promotion import (
    OUTCOMES,
    Approval,
    ComingInForce,
    Decided,
    Dossier,
    InForceNow,
    Lapse,
    Promotion,
    PromotionRequest,
    Promotions,
    PromotionState,
    Rollback,
    ToldLive,
)
from data.record import canonical, digest_of, instant_text, to_milliseconds
from models import files
from models.bundle import bring, open_bundle
from models.files import BundleError
from serving.errors import Fault, InvalidRequest, NotFound, OwnRequest, PromotionClosed, RecordAltered
from serving.identifiers import Clock, Randomness, uuid7
from serving.in_force import InForce, read_basis
from serving.models import grounds
from serving.models.learned import Made, made
from serving.models.settling import served_before
from serving.models.staging import Staging, cannot_write, gone_words
from serving.models.told_live import told_live
from serving.models.trust import Trust
from serving.security import Permission, Principal, refuse_without
from serving.store import audit, coming, documents, promotion_consistency, promotions
from serving.store.engine import Database

LISTED = 50


class PromotionService:
    """Decides which bundle serves, and records who and why."""

    def __init__(
        self,
        database: Database,
        in_force: InForce,
        folder: Path,
        clock: Clock,
        randomness: Randomness,
        trust: Trust,
    ) -> None:
        self._database = database
        self._in_force = in_force
        self._folder = folder
        self._trust = trust
        self._clock = clock
        self._randomness = randomness
        self._turn = threading.Lock()
        self._log = structlog.get_logger("fairlead.promotions")
        self.staging = Staging(folder)

    def now(self) -> InForceNow:
        """The bundle in force, since when and why, and where a rollback would lead."""
        basis = self._in_force.basis
        models = {task.value: each.version for task, each in basis.bundle.models.items()} if basis.bundle else {}
        with self._database.read() as connection:
            altered = promotion_consistency.record_fault(connection) or None
            bare = InForceNow(bundle=basis.predictors.digest, models=models, altered=altered)
            try:
                return bare.model_copy(update=_how_it_came(connection, bare.bundle))
            except RecordAltered as unreadable:
                return bare.model_copy(update={"altered": altered or unreadable.detail})

    def listing(self) -> Promotions:
        """The newest promotions."""
        with self._database.read() as connection:
            newest, unreadable = promotions.newest(connection, LISTED)
            items = tuple(self._as_it_stands(connection, each) for each in newest)
            return Promotions(items=items, unreadable=unreadable)

    def get(self, promotion_id: str) -> Promotion:
        """The promotion of this id. Raises NotFound."""
        with self._database.read() as connection:
            return self._as_it_stands(connection, _found(connection, promotion_id))

    def shown(self, promotion_id: str) -> Promotion:
        """The promotion of this id, with how many live cases tell what is attested. Raises NotFound."""
        promotion = self.get(promotion_id)
        try:
            live = self.told_live(Dossier.model_validate_json(self.dossier(promotion_id)))
        except documents.DocumentAltered:
            return promotion
        return promotion.model_copy(update={"told_live": live or None})

    def made(self, bundle: str) -> Made | None:
        """When a bundle was made and from what its models learned; None where its manifest is here no more."""
        return made((self._folder, self.staging.folder), bundle)

    def altered(self, promotion: Promotion) -> str:
        """Why nobody may trust what stands of a promotion; empty where it is what the audit chain kept of it."""
        with self._database.read() as connection:
            return self._as_it_stands(connection, promotion).altered or ""

    def dossier(self, promotion_id: str) -> bytes:
        """Its dossier as canonical JSON. Raises NotFound."""
        with self._database.read() as connection:
            return promotions.dossier_of(connection, _found(connection, promotion_id))

    def told_live(self, dossier: Dossier) -> tuple[ToldLive, ...]:
        """How many of the newest cases tell what whoever asks answers for."""
        with self._database.read() as connection:
            return told_live(connection, (each.name for each in dossier.attested if each.name != OUTCOMES))

    def file(self, digest: str) -> bytes:
        """A model file or a manifest that is kept here, by its digest. Raises NotFound."""
        for folder in (self._folder, self.staging.folder):
            for read in (files.manifest_of, _file):
                with contextlib.suppress(BundleError):
                    return read(folder, digest)
        raise NotFound(
            "No bundle that serves, served or waits here has a file of this digest: what was sent for a promotion goes "
            "once nobody can agree to it."
        )

    def propose(self, principal: Principal, request: PromotionRequest) -> Promotion:
        """Record a promotion with what its checks made of it; one that is refused waits for nobody.

        Raises:
            PromotionClosed: the dossier compares with another bundle than the one in force, or this one with itself, or
                one waits already.
            InvalidRequest: the challenger's files are not here, or the dossier lacks checks.
        """
        with self._turn:
            promotion = self._propose(principal, request)
            if promotion.state is PromotionState.REFUSED:
                self._tidy()
            return promotion

    def _propose(self, principal: Principal, request: PromotionRequest) -> Promotion:
        dossier = request.dossier
        grounds.refuse_acting_texts(dossier)
        self._refuse_other_champion(dossier.champion)
        if dossier.challenger == dossier.champion:
            raise PromotionClosed("The challenger is the bundle in force already: there is nothing to promote.")
        bundle = self.staging.bundle(dossier.challenger)
        if missing := [task for task in bundle.models if task not in (*dossier.tasks, *dossier.new_tasks)]:
            raise _incomplete(f"a comparison of every task of the challenger, {', '.join(missing)} too")
        if not dossier.refusals and dossier.unmade:
            raise _incomplete(f"every check, these too: {', '.join(dossier.unmade[:8])}")
        now = to_milliseconds(self._clock())
        if not dossier.refusals:
            self._refuse_other_grounds(dossier, now)
        promotion = Promotion(
            promotion_id=uuid7(now, self._randomness),
            state=PromotionState.REFUSED if dossier.refusals else PromotionState.PROPOSED,
            challenger=dossier.challenger,
            champion=dossier.champion,
            requested_by=principal.name,
            requested_at=now,
            reason=request.reason,
            dossier=digest_of(dossier),
            refusals=promotions.refusals_of(dossier),
        )
        with self._database.write() as connection:
            if waiting := promotions.waiting_for(connection, dossier.challenger):
                raise _waits_already(waiting, self.staging.holds(waiting.challenger))
            promotions.add(connection, promotion, dossier)
            self._leaf(connection, "promotion", promotion.promotion_id, principal, canonical(promotion))
        return promotion

    def decide(self, principal: Principal, promotion_id: str, approval: Approval) -> Promotion:
        """Agree or not. Agreeing publishes the challenger: the next answer is its. Whoever asked may only withdraw it.

        Raises NotFound; OwnRequest for whoever asked and agrees; NotPermitted for others who may not; PromotionClosed
        where nothing is left to decide or the bundle in force is another by now; InvalidRequest where the files were
        altered since; StoreUnavailable where the disk cannot take them. In each case the bundle before serves on.
        """
        with self._turn:
            promotion = self.get(promotion_id)
            _refuse(principal, promotion, approval.verdict)
            self._refuse_altered(promotion, approval.verdict)
            decided = Decided(
                verdict=approval.verdict, by=principal.name, at=to_milliseconds(self._clock()), reason=approval.reason
            )
            if approval.verdict == "approve":
                self._publish(principal, promotion, decided)
            else:
                with self._database.write() as connection:
                    self._record(connection, principal, promotion, decided)
            self._tidy()
            return self.get(promotion_id)

    def roll_back(self, principal: Principal, rollback: Rollback) -> InForceNow:
        """Return to the bundle that was in force before. Raises PromotionClosed where there is none, or it is gone."""
        with self._turn:
            with self._database.read() as connection:
                last = coming.last(connection)
                if last is None or last.before is None or last.bundle != self._in_force.predictors.digest:
                    raise PromotionClosed("No promotion brought the bundle in force: there is nothing to return to.")
                if why := promotion_consistency.order_fault(connection):
                    raise PromotionClosed(f"The record was altered ({why}): fairlead doctor says what else was.")
                before = coming.before(connection, last)
                assert before is not None, "whose place the last row names"
            self._verify(before.bundle)

            def record(connection: Connection) -> None:
                now = to_milliseconds(self._clock())
                coming.come(
                    connection,
                    before.bundle,
                    ComingInForce.ROLLBACK,
                    before.before,
                    principal.name,
                    now,
                    rollback.reason,
                )
                told = {"from": last.bundle, "to": before.bundle, "reason": rollback.reason, "at": instant_text(now)}
                self._leaf(connection, "rollback", last.promotion_id or "", principal, canonical(told))

            self._switch(before.bundle, record)
            self._tidy()
        return self.now()

    def clear_staging(self) -> None:
        """Remove what nobody can agree to any more, and what was sent and never asked for: nobody sends at a start."""
        with self._turn, self._leftovers_told():
            self.staging.keep_only(self._open())

    def _tidy(self) -> None:
        """Remove what was sent for promotions that are decided on, refused, or superseded by another champion."""
        with self._leftovers_told():
            waiting = self._open()
            with self._database.read() as connection:
                asked = promotions.challengers(connection)
            self.staging.dismiss(asked - waiting, waiting)

    def _open(self) -> set[str]:
        with self._database.read() as connection:
            return promotions.open_against(connection, self._in_force.predictors.digest or "")

    @contextlib.contextmanager
    def _leftovers_told(self) -> Iterator[None]:
        """A file that stays costs room only: it changes no answer, and the next decision or start tries again."""
        try:
            yield
        except OSError as error:
            self._log.warning("staged_files_stay", folder=str(self.staging.folder), why=error.strerror)

    def _publish(self, principal: Principal, promotion: Promotion, decided: Decided) -> None:
        self._refuse_other_champion(promotion.champion)
        if self.staging.gone(promotion.challenger):
            raise PromotionClosed(gone_words("The challenger's", promotion.requested_by))
        self.staging.bundle(promotion.challenger)
        try:
            bring(self.staging.folder, promotion.challenger, self._folder)
        except BundleError as error:
            raise InvalidRequest("The challenger's files were altered since: ask for another promotion.") from error
        except OSError as error:
            raise cannot_write(error) from error

        def record(connection: Connection) -> None:
            self._record(connection, principal, promotion, decided)
            before = self._trust.found(connection, promotion.champion, "service", decided.at, coming.REPLACED)
            coming.come(
                connection,
                promotion.challenger,
                ComingInForce.PROMOTION,
                before,
                principal.name,
                decided.at,
                decided.reason,
                promotion.promotion_id,
            )

        self._switch(promotion.challenger, record)

    def _switch(self, digest: str, record: Callable[[Connection], None]) -> None:
        """Sign, record and switch together: the manifest is replaced last, all is undone where one of them fails."""
        manifest = files.manifest_of(self._folder, digest)
        with self._in_force.changing:
            with self._signed(digest), _put_back(self._folder), self._database.write() as connection:
                record(connection)
                self._trust.record(connection, digest, to_milliseconds(self._clock()))
                files.put_in_force(self._folder, manifest)
            before = served_before(self._database, digest)
            self._in_force.replace(read_basis(self._folder, self._in_force.policy, before, check=self._trust.check))

    @contextlib.contextmanager
    def _signed(self, digest: str) -> Iterator[None]:
        try:
            with self._trust.signing(digest):
                yield
        except OSError as error:
            raise cannot_write(error) from error

    def _verify(self, digest: str) -> None:
        try:
            problems = open_bundle(self._folder, digest, self._trust.check).problems
        except BundleError:
            problems = {}
            raise PromotionClosed("The bundle before is not in the folder any more, or was altered.") from None
        if problems:
            told = ", ".join(task.value for task in problems)
            raise PromotionClosed(f"The bundle before cannot be read any more, in these tasks: {told}.")

    def _record(self, connection: Connection, principal: Principal, promotion: Promotion, decided: Decided) -> None:
        _refuse(principal, _found(connection, promotion.promotion_id), decided.verdict)
        promotions.decide(connection, promotion, decided)
        told = {"promotion": promotion.promotion_id, "dossier": promotion.dossier, **decided.model_dump(mode="json")}
        kind = "promotion_withdrawal" if principal.name == promotion.requested_by else "promotion_decision"
        self._leaf(connection, kind, promotion.promotion_id, principal, canonical(told))

    def _as_it_stands(self, connection: Connection, promotion: Promotion) -> Promotion:
        """With what of it is not as the audit chain tells, and why nobody can agree to it now."""
        why = promotion_consistency.fault_of(connection, promotion)
        told = f"What stands of this promotion is not what the audit chain kept of it ({why}): nobody can agree to it. "
        altered = f"{told}fairlead doctor says what else was altered." if why else None
        return promotion.model_copy(update={"altered": altered, "lapsed": self._lapsed(promotion)})

    def _lapsed(self, promotion: Promotion) -> Lapse | None:
        if promotion.state is not PromotionState.PROPOSED:
            return None
        if promotion.champion != self._in_force.predictors.digest:
            return Lapse.OTHER_CHAMPION
        return None if self.staging.holds(promotion.challenger) else Lapse.FILES_GONE

    def _refuse_altered(self, promotion: Promotion, verdict: str) -> None:
        """Nobody agrees to a promotion of which the database says something else than when it was asked for."""
        why = self.altered(promotion)
        if why and verdict == "approve":
            raise PromotionClosed(why)

    def _leaf(self, connection: Connection, kind: str, subject: str, principal: Principal, content: bytes) -> None:
        now = to_milliseconds(self._clock())
        audit.append(connection, kind, subject, principal.name, now, documents.put(connection, content))

    def _refuse_other_grounds(self, dossier: Dossier, now: datetime) -> None:
        champion, challenger = self.made(dossier.champion), self.made(dossier.challenger)
        bundle = self._in_force.basis.bundle
        serving = bundle.models if bundle else ()
        found = [*grounds.faults(dossier, champion, challenger, serving, now)]
        if found:
            raise InvalidRequest("Such a comparison tells nothing: make it with fairlead promote.", faults=found)

    def _refuse_other_champion(self, champion: str) -> None:
        """The comparison must be with what serves, and what serves must be what the folder has in force."""
        if champion != self._in_force.predictors.digest:
            raise PromotionClosed("The dossier compares with another bundle than the one in force: compare again.")
        if self._trust.in_force() != champion:
            raise PromotionClosed(
                "The bundle folder holds another bundle than the one that serves: fairlead doctor says what to do."
            )


@contextlib.contextmanager
def _put_back(folder: Path) -> Iterator[None]:
    """What was in force before, again in force where anything fails."""
    before = files.manifest_in_force(folder)
    try:
        yield
    except BaseException:
        if files.manifest_in_force(folder) != before:
            files.put_in_force(folder, before)
        raise


def _file(folder: Path, digest: str) -> bytes:
    return files.fetch(folder, digest, "the file")


def _found(connection: Connection, promotion_id: str) -> Promotion:
    found = promotions.get(connection, promotion_id)
    if found is None:
        raise NotFound("No promotion has this id.")
    return found


def _how_it_came(connection: Connection, bundle: str | None) -> dict[str, Any]:
    """What the record tells of the bundle in force; nothing where it tells of another. Raises RecordAltered."""
    last = coming.last(connection)
    if last is None or last.bundle != bundle:
        return {}
    before = coming.before(connection, last)
    asked = promotions.get(connection, last.promotion_id) if last.promotion_id else None
    told = {
        "came": last.came,
        "since": last.at,
        "by": last.principal,
        "reason": last.reason,
        "promotion_id": last.promotion_id,
        "rollback_to": before.bundle if before else None,
    }
    return told | (_agreed(asked) if asked else {})


def _agreed(promotion: Promotion) -> dict[str, str]:
    """The reason of whoever agreed, and who had asked, from the promotion itself.

    Stores of before kept the reason of the one beside the name of the other.
    """
    asked = {"requested_by": promotion.requested_by, "requested_because": promotion.reason}
    return asked | ({"reason": promotion.decided.reason} if promotion.decided else {})


def _waits_already(waiting: Promotion, sent: bool) -> PromotionClosed:
    here = " Its files are here, those sent now too." if sent else ""
    return PromotionClosed(
        f"A promotion of this bundle waits already, {waiting.promotion_id}: a model owner agrees to it or not, and "
        f"{waiting.requested_by}, who asked for it, may withdraw it.{here}",
        promotion_id=waiting.promotion_id,
    )


def _refuse(principal: Principal, promotion: Promotion, verdict: str) -> None:
    """Say why this principal cannot decide so now: whoever asked never agrees, and may always take it back."""
    asked = principal.name == promotion.requested_by
    if verdict == "approve" or not asked:
        refuse_without(Permission.APPROVE, principal)
    if verdict == "approve" and asked:
        raise OwnRequest(
            "The principal that asked for the promotion cannot agree to it: another person must. "
            "It may withdraw it by the verdict reject."
        )
    if promotion.state is not PromotionState.PROPOSED:
        raise PromotionClosed(f"The promotion is {promotion.state.value}: nothing is left to decide.")


def _incomplete(expected: str) -> InvalidRequest:
    fault = Fault("/dossier/checks", expected)
    return InvalidRequest("The dossier is incomplete: make it with fairlead promote.", faults=[fault])
