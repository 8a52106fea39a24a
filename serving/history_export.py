"""What the service was used for, as a native history: every recommendation with its case, standing, people and outcome.

Whose outcome is known is no accident: what somebody looked at is followed up, what went through often is not. So each
line says which cases were treated like it, how many of those told their outcome, and what such an outcome counts for:
the share known over all, over the share known among those alike (inverse propensity, stabilised; Horvitz and Thompson,
JASA 1952), never more than `MOST_WEIGHT`. What people decided is kept as a signal and becomes no label.

What somebody altered in the database teaches nobody: cases that are not as the audit chain tells of them are left out,
and of outcomes that are not, the case stays and no outcome is known. How many these are is said.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from data.actions import ActionId
from data.case import Case
from data.outcome import HistoryLine, Outcome, PeopleDecision, Selection, Served
from data.record import canonical
from data.review import Review
from data.standing import Standing
from data.targets import CannotWrite, require_file
from data.vocabulary import Disposition
from serving.errors import Problem, RecordAltered
from serving.settings import Settings
from serving.store import answer_consistency, consistency, decisions, documents, outcomes, verdicts
from serving.store.decisions import Decision
from serving.store.engine import Database, file_of

MOST_WEIGHT = 10.0
"""Cases' worth that one outcome counts for at most: a stratum that seldom tells would otherwise speak through a few."""
ENDINGS = (".jsonl", ".jsonl.gz")


class CannotExport(Exception):
    """What is in the way, and what to do."""


@dataclass(frozen=True)
class Stratum:
    """Cases that were treated alike: how many there are, how many of them told their outcome, what each counts for."""

    name: str
    cases: int
    known: int
    weight: float | None

    def selection(self) -> Selection:
        """As a line tells it."""
        return Selection(stratum=self.name, observed=self.known / self.cases, weight=self.weight)


@dataclass(frozen=True)
class Exported:
    """What was written."""

    cases: int
    known: int
    reviewed: int
    strata: tuple[Stratum, ...]
    altered_cases: int = 0
    """Left out, because the row or a document of the case is not as the audit chain tells of it."""
    altered_outcomes: int = 0
    """Left out of their cases."""


@dataclass(frozen=True)
class _Altered:
    """The recommendations of which somebody altered the case, or what people decided; and those of whose outcome."""

    cases: set[str]
    outcomes: set[str]


@dataclass(frozen=True)
class _Told:
    """One decision with what the store tells of it."""

    decision: Decision
    answer: dict[str, Any]
    people: tuple[Review, ...]
    case: Case
    standing: Standing
    outcome: Outcome | None
    altered: bool
    """Whether an outcome was left out."""

    @property
    def stratum(self) -> str:
        return f"{self.answer['disposition']}/{'reviewed' if self.people else 'not_reviewed'}"


def export_history(settings: Settings, out: Path) -> Exported:
    """Write the history of a service's folder; the file is there whole or not at all.

    Raises:
        CannotExport: nothing was recorded there, the store cannot be read, or the file cannot be written.
    """
    if not out.name.endswith(ENDINGS):
        raise CannotExport(f"{out.name}: a native history is .jsonl or .jsonl.gz; name such a file with --out")
    try:
        require_file(out, "--out", folder_is_made=True)
    except CannotWrite as error:
        raise CannotExport(str(error)) from None
    try:
        with _opened(settings) as connection:
            return export(connection, out)
    except Problem as problem:
        raise CannotExport(problem.detail) from problem
    except (LookupError, ValueError) as error:
        raise CannotExport(str(error)) from error
    except OSError as error:
        raise CannotExport(f"{out} cannot be written ({error.strerror}): free the disk or name another file") from error


def require_database(settings: Settings) -> None:
    """Raise CannotExport where nothing was ever recorded."""
    file = file_of(settings.database_url)
    if not file.is_file():
        raise CannotExport(f"there is no database at {file}: name the folder of a service with --folder, or its --db")


def export(connection: Connection, out: Path) -> Exported:
    """Write every decision of one transaction, in the order of their events."""
    altered = _altered(connection)
    strata = _strata(connection, altered)
    by_name = {each.name: each for each in strata}
    reviewed = lost = 0
    with _written(out) as stream:
        for told in _decisions(connection, altered):
            reviewed += bool(told.people)
            lost += told.altered
            stream.write(canonical(_line(told, by_name[told.stratum])) + b"\n")
    cases, known = sum(each.cases for each in strata), sum(each.known for each in strata)
    return Exported(cases, known, reviewed, strata, decisions.how_many(connection) - cases, lost)


def stratified(cases: Counter[str], known: Counter[str]) -> tuple[Stratum, ...]:
    """The strata by name, with the weights of their outcomes."""
    over_all = known.total() / max(cases.total(), 1)
    return tuple(
        Stratum(name, n, known[name], min(MOST_WEIGHT, over_all * n / known[name]) if known[name] else None)
        for name, n in sorted(cases.items())
    )


def _altered(connection: Connection) -> _Altered:
    rows = (consistency.altered(connection, kind) for kind in ("recommendation", "review"))
    return _Altered(answer_consistency.altered(connection).union(*rows), consistency.altered(connection, "outcome"))


def _strata(connection: Connection, altered: _Altered) -> tuple[Stratum, ...]:
    cases: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for told in _decisions(connection, altered):
        cases[told.stratum] += 1
        known[told.stratum] += told.outcome is not None
    return stratified(cases, known)


def _decisions(connection: Connection, altered: _Altered) -> Iterator[_Told]:
    """Those whose rows and documents are as they were recorded, in the order of their events."""
    for each in decisions.in_time_order(connection):
        if each.recommendation_id not in altered.cases:
            with contextlib.suppress(RecordAltered):
                yield _told(connection, each, altered)


def _told(connection: Connection, found: Decision, altered: _Altered) -> _Told:
    """Raises RecordAltered where a document of the case, or of what people decided on it, was altered or is gone."""
    outcome, lost = None, found.recommendation_id in altered.outcomes
    try:
        outcome = None if lost else outcomes.get(connection, found.recommendation_id)
    except RecordAltered:
        lost = True
    return _Told(
        decision=found,
        answer=json.loads(documents.get(connection, found.answer)),
        people=verdicts.reviews_of(connection, found.recommendation_id),
        case=Case.model_validate_json(documents.get(connection, found.input)),
        standing=Standing.model_validate_json(documents.get(connection, found.standing)),
        outcome=outcome,
        altered=lost,
    )


def _line(told: _Told, stratum: Stratum) -> HistoryLine:
    return HistoryLine(
        case=told.case,
        outcome=told.outcome,
        standing=told.standing,
        served=_served(told),
        selection=stratum.selection(),
    )


def _served(told: _Told) -> Served:
    options = told.answer["options"]
    return Served(
        recommendation_id=told.decision.recommendation_id,
        issued_at=told.decision.issued_at,
        bundle=told.decision.bundle,
        policy=told.decision.policy,
        action=ActionId(options[0]["action"]) if options else None,
        disposition=Disposition(told.answer["disposition"]),
        people=tuple(
            PeopleDecision(verdict=each.verdict, action=each.action, reason=each.reason, decided_at=each.decided_at)
            for each in told.people
        ),
    )


@contextlib.contextmanager
def _opened(settings: Settings) -> Iterator[Connection]:
    """One moment of the store."""
    require_database(settings)
    database = Database(settings.database_url)
    try:
        database.migrate()
        with database.read() as connection:
            yield connection
    finally:
        database.close()


@contextlib.contextmanager
def _written(out: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """A file that appears under its name when all of it is on the disk; the same lines give the same bytes."""
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as raw:
            if out.name.endswith(".gz"):
                with gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0, compresslevel=6) as packed:
                    yield packed
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())
        Path(name).replace(out)
    finally:
        Path(name).unlink(missing_ok=True)
