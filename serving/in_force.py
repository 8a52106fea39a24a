"""What decides now: the verified bundle, the policy and the standing's seeds; and how a past ladder is set up again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, get_args

from data.case import AttributeKind
from data.prediction import Predictor, Predictors, Rung
from data.record import canonical
from data.vocabulary import ServedBy, Task
from features.attributes import EMPTY, AttributeSchema
from features.lessons import NO_LESSONS, Lessons, read_lessons
from features.party_rows import PartyRows
from features.seeds import Earlier, SeededRows, Seeds, no_lessons, read_snapshot
from features.standing import StandingKeeper
from models.bundle import Bundle, Check, any_bundle, lessons_named
from models.ladder import load_bundle
from policies.policy import Policy, load_policy


class RungMissing(Exception):
    """A model that served then is not in the bundle folder now."""


@dataclass(frozen=True)
class Basis:
    """Everything an answer depends on besides its case, its standing and the moment."""

    predictors: Predictors
    policy: Policy
    bundle: Bundle | None
    """The bundle in force; None where it cannot be read."""
    answering: Bundle | None
    """The bundle in force, or where it cannot be read the earlier one whose models answer: its seeds and attributes
    are what those models know of the parties."""
    attributes: AttributeSchema
    seeds: Seeds
    lessons: Lessons = NO_LESSONS
    """Outcomes of their history that were not known yet as the seeds were kept."""
    earlier: Earlier = no_lessons
    """Those of the seeds that rows began from before this basis served."""

    def keeper(self, rows: PartyRows) -> StandingKeeper:
        """The standing's keeper over these rows, seeded by the bundle that answers."""
        seeded = SeededRows(rows, self.seeds, self.lessons, self.earlier)
        return StandingKeeper(seeded, self.attributes, foretold=seeded.foretell)

    @cached_property
    def ladder(self) -> bytes:
        """The ladder as a decision records it."""
        return ladder_record(self.predictors)


class InForce:
    """What decides now. A promotion replaces all of it at once, while requests are answered.

    Whoever needs several parts for one answer takes `basis` once: two parts may come from two bundles.
    """

    def __init__(self, basis: Basis) -> None:
        self._basis = basis
        self.changing = threading.Lock()
        """Held while a promotion changes the bundle folder and this: until it is released, the two may differ."""

    @property
    def basis(self) -> Basis:
        """All parts, of one moment."""
        return self._basis

    @property
    def predictors(self) -> Predictors:
        """The ladders of the bundle in force."""
        return self._basis.predictors

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._basis.policy

    @property
    def bundle(self) -> Bundle | None:
        """The bundle in force; None where none can be read."""
        return self._basis.bundle

    def keeper(self, rows: PartyRows) -> StandingKeeper:
        """The standing's keeper over these rows, seeded by the bundle that answers."""
        return self._basis.keeper(rows)

    def replace(self, basis: Basis) -> None:
        """Let another basis decide from the next answer on; answers under way end on theirs."""
        self._basis = basis


def load(bundle_folder: Path, policy_folder: Path | None) -> InForce:
    """Load what is in force; a bundle that fails leaves the ladder's lower steps. Raises PolicyError."""
    return InForce(read_basis(bundle_folder, load_policy(policy_folder)))


def read_basis(
    bundle_folder: Path,
    policy: Policy,
    before: str | None = None,
    digest: str | None = None,
    check: Check = any_bundle,
) -> Basis:
    """What the bundle folder has in force now (or the bundle of this digest), under this policy.

    `before` served before, where that is recorded. What fails the check is as what cannot be read.
    """
    loaded = load_bundle(bundle_folder, digest, before, check)
    answering = loaded.answering
    standing = (answering.standing if answering else None) or ()
    return Basis(
        predictors=loaded.predictors,
        policy=policy,
        bundle=loaded.bundle,
        answering=answering,
        attributes=answering.attributes if answering else EMPTY,
        seeds=read_snapshot(standing),
        lessons=read_lessons(standing),
        earlier=cache(partial(lessons_named, bundle_folder)),
    )


def ladder_record(predictors: Predictors) -> bytes:
    """Who could serve which task, and who could not and why: what a replay sets up again."""
    told = {
        task.value: [
            {
                "served_by": rung.served_by.value,
                "version": rung.predictor.version if rung.predictor else None,
                "reason": rung.reason,
                "detail": rung.detail,
            }
            for rung in predictors.ladder(task)
        ]
        for task in Task
    }
    declared = {name: sorted(kinds) for name, kinds in predictors.declared_attributes.items()}
    return canonical({"ladders": told, "declared_attributes": declared})


def restored(record: bytes, digest: str | None, find: Callable[[Task, str], Predictor | None]) -> Predictors:
    """The predictors as they were recorded; `find` gives a task's model by its version. Raises RungMissing."""
    told = json.loads(record)
    ladders = {
        Task(task): tuple(_rung(Task(task), each, find) for each in rungs) for task, rungs in told["ladders"].items()
    }
    return Predictors(ladders, digest, _declared(told["declared_attributes"]))


def _declared(told: Mapping[str, list[AttributeKind]] | list[str]) -> dict[str, frozenset[AttributeKind]]:
    """Earlier records hold names alone: an answer of then named no attribute for the kind of its value."""
    if isinstance(told, list):
        return dict.fromkeys(told, frozenset(get_args(AttributeKind)))
    return {name: frozenset(kinds) for name, kinds in told.items()}


def _rung(task: Task, told: Mapping[str, Any], find: Callable[[Task, str], Predictor | None]) -> Rung:
    version = told["version"]
    predictor = None if version is None else find(task, version)
    if version is not None and predictor is None:
        raise RungMissing(f"the {task} model {version} is not there, or its files were altered")
    return Rung(ServedBy(told["served_by"]), predictor, told["reason"], told["detail"])
