"""Everything one task needs to predict and explain, and how it is written to files and read back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from data.case import Case
from data.record import Probability, Record, canonical, plain
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import EMPTY, AttributeSchema
from features.catalogue import FeatureSet, feature_set
from features.chain import EARLIER, is_chained
from features.seasons import months
from models.calibration import BinaryCalibrator, MulticlassCalibrator
from models.conformal import ConformalSets
from models.delays import Delays
from models.files import BundleError
from models.link import Link
from models.profile import PREDICTION, Profile
from models.score import Score
from models.taught import Taught
from models.taught_values import Values, from_json, to_json
from models.text import TextModel
from models.trees import TreeEnsemble

Reference = dict[str, tuple[float, float, float]]
"""A feature's 10 %, 50 % and 90 % quantiles where it was trained: what is usual."""


class Golden(Record):
    """A case with the probabilities the model must give for it, on every machine that loads it."""

    case: Case
    standing: Standing
    probabilities: dict[str, Probability]


@dataclass(frozen=True)
class TaskModel:
    """One trained task, as arrays and plain values.

    `metrics` and `lineage` are JSON values for people and registries; nothing is decided from them.
    """

    task: Task
    score: Score
    calibrator: BinaryCalibrator | MulticlassCalibrator
    text: TextModel | None = None
    links: tuple[Link, ...] = ()
    """What says how likely the labels of earlier tasks are; none in a model that reads no other task."""
    attributes: AttributeSchema = EMPTY
    reference: Reference = field(default_factory=dict)
    horizon: str | None = None
    """The ISO 8601 duration that a stock-out's probability speaks of; empty where its cases say none."""
    timeless: bool = False
    """Whether its cases all carry one moment, so that what it says holds for other cases, not for later days. Not so
    in bundles of an earlier Fairlead, whatever they learned from: they answer in the words they always had."""
    plain_usual: bool = False
    """Whether its answers say "usually 0" where no less and no more is usual, and what is usual of numbers that may be
    negative. Not so in bundles of an earlier Fairlead, which answer in the words they always had."""
    names_guesses: bool = False
    """Whether its answers say of a rate that rests on next to no outcomes that a guess stands in. Not so in bundles of
    an earlier Fairlead, which answer in the words they always had."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    lineage: Mapping[str, Any] = field(default_factory=dict)
    golden: tuple[Golden, ...] = ()
    conformal: ConformalSets | None = None
    """Absent in bundles of an earlier Fairlead, which answer without sets."""
    record_share: float = 0.0
    """The share of its track record's level that a risk heeds: see `models.track_record`."""
    delays: Delays | None = None
    """How long its outcomes take to be known, where its record's level reckons with it: see `models.delays`."""
    profile: Profile | None = None
    """What later cases are compared with; absent in bundles of an earlier Fairlead."""
    columns: tuple[str, ...] = ()
    """The names of the features it reads, in their order; empty for all that this Fairlead computes."""
    taught: Taught = field(default_factory=dict)
    """Some of the answers it learned from: a promotion compares them. Empty for a bundle of before there were any."""
    values: Values = field(default_factory=dict)
    """Digests of what it was told of some of the events that taught it: compared likewise."""

    def features(self) -> FeatureSet:
        """The features in the order the model was trained on, without any that this Fairlead has learned since."""
        every = self.every_feature()
        return every.only(self.columns) if self.columns else every

    @property
    def telling(self) -> frozenset[str]:
        """The features that can tell whether cases have moved: those it reads, without months, which always move."""
        read = zip(self.features().names, self.score.reads, strict=True)
        return frozenset(name for name, reads in read if reads) - months(self.attributes)

    @property
    def comparable(self) -> Profile | None:
        """The profile of what can tell whether cases have moved: see `telling`.

        What earlier tasks say is compared where it was known: of the first cases that taught it, it was not, and of
        later cases it always is.
        """
        if self.profile is None:
            return None
        telling = self.telling | {PREDICTION}
        told = [each for each in self.profile.features if each.name in telling]
        known = [each.of_known() if is_chained(each.name) else each for each in told]
        return replace(self.profile, features=tuple(each for each in known if each is not None))

    def every_feature(self) -> FeatureSet:
        """All that this Fairlead computes for such a model."""
        return feature_set(self.task, self.attributes, self.text, self.links)

    def complete(self, facts: NDArray[np.float64], messages: Sequence[str | None]) -> NDArray[np.float64]:
        """Its features float64[n, k] from the facts that this Fairlead computes of the task, and from the messages."""
        own = self.its_own(facts)
        heard = [link.probabilities_batch(own, messages) for link in self.links]
        said = [] if self.text is None else [self.text.scores_batch(messages)]
        return np.hstack([own, *heard, *said]) if heard or said else own

    def its_own(self, facts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Its facts float64[n, k] of those that this Fairlead computes of the task."""
        if not self.columns:
            return facts
        every = feature_set(self.task, self.attributes).names
        place = {name: index for index, name in enumerate(every)}
        own = [place[name] for name in self.columns if name in place]  # What links and message say is no fact.
        return facts if own == list(range(len(every))) else facts[:, own]


def files_of(model: TaskModel) -> dict[str, bytes]:
    """The model as named files."""
    files = {
        "trees": _npz(model.score.trees.to_arrays()),
        "calibration": canonical(model.calibrator.to_json()),
        "attributes": canonical(model.attributes),
        "reference": canonical({name: list(quantiles) for name, quantiles in model.reference.items()}),
        "golden": canonical([plain(each) for each in model.golden]),
    }
    if model.taught:
        files["taught"] = canonical(dict(model.taught))
    if model.values:
        files["values"] = canonical(to_json(model.values))
    linear = model.score.linear_arrays()
    if linear is not None:
        files["linear"] = _npz(linear)
    if model.conformal is not None:
        files["conformal"] = canonical(model.conformal.to_json())
    if model.record_share:
        delays = {} if model.delays is None else {"delays": model.delays.to_json()}
        files["record"] = canonical({"kind": "record", "share": model.record_share, **delays})
    if model.profile is not None:
        files["profile"] = canonical(model.profile.to_json())
    if model.text is not None:
        files["text"] = _npz(model.text.to_arrays())
    return files | {name: _npz(arrays) for link in model.links for name, arrays in _link_files(link).items()}


def _link_files(link: Link) -> dict[str, dict[str, NDArray[Any]]]:
    """A link's trees and, where it reads messages, its text model, by the names of their files."""
    trees, text = _names_of_link(link.task)
    return {trees: link.trees.to_arrays()} | ({} if link.text is None else {text: link.text.to_arrays()})


def _names_of_link(task: Task) -> tuple[str, str]:
    return f"link_{task.value}", f"link_{task.value}_text"


def describe(model: TaskModel) -> dict[str, Any]:
    """What the manifest says of the model besides the digests of its files."""
    return {
        "labels": list(model.task.labels),
        "horizon": model.horizon,
        **({"timeless": True} if model.timeless else {}),
        **({"plain_usual": True} if model.plain_usual else {}),
        **({"names_guesses": True} if model.names_guesses else {}),
        "fingerprint": model.features().fingerprint,
        "features": list(model.features().names),
        "metrics": dict(model.metrics),
        "lineage": dict(model.lineage),
    }


def read(task: Task, described: Mapping[str, Any], fetch: Callable[[str], bytes | None]) -> TaskModel:
    """The model from its manifest entry and verified files. Raises BundleError where they do not fit together."""
    try:
        model = _assemble(task, described, fetch)
        computed = frozenset(model.every_feature().names)
        gone = [name for name in model.columns if name not in computed]
        found = "" if gone else model.features().fingerprint
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BundleError(f"the files of {task} do not make a model: {type(error).__name__}: {error}") from error
    if gone:
        raise BundleError(f"{task} reads features that this Fairlead does not compute: {', '.join(gone)}; retrain it")
    if found != described["fingerprint"]:
        raise BundleError(
            f"{task} was trained on features {described['fingerprint']}, this Fairlead computes {found}: retrain it"
        )
    if model.score.n_features != len(model.features().names):
        raise BundleError(f"{task} has a score over {model.score.n_features} features, the schema names others")
    for link in model.links:
        if link.n_facts != len(model.features().facts):
            raise BundleError(f"{task} has a link of {link.task} over {link.n_facts} facts, the schema names others")
    return model


def _assemble(task: Task, described: Mapping[str, Any], fetch: Callable[[str], bytes | None]) -> TaskModel:
    def required(name: str) -> bytes:
        content = fetch(name)
        if content is None:
            raise BundleError(f"the manifest names no {name} file for {task}")
        return content

    names = ("text", "linear", "conformal", "record", "profile", "taught", "values")
    text, linear, conformal, record, profile, taught, values = (fetch(name) for name in names)
    calibrator = BinaryCalibrator if task.is_risk else MulticlassCalibrator
    return TaskModel(
        task=task,
        score=Score.from_arrays(_arrays(required("trees")), None if linear is None else _arrays(linear)),
        calibrator=calibrator.from_json(json.loads(required("calibration"))),
        text=TextModel.from_arrays(_arrays(text)) if text is not None else None,
        links=tuple(link for each in EARLIER.get(task, ()) if (link := _read_link(each, fetch)) is not None),
        attributes=AttributeSchema.model_validate_json(required("attributes")),
        reference={name: (q[0], q[1], q[2]) for name, q in json.loads(required("reference")).items()},
        horizon=described["horizon"],
        timeless=described.get("timeless", False),
        plain_usual=described.get("plain_usual", False),
        names_guesses=described.get("names_guesses", False),
        columns=tuple(described["features"]),
        metrics=described["metrics"],
        lineage=described["lineage"],
        golden=TypeAdapter(tuple[Golden, ...]).validate_json(required("golden")),
        conformal=None if conformal is None else ConformalSets.from_json(json.loads(conformal)),
        record_share=0.0 if record is None else _share(json.loads(record)),
        delays=None if record is None else _delays(json.loads(record)),
        profile=None if profile is None else Profile.from_json(json.loads(profile)),
        taught=TypeAdapter(dict[str, int]).validate_json(taught) if taught is not None else {},
        values=from_json(json.loads(values)) if values is not None else {},
    )


def _share(record: object) -> float:
    """The share of a `record` file. Raises ValueError for anything else."""
    share = record.get("share") if isinstance(record, Mapping) and record.get("kind") == "record" else None
    if not isinstance(share, float | int) or not 0.0 <= share <= 1.0:
        raise ValueError("the record file holds no share from 0 to 1")
    return float(share)


def _delays(record: Mapping[str, object]) -> Delays | None:
    """The delays of a `record` file; one of an earlier Fairlead has none."""
    return Delays.from_json(record["delays"]) if "delays" in record else None


def _read_link(task: Task, fetch: Callable[[str], bytes | None]) -> Link | None:
    trees, text = (fetch(name) for name in _names_of_link(task))
    if trees is None:
        return None
    words = None if text is None else TextModel.from_arrays(_arrays(text))
    return Link(task, TreeEnsemble.from_arrays(_arrays(trees)), words)


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **dict(arrays))  # type: ignore[arg-type]
    return stream.getvalue()


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(content)) as archive:
        return {name: archive[name] for name in archive.files}
