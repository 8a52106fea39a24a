"""Which bundles may answer: those that this service signed when they came in force, and none that came otherwise.

Whoever can write the bundle folder can make every digest in it fit. They have no key, and they cannot write the store,
which knows what was signed and what came in force last.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from data.promotion import ComingInForce
from data.record import canonical, digest_of
from models import files
from models.bundle import Bundle, open_bundle
from models.bundle_signature import check_signature, sign, statement
from models.files import BundleError
from models.signed_note import SigningKey
from serving.command_words import DOCTOR
from serving.store import audit, coming, decisions, documents, promotion_consistency
from serving.store.engine import Database

MEND = f"Put back what served before, or, if you vouch for this one, sign it: {DOCTOR} says how."


class NotTrusted(BundleError):
    """A bundle may not answer, whole as its files may be. Says why and what to do, and names no path."""


class Trust:
    """Signs bundles and checks signatures, with what the store knows of them.

    Without a store nothing is known of earlier bundles; without a key nothing was signed yet.
    """

    def __init__(self, database: Database | None, folder: Path, key: SigningKey | None) -> None:
        self._database = database
        self._folder = folder
        self._key = key
        self.begun: list[str] = []
        """What happened to the bundles this service began with, in sentences: for whoever starts it."""

    def check(self, digest: str) -> None:
        """Raise NotTrusted where this bundle may not answer."""
        fault = self._record_fault(digest) or self._signature_fault(digest)
        if fault:
            raise NotTrusted(f"The bundle {digest} {fault}. {MEND}")

    def allows(self, digest: str) -> bool:
        """Whether this bundle may answer."""
        try:
            self.check(digest)
        except NotTrusted:
            return False
        return True

    def refusal(self) -> str:
        """Why the bundle that the folder has in force may not answer; empty where it may, or where there is none."""
        there = self.in_force()
        try:
            if there is not None:
                self.check(there)
        except NotTrusted as error:
            return str(error)
        return ""

    def opened(self) -> Bundle | None:
        """The bundle that the folder has in force now, read anew; None where none can be read or may answer."""
        try:
            return open_bundle(self._folder, None, self.check)
        except (BundleError, OSError):
            return None

    def last_good(self) -> str | None:
        """Of those that people put in force and did not roll back, the last one that may answer."""
        if self._database is None:
            return None
        with self._database.read() as connection:
            lineage = coming.lineage(connection)
        return next((each for each in lineage if self.allows(each)), None)

    def came_last(self) -> str | None:
        """The bundle that came in force last by the record: no other may answer, whatever is copied into its place."""
        if self._database is None:
            return None
        with self._database.read() as connection:
            return next(iter(coming.lineage(connection)), None)

    def rollback_to(self) -> str | None:
        """The bundle that a rollback would lead to; None where it would lead nowhere, or there is no store."""
        if self._database is None:
            return None
        with self._database.read() as connection:
            return next(iter(coming.lineage(connection)[1:]), None)

    def begin(self, at: datetime) -> None:
        """Sign what this service begins with: a folder that nobody served, or what served before bundles were signed.

        Trust on first use, recorded. Where the folder cannot be written, it is tried again at the next start.
        """
        self._drop_unrecorded()
        there, unsigned = (
            self.in_force(),
            [each for each in files.published(self._folder) if self._is_to_be_signed(each)],
        )
        if there is not None and self.allows(there):
            with self._store().write() as connection:
                if coming.lineage(connection)[:1] != [there]:
                    self.found(connection, there, "service", at, coming.FIRST)
        for digest in unsigned:
            with self._told_if_unwritable(digest), self.signing(digest), self._store().write() as connection:
                self.record(connection, digest, at)
                self.begun.append(f"bundle {digest} is signed from now on: it was here when this service began to sign")

    def accept(self, digest: str, principal: str, at: datetime, reason: str) -> None:
        """Sign a bundle because somebody who holds the key vouches for it, and record that it came in force so.

        What the record says came in force before is signed again: after a lost key, rollbacks must lead somewhere.
        """
        told = canonical({"bundle": digest, "reason": reason})
        with self.signing(digest), self._store().write() as connection:
            self.record(connection, digest, at)
            audit.append(connection, coming.VOUCHED, "", principal, at, documents.put(connection, told))
            self.found(connection, digest, principal, at, reason)
            lineage = coming.lineage(connection)
        for earlier in set(lineage).intersection(files.published(self._folder)) - {digest}:
            with self.signing(earlier), self._store().write() as connection:
                self.record(connection, earlier, at)

    @contextlib.contextmanager
    def signing(self, digest: str) -> Iterator[None]:
        """Sign, then do what must follow; where that fails, the signature is again what it was. Raises OSError."""
        assert self._key is not None
        before = files.signature_of(self._folder, digest)
        sign(self._folder, digest, self._key)
        try:
            yield
        except BaseException:
            self._restore(digest, before)
            raise

    def record(self, connection: Connection, digest: str, at: datetime) -> None:
        """Record that this bundle was signed, unless that is recorded."""
        content = statement(digest).encode()
        if not _is_recorded(connection, digest):
            audit.append(connection, coming.SIGNED, "", "service", at, documents.put(connection, content))

    def found(self, connection: Connection, digest: str, principal: str, at: datetime, reason: str) -> int:
        """The row of a bundle in force that no promotion brought, added where another one came last by the record.

        What a person vouches for has a leaf already.
        """
        before, bundle = coming.last_place(connection) or (None, None)
        if before is not None and bundle == digest:
            return before
        if principal == promotion_consistency.FINDER:
            told = canonical({"bundle": digest, "reason": reason})
            audit.append(connection, coming.FOUND, "", principal, at, documents.put(connection, told))
        return coming.come(connection, digest, ComingInForce.FOUND, before, principal, at, reason)

    def in_force(self) -> str | None:
        """The digest of the manifest in force; None where there is none or it was altered."""
        try:
            return digest_of(files.manifest_in_force(self._folder))
        except (BundleError, OSError):
            return None

    def _signature_fault(self, digest: str) -> str:
        try:
            if self._key is None:
                raise BundleError("cannot be verified: there is no key to do it with")
            check_signature(self._folder, digest, self._key.public)
        except BundleError as error:
            return "" if self._is_to_be_signed(digest) else str(error)
        return ""

    def _record_fault(self, digest: str) -> str:
        """An earlier bundle carries a signature too: it is not in force because somebody says so in the folder."""
        if self._database is None:
            return ""
        with self._database.read() as connection:
            lineage, ever = coming.lineage(connection), coming.all_in_force(connection)
        if lineage and digest != lineage[0] and digest == self.in_force():
            return "is not the one that came in force last"
        return "was rolled back" if digest in ever.difference(lineage) else ""

    def _is_to_be_signed(self, digest: str) -> bool:
        """Whether this service never signed it, and answered by it before, or has begun with none yet."""
        if self._database is None:
            return not files.is_signed(self._folder)
        with self._database.read() as connection:
            latest = decisions.latest_bundle(connection)
            known = coming.lineage(connection) or ([latest] if latest else [])
            if digest in known:
                return not _is_recorded(connection, digest)
            return not known and not audit.tells(connection, coming.SIGNED) and not files.is_signed(self._folder)

    def _drop_unrecorded(self) -> None:
        """Take back signatures of ours that no record tells of: a service that was killed while it signed left them."""
        with self._store().read() as connection:
            if self._key is None or not audit.tells(connection, coming.SIGNED):
                return
            told = [each for each in files.published(self._folder) if not _is_recorded(connection, each)]
        for digest in told:
            with contextlib.suppress(BundleError, OSError):
                check_signature(self._folder, digest, self._key.public)
                files.drop_signature(self._folder, digest)
                self.begun.append(f"the signature of bundle {digest} is taken back: nobody put it in force")

    @contextlib.contextmanager
    def _told_if_unwritable(self, digest: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.begun.append(f"bundle {digest} cannot be signed ({error.strerror}): it answers all the same")

    def _restore(self, digest: str, before: bytes | None) -> None:
        with contextlib.suppress(OSError):
            if before is None:
                files.drop_signature(self._folder, digest)
            else:
                files.keep_signature(self._folder, digest, before)

    def _store(self) -> Database:
        assert self._database is not None
        return self._database


def _is_recorded(connection: Connection, digest: str) -> bool:
    """Whether the audit chain tells that this bundle was signed."""
    return audit.tells(connection, coming.SIGNED, digest_of(statement(digest).encode()))
