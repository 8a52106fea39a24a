"""What the service was used for, as a native history: every recommendation with its case, standing, people and outcome.

Whose outcome is known is no accident: what somebody looked at is followed up, what went through often is not. So each
line says which cases were treated like it, how many of those told their outcome, and what such an outcome counts for:
the share known over all, over the share known among those alike (inverse propensity, stabilised; Horvitz and Thompson,
JASA 1952), never more than `MOST_WEIGHT`. What people decided is kept as a signal and becomes no label.
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
from serving.errors import Problem
from serving.settings import Settings
from serving.store import decisions, documents, outcomes, verdicts
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


@dataclass(frozen=True)
class _Told:
    """One decision with what the store tells of it."""

    decision: Decision
    answer: dict[str, Any]
    people: tuple[Review, ...]
    outcome: Outcome | None

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
    except (documents.DocumentAltered, LookupError, ValueError) as error:
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
    strata = _strata(connection)
    by_name = {each.name: each for each in strata}
    reviewed = 0
    with _written(out) as stream:
        for told in _decisions(connection):
            reviewed += bool(told.people)
            line = _line(connection, told, by_name[told.stratum])
            stream.write(canonical(line) + b"\n")
    return Exported(sum(each.cases for each in strata), sum(each.known for each in strata), reviewed, strata)


def stratified(cases: Counter[str], known: Counter[str]) -> tuple[Stratum, ...]:
    """The strata by name, with the weights of their outcomes."""
    over_all = known.total() / max(cases.total(), 1)
    return tuple(
        Stratum(name, n, known[name], min(MOST_WEIGHT, over_all * n / known[name]) if known[name] else None)
        for name, n in sorted(cases.items())
    )


def _strata(connection: Connection) -> tuple[Stratum, ...]:
    cases: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for told in _decisions(connection):
        cases[told.stratum] += 1
        known[told.stratum] += told.outcome is not None
    return stratified(cases, known)


def _decisions(connection: Connection) -> Iterator[_Told]:
    for each in decisions.in_time_order(connection):
        yield _Told(
            each,
            json.loads(documents.get(connection, each.answer)),
            verdicts.reviews_of(connection, each.recommendation_id),
            outcomes.get(connection, each.recommendation_id),
        )


def _line(connection: Connection, told: _Told, stratum: Stratum) -> HistoryLine:
    found = told.decision
    return HistoryLine(
        case=Case.model_validate_json(documents.get(connection, found.input)),
        outcome=told.outcome,
        standing=Standing.model_validate_json(documents.get(connection, found.standing)),
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
