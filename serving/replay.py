"""A past answer made again, from the bytes it was made from: by the bundle and policy it names, or by today's."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from data.case import Case
from data.prediction import Predictor, Predictors
from data.recommendation import RECOMMENDATION_SCHEMA
from data.standing import Standing
from data.vocabulary import Task
from models import files
from models.bundle import open_bundle
from models.files import BundleError
from policies.policy import Policy
from policies.tables.problems import PolicyError
from serving.errors import RecordAltered
from serving.in_force import InForce, RungMissing, restored
from serving.recommendations import reading
from serving.recommendations.answering import answer
from serving.store import documents, policies
from serving.store.decisions import Decision

ABSENT = "(absent)"
_MINUS_ZERO = re.compile(rb"(?<=[:,\[])-0\.0(?=[,}\]])")


class CannotReplay(Exception):
    """Something that the answer names is not kept here any more; says what."""


@dataclass(frozen=True)
class Difference:
    """One value that is not the same: where (RFC 6901), and both values as JSON."""

    pointer: str
    stored: str
    now: str


@dataclass(frozen=True)
class Replay:
    """The stored bytes and those made again."""

    stored: bytes
    again: bytes

    @property
    def same(self) -> bool:
        """Whether every byte is the same."""
        return self.stored == self.again

    def differences(self) -> list[Difference]:
        """What differs, value by value, in the stored answer's order."""
        return list(_compare(json.loads(self.stored), json.loads(self.again), ""))


def replay_exactly(connection: Connection, bundle_folder: Path, recommendation_id: str) -> Replay:
    """Answer again with the bundle, the ladder and the policy of then. Raises NotFound or CannotReplay."""
    decision = reading.decision(connection, recommendation_id)
    try:
        policy = policies.get(connection, decision.policy)
        predictors = _predictors_of_then(connection, bundle_folder, decision)
    except (LookupError, PolicyError, RecordAltered) as error:
        raise CannotReplay(str(error)) from error
    return _replay(connection, decision, predictors, policy)


def replay_by(connection: Connection, in_force: InForce, recommendation_id: str) -> Replay:
    """Answer again with what is in force now. Raises NotFound or CannotReplay."""
    decision = reading.decision(connection, recommendation_id)
    return _replay(connection, decision, in_force.predictors, in_force.policy)


def _replay(connection: Connection, decision: Decision, predictors: Predictors, policy: Policy) -> Replay:
    try:
        case = Case.model_validate_json(documents.get(connection, decision.input))
        standing = Standing.model_validate_json(documents.get(connection, decision.standing))
        stored = documents.get(connection, decision.answer)
    except (LookupError, RecordAltered) as error:
        raise CannotReplay(str(error)) from error
    _refuse_another_schema(stored)
    made = answer(case, standing, predictors, policy, decision.issued_at, decision.recommendation_id)
    return Replay(stored=stored, again=stored if _same_numbers(stored, made.content) else made.content)


def _same_numbers(stored: bytes, again: bytes) -> bool:
    """Whether all is the same but the sign of a zero, which answers of before had from the last bits of a kernel."""
    return _MINUS_ZERO.sub(b"0.0", stored) == _MINUS_ZERO.sub(b"0.0", again)


def _refuse_another_schema(stored: bytes) -> None:
    """An answer of another version of the record was made by other code: only that code can make it again."""
    schema = json.loads(stored).get("schema")
    if schema != RECOMMENDATION_SCHEMA:
        raise CannotReplay(
            f"the answer is a {schema} and this Fairlead makes {RECOMMENDATION_SCHEMA}: replay it with the version "
            "that answered"
        )


def _predictors_of_then(connection: Connection, bundle_folder: Path, decision: Decision) -> Predictors:
    """The ladder as it was: a model that could not serve then does not serve now, though it may be mended."""
    models = _Models(bundle_folder, decision.bundle)
    try:
        return restored(documents.get(connection, decision.ladder), decision.bundle, models.find)
    except RungMissing as error:
        told = "; ".join((str(error), *models.problems))
        raise CannotReplay(f"{told}. Looked into {bundle_folder}: another folder is named by --bundle") from error


class _Models:
    """Models by version, from every bundle that can be read, opened as they are needed, the answer's own first.

    Where the answer's own bundle could not be read then, a model of an earlier one may have served.
    """

    def __init__(self, folder: Path, first: str | None) -> None:
        self._folder = folder
        self._first = first
        self._unopened = sorted(files.published(folder), key=lambda digest: digest != first)
        self._found: dict[tuple[Task, str], Predictor] = {}
        self.problems: list[str] = []
        """Why models of the answer's own bundle cannot serve now."""

    def find(self, task: Task, version: str) -> Predictor | None:
        """The task's model of this version, None where no bundle has it."""
        while (task, version) not in self._found and self._unopened:
            self._open(self._unopened.pop(0))
        return self._found.get((task, version))

    def _open(self, digest: str) -> None:
        with contextlib.suppress(BundleError):
            bundle = open_bundle(self._folder, digest)
            self._found |= {(task, each.version): each for task, each in bundle.models.items()}
            if digest == self._first:
                self.problems = list(bundle.problems.values())


def _compare(stored: Any, now: Any, pointer: str) -> Iterator[Difference]:
    if isinstance(stored, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*stored, *now)):
            yield from _compare(stored.get(name, ABSENT), now.get(name, ABSENT), f"{pointer}/{name}")
    elif isinstance(stored, list) and isinstance(now, list):
        for index in range(max(len(stored), len(now))):
            yield from _compare(_at(stored, index), _at(now, index), f"{pointer}/{index}")
    elif stored != now or type(stored) is not type(now):
        yield Difference(pointer, _shown(stored), _shown(now))


def _at(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else ABSENT


def _shown(value: Any) -> str:
    return ABSENT if value is ABSENT else json.dumps(value, ensure_ascii=False)
