"""Every training and recalibration in MLflow: what went in, what came out, the model registered under its task's name.

The tracker is asked before any work is done, so that nothing is ever half registered; serving never asks it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from data.record import canonical, instant_text
from models.task_model import TaskModel, files_of
from policies.policy import Policy
from training.drift.recalibrate import Recalibrated
from training.errors import TrackingError
from training.histories.rows import Floats
from training.learning.learn import Learned
from training.learning.search import Trial
from training.no_room import NO_ROOM, lacks_room
from training.tracking.abandoned import PROCESS, is_gone, this_process
from training.tracking.metric_names import place_names

EXPERIMENT = "fairlead"
CHAMPION = "champion"
"""The alias of the version that serves."""
CHALLENGER = "challenger"
"""The alias of the newest version that does not serve yet: a promotion makes it the champion."""
RUNNING, FINISHED, FAILED, KILLED = "RUNNING", "FINISHED", "FAILED", "KILLED"
WHY = "why"
"""The tag of a run that came to nothing: what broke it off."""
LONGEST_WHY = 4_000
REQUIREMENTS = ("numpy", "pandas", "pydantic")
ROOMS = Path(__file__).parents[2]
EXAMPLE_ROWS = 3
SOURCES = ("history", "data", "mapping", "policy", "fitted_on", "tested_on")
"""Of the lineage, what names the data: names, digests and windows."""
SLICE_METRICS = ("n", "rate", "said", "log_loss", "roc_auc")

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # MLflow warns of its own type hints and of Starlette's while it is imported.
    import mlflow
    import mlflow.pyfunc
    from mlflow.models import infer_signature
    from mlflow.tracking import MlflowClient

for _name in ("mlflow", "alembic"):
    logging.getLogger(_name).setLevel(logging.ERROR)
# Of a store that cannot be written it logs the traceback, and then raises what is told in one line.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Recorded:
    """A run that was tracked, its model, and the name that the registry knows the task by."""

    run_id: str
    model_id: str
    name: str


@dataclass(frozen=True)
class Given:
    """What a run was given beside its history: the policy, and the mapping file where there is one."""

    policy: Policy
    mapping: Path | None = None


class Registered(NamedTuple):
    """A version of a task's model in the registry, and the alias it got."""

    version: int
    alias: str


class Tracker:
    """An MLflow that answered."""

    _open: tuple[str, ...] = ()
    """The runs that neither a registration has finished nor a failure closed."""

    def __init__(self, uri: str, folder: Path, needed: bool = False) -> None:
        """Connect to `MLFLOW_TRACKING_URI`'s server or to a local store; local artifacts go under `folder`.

        Where it is `needed`, the command is about MLflow and has no `--no-track` to do without.

        Raises:
            TrackingError: nobody answers there, or what does takes nothing.
        """
        self.uri = uri
        ways = ", or set MLFLOW_TRACKING_URI" if needed else ", set MLFLOW_TRACKING_URI, or pass --no-track"
        with _told(f"MLflow does not answer at {uri}. Start it{ways}"):
            if uri.startswith("sqlite:"):
                folder.mkdir(parents=True, exist_ok=True)
            mlflow.set_tracking_uri(uri)
            with _alone(uri, folder):
                self._client = MlflowClient(uri)
                self._experiment = self._opened(folder)
            self._close_abandoned()
        with _told(f"MLflow at {uri} cannot be written. Make it so{ways}"):
            self._client.set_experiment_tag(self._experiment, PROCESS, this_process())

    def _opened(self, folder: Path) -> str:
        """The experiment's id; the first that asks a local store makes its tables, and the experiment."""
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found:
            return str(found.experiment_id)
        artifacts = (folder / "mlartifacts").resolve().as_uri() if self.uri.startswith("sqlite:") else None
        return str(self._client.create_experiment(EXPERIMENT, artifacts))

    def record(self, learned: Learned, given: Given) -> Recorded:
        """Log parameters, metrics, pictures, card, sources, the bundle's files and the model with its example."""
        name = f"fairlead-{learned.model.task.value}"
        with self._run(learned.model.task.value) as run:
            mlflow.log_params(_parameters(learned.model))
            mlflow.log_metrics(_metrics(learned))
            with tempfile.TemporaryDirectory() as folder:
                _artifacts(learned, given, Path(folder))
                mlflow.log_artifacts(folder)
            model = _log_model(learned.model, learned.latest.features)
            for number, trial in enumerate(learned.trials):
                self._record_trial(number, trial)
        return Recorded(run.info.run_id, model.model_id, name)

    def record_recalibration(self, again: Recalibrated, given: Given) -> Recorded:
        """Log a calibrator that was fitted again: from which bundle, on which window, and how old and new did there."""
        model = again.model
        name = f"fairlead-{model.task.value}"
        tags = {"parent": model.lineage["recalibrated_on"]["bundle"]}
        with self._run(f"{model.task.value} recalibrated", tags) as run:
            mlflow.log_params(_parameters(model))
            mlflow.log_metrics(_numbers(model.metrics) | _before_and_after(again))
            with tempfile.TemporaryDirectory() as folder:
                _write_files(model, Path(folder))
                _write_mapping(given, Path(folder))
                mlflow.log_artifacts(folder)
            logged = _log_model(model, again.features)
        return Recorded(run.info.run_id, logged.model_id, name)

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Around all that is recorded until it is registered: what breaks it off closes its runs and says why there."""
        try:
            yield
        except BaseException as error:
            self._close(error)
            raise

    @contextmanager
    def _run(self, name: str, tags: dict[str, str] | None = None) -> Iterator[mlflow.ActiveRun]:
        """A run that goes on after this: it is finished once its model is registered, not before."""
        nothing = "nothing was published or registered"
        with _told(f"MLflow at {self.uri} stopped answering; {nothing}", nothing):
            mine = {PROCESS: this_process()}
            run = mlflow.start_run(experiment_id=self._experiment, run_name=name, tags={**(tags or {}), **mine})
            self._open += (run.info.run_id,)
            try:
                yield run
            except BaseException as error:
                with suppress(Exception):
                    mlflow.end_run(FAILED)
                self._close(error)
                raise
            mlflow.end_run(RUNNING)

    def _close(self, error: BaseException) -> None:
        """Say of every open run why it came to nothing; where MLflow takes not even that, the error itself is told."""
        status = FAILED if isinstance(error, Exception) else KILLED
        for run in self._open:
            with suppress(Exception):
                self._client.set_terminated(run, status)
                self._client.set_tag(run, WHY, f"{error}"[:LONGEST_WHY] or type(error).__name__)
        self._open = ()

    def _close_abandoned(self) -> None:
        """Say of runs whose process was killed outright that they came to nothing, or finish what was registered."""
        for run in self._client.search_runs([self._experiment], f"attributes.status = '{RUNNING}'"):
            if is_gone(run.data.tags.get(PROCESS)):
                self._settle(run.info.run_id)

    def _settle(self, run: str) -> None:
        """A version that carries its bundle's name was registered once that was published: what was left is done."""
        versions = self._client.search_model_versions(f"run_id = '{run}'")
        mine = next((each for each in versions if "bundle" in each.tags), None)
        if mine is not None:
            self._finish(run, mine.name, int(mine.version), mine.tags["bundle"])
            return
        self._client.set_terminated(run, KILLED)
        self._client.set_tag(run, WHY, "its process ended without a word, as when it is killed: nothing was registered")

    def _record_trial(self, number: int, trial: Trial) -> None:
        """A recipe that was tried, as a run below the one under way."""
        tags = {"pruned": str(trial.pruned).lower(), PROCESS: this_process()}
        with mlflow.start_run(experiment_id=self._experiment, run_name=f"recipe {number}", nested=True, tags=tags):
            mlflow.log_params({key: str(value) for key, value in _flat(trial.recipe.to_json())})
            mlflow.log_metric("loss", trial.loss)
            for block, loss in enumerate(trial.losses):
                mlflow.log_metric("block_loss", loss, step=block)

    def register(self, recorded: Recorded, bundle: str, model: str, alias: str | None = None) -> Registered:
        """Make the recorded model the task's newest version: its champion where there is none, else its challenger.

        `model` is the version by which the service knows the model; an `alias` that is given is the one it gets.
        """
        said = f"the bundle {bundle} is published, but MLflow at {self.uri} did not register it"
        said += "; run the same again once it answers"
        with _told(said, said):
            if not self._client.search_registered_models(f"name = '{recorded.name}'"):
                self._client.create_registered_model(recorded.name)
            source = self._client.get_logged_model(recorded.model_id).artifact_location
            registered = self._client.create_model_version(
                recorded.name,
                source,
                recorded.run_id,
                tags={"bundle": bundle, "model": model},
                model_id=recorded.model_id,
            )
            given = self._finish(recorded.run_id, recorded.name, int(registered.version), bundle, alias)
        self._open = tuple(each for each in self._open if each != recorded.run_id)
        return Registered(int(registered.version), given)

    def _finish(self, run: str, name: str, version: int, bundle: str, alias: str | None = None) -> str:
        """What follows once a version is made: its run's tag, its alias, where it has none, and the run's end."""
        self._client.set_tag(run, "bundle", bundle)
        aliases = self._aliases(name)
        has = next((each for each, of in aliases.items() if str(of) == str(version)), None)
        given = has or alias or (CHALLENGER if CHAMPION in aliases else CHAMPION)
        self._client.set_registered_model_alias(name, given, str(version))
        self._client.set_terminated(run, FINISHED)
        return given

    def crown(self, models: Mapping[str, str]) -> dict[str, int | None]:
        """Move the alias champion to the versions that serve; returns them by name, None where one is unknown.

        `models` is the service's version of the model in force, by task. Asked again, nothing changes.
        """
        crowned: dict[str, int | None] = {}
        with _told(f"MLflow does not answer at {self.uri}. Start it, or set MLFLOW_TRACKING_URI"):
            for task, model in models.items():
                name = f"fairlead-{task}"
                crowned[name] = self._crowned(name, model)
        return crowned

    def _crowned(self, name: str, model: str) -> int | None:
        versions = self._client.search_model_versions(f"name = '{name}'")
        numbers = [int(each.version) for each in versions if each.tags.get("model") == model]
        if not numbers:
            return None
        version, aliases = str(max(numbers)), self._aliases(name)
        if str(aliases.get(CHAMPION)) != version:
            self._client.set_registered_model_alias(name, CHAMPION, version)
        if str(aliases.get(CHALLENGER)) == version:
            self._client.delete_registered_model_alias(name, CHALLENGER)
        return int(version)

    def _aliases(self, name: str) -> dict[str, Any]:
        return dict(self._client.get_registered_model(name).aliases)


def tracking_uri(folder: Path) -> str:
    """`MLFLOW_TRACKING_URI`, else a SQLite file under the folder."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(folder / 'mlflow.db').resolve()}"


@contextmanager
def _alone(uri: str, folder: Path) -> Iterator[None]:
    """One at a time makes the tables of a local store: two at once break it. Others wait until it is made."""
    if not uri.startswith("sqlite:"):
        yield
        return
    named = Path(uri.removeprefix("sqlite:///")).parent
    held = os.open(named if named.is_dir() else folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # Some network folders know no locks: there nobody waits, as before.
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


@contextmanager
def _told(says: str, so_far: str = "") -> Iterator[None]:
    """Any failure of the tracker, whatever library it comes from, as one the operator can act upon.

    Where no file could grow the disk is to blame, not the tracker: then `so_far` alone is said of what came of it.
    """
    try:
        yield
    except Exception as error:
        cause = _of_the_store(error)
        if lacks_room(error):
            says = f"{so_far}; {NO_ROOM}" if so_far else NO_ROOM
        raise TrackingError(f"{says} ({type(cause).__name__}: {str(cause).splitlines()[0][:200]})") from error


def _of_the_store(error: BaseException) -> BaseException:
    """What SQLite said, where it was that; else the error. What wraps it tells of sessions and flushes first."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, sqlite3.Error):
        cause = cause.__cause__
    return cause or error


def _parameters(model: TaskModel) -> dict[str, Any]:
    return {key: str(value)[:500] for key, value in _flat(_in_words(model.lineage))}


def _in_words(lineage: Mapping[str, Any]) -> dict[str, Any]:
    """A lineage whose windows begin and end at instants that people read, not at seconds."""
    return {key: _window(value) if key.endswith("_on") else value for key, value in lineage.items()}


def _window(told: Mapping[str, Any]) -> dict[str, Any]:
    moments = {key: datetime.fromtimestamp(told[key], UTC) for key in ("from", "to") if key in told}
    return {**_in_words(told), **{key: instant_text(moment) for key, moment in moments.items()}}


def _metrics(learned: Learned) -> dict[str, float]:
    return _numbers(learned.model.metrics) | dict(_slice_metrics(learned.model.metrics["report"]["slices"]))


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    told = {key: value for key, value in metrics.items() if key not in ("rule_rates", "report")}
    return {key: float(value) for key, value in _flat(told) if isinstance(value, int | float)}


def _before_and_after(again: Recalibrated) -> dict[str, float]:
    """`before.METRIC` of the old calibrator and `after.METRIC` of the new one, on cases that neither had seen."""
    sides = zip(("before", "after"), (again.before, again.after), again.average_precision, strict=True)
    told = {side: {**each.model_dump(), "average_precision": precision} for side, each, precision in sides}
    return {key: float(value) for key, value in _flat(told) if isinstance(value, int | float)}


def _slice_metrics(slices: list[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    """`slice.FEATURE.LEVEL.METRIC`, in the letters that MLflow allows."""
    places = place_names((each["feature"], each["level"]) for each in slices)
    for place, each in zip(places, slices, strict=True):
        for name in SLICE_METRICS:
            if each[name] is not None:
                yield f"{place}.{name}", float(each[name])


def _flat(table: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _artifacts(learned: Learned, given: Given, folder: Path) -> None:
    from training.report.card import NAME, card
    from training.tracking import pictures

    model = learned.model
    _write_files(model, folder)
    pictures.draw(folder, learned, given.policy)
    (folder / NAME).write_text(card(model), encoding="utf-8")
    (folder / "data.json").write_bytes(canonical({key: _in_words(model.lineage)[key] for key in SOURCES}))
    (folder / "slices.json").write_bytes(canonical(model.metrics["report"]["slices"]))
    _write_mapping(given, folder)


def _write_files(model: TaskModel, folder: Path) -> None:
    for name, content in files_of(model).items():
        ending = ".npz" if name in ("trees", "linear", "text") else ".json"
        (folder / f"{name}{ending}").write_bytes(content)


def _write_mapping(given: Given, folder: Path) -> None:
    if given.mapping is not None:
        (folder / "mapping.yaml").write_bytes(given.mapping.read_bytes())


def _log_model(model: TaskModel, features: Floats) -> Any:
    """The model as the service answers it; MLflow keeps a copy of the rooms that its arrays are read by."""
    from training.tracking import registered_model

    names = list(model.features().names)
    example = pd.DataFrame(features[:EXAMPLE_ROWS], columns=names)
    with tempfile.TemporaryDirectory() as folder:
        registered_model.write(model, Path(folder))
        return mlflow.pyfunc.log_model(
            name="model",
            python_model=registered_model.__file__,
            artifacts={registered_model.ARTIFACT: folder},
            code_paths=[str(ROOMS / room) for room in ("data", "features", "models")],
            signature=infer_signature(example, registered_model.answer(model, example.to_numpy())),
            input_example=example,
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
        )
