"""A bundle is verified whole, published atomically, kept for good; the ladder steps down where it cannot be trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from data.horizons import UNSAID
from data.record import canonical
from data.vocabulary import ServedBy, Task
from features.attributes import EMPTY, AttributeSchema, Declaration
from features.catalogue import feature_set
from features.lessons import NO_LESSONS, Lesson, Pending
from features.party_rows import PartyKey, PartyState
from features.seeds import snapshot
from models import files
from models.bundle import BUNDLE_SCHEMA, bring, files_named_by, lessons_named, open_bundle, publish
from models.delays import Delays
from models.files import BundleError
from models.ladder import load_predictors
from models.predictors import ModelPredictor
from models.task_model import TaskModel, describe, files_of, read
from models.text import BUCKETS, TextModel
from tests.fixtures.task_models import cases, chained_model, task_model

NOW = datetime(2026, 3, 3, tzinfo=UTC)
ODD_TASKS: list[object] = [[], None, "x", {"stockout": []}, {"stockout": {}}, {"stockout": {"files": ["x"]}}]


def publish_all(folder: Path, seed: int = 1, at: datetime = NOW) -> str:
    return publish(folder, {task: task_model(task, seed) for task in Task}, created_at=at)


def damage(folder: Path, digest: str) -> None:
    path = folder / "files" / digest.removeprefix("sha256:")
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")


@pytest.mark.parametrize("task", Task)
def test_a_model_predicts_the_same_after_publishing_and_opening(tmp_path: Path, task: Task) -> None:
    publish_all(tmp_path)
    opened = open_bundle(tmp_path)
    assert opened.problems == {}
    again = load_predictors(tmp_path).ladder(task)[0].predictor
    assert again is not None
    for case, standing in cases()[:20]:
        assert again.predict(case, standing) == opened.models[task].predict(case, standing)


@pytest.mark.parametrize(("horizon", "timeless"), [("P90D", False), (UNSAID, True)])
def test_of_what_time_a_model_speaks_is_published_with_it(tmp_path: Path, horizon: str, timeless: bool) -> None:
    told = replace(task_model(Task.STOCKOUT), horizon=horizon, timeless=timeless)
    publish(tmp_path, {Task.STOCKOUT: told}, created_at=NOW)
    kept = open_bundle(tmp_path).models[Task.STOCKOUT].model
    assert (kept.horizon, kept.timeless) == (horizon, timeless)


def test_nothing_new_is_said_of_a_model_with_times() -> None:
    assert "timeless" not in describe(task_model(Task.STOCKOUT))


@pytest.mark.parametrize("plain", [False, True])
def test_how_a_model_tells_what_is_usual_is_published_with_it(tmp_path: Path, plain: bool) -> None:
    told = replace(task_model(Task.STOCKOUT), plain_usual=plain)
    assert ("plain_usual" in describe(told)) == plain, "a bundle of before holds no such word"
    publish(tmp_path, {Task.STOCKOUT: told}, created_at=NOW)
    assert open_bundle(tmp_path).models[Task.STOCKOUT].model.plain_usual == plain


@pytest.mark.parametrize("delays", [None, Delays(2, {"no": (1.0, 1.0), "yes": (0.25, 1.0)})])
def test_how_a_level_is_heeded_is_published_with_it(tmp_path: Path, delays: Delays | None) -> None:
    told = replace(task_model(Task.STOCKOUT), record_share=0.5, delays=delays)
    publish(tmp_path, {Task.STOCKOUT: told}, created_at=NOW)
    kept = open_bundle(tmp_path).models[Task.STOCKOUT].model
    assert (kept.record_share, kept.delays) == (0.5, delays)


@pytest.mark.parametrize(
    "record", ["{}", "[]", '{"kind":"record","share":2}', '{"kind":"record","share":0.5,"delays":{}}']
)
def test_a_record_file_that_says_something_else_is_no_part_of_a_model(record: str) -> None:
    model = replace(task_model(Task.STOCKOUT), record_share=0.5)
    kept = files_of(model) | {"record": record.encode()}
    with pytest.raises(BundleError, match="do not make a model"):
        read(Task.STOCKOUT, describe(model), kept.get)


@pytest.mark.parametrize("named", [False, True])
def test_whether_guesses_are_named_is_kept_with_the_bundle(tmp_path: Path, named: bool) -> None:
    told = replace(task_model(Task.STOCKOUT), names_guesses=named)
    assert ("names_guesses" in describe(told)) == named, "a bundle of before holds no such word"
    publish(tmp_path, {Task.STOCKOUT: told}, created_at=NOW)
    assert open_bundle(tmp_path).models[Task.STOCKOUT].model.names_guesses == named


def test_the_same_models_give_the_same_digest(tmp_path: Path) -> None:
    assert publish_all(tmp_path / "one") == publish_all(tmp_path / "two")


def test_training_one_task_keeps_the_others(tmp_path: Path) -> None:
    publish(tmp_path, {Task.STOCKOUT: task_model(Task.STOCKOUT)}, created_at=NOW)
    publish(tmp_path, {Task.SLA_BREACH: task_model(Task.SLA_BREACH)}, created_at=NOW + timedelta(1))
    assert set(open_bundle(tmp_path).models) == {Task.STOCKOUT, Task.SLA_BREACH}


def test_lessons_that_wait_are_published_beside_the_parties_and_stay(tmp_path: Path) -> None:
    """A task that is trained again without a history of its own leaves them; a snapshot without any replaces them."""
    lesson = Pending(NOW, "e-1", 0, (PartyKey("node", "n"),), Lesson(NOW, breached=True), "x-1")
    rows = snapshot([PartyState("node", "n", NOW, 1.0)], [lesson])
    model = {Task.STOCKOUT: task_model(Task.STOCKOUT, 1)}
    first = publish(tmp_path, model, created_at=NOW, standing=rows)
    publish(tmp_path, model, created_at=NOW)
    bundle = open_bundle(tmp_path)
    assert bundle.standing == rows
    assert lessons_named(tmp_path, bundle.named["pending"]).pending[0].lesson == lesson.lesson
    bring(tmp_path, first, tmp_path / "other")
    assert open_bundle(tmp_path / "other", first).standing == rows
    publish(tmp_path, model, created_at=NOW, standing=rows[:1])
    assert open_bundle(tmp_path).standing == rows[:1]
    damage(tmp_path, bundle.named["pending"])
    assert lessons_named(tmp_path, bundle.named["pending"]) is NO_LESSONS
    assert open_bundle(tmp_path, first).standing == rows[:1], "the parties are seeded nevertheless"


def test_an_earlier_bundle_opens_by_its_digest(tmp_path: Path) -> None:
    first = publish_all(tmp_path)
    publish_all(tmp_path, seed=2, at=NOW + timedelta(1))
    assert open_bundle(tmp_path, first).digest == first


@pytest.mark.parametrize("task", Task)
def test_one_altered_file_costs_one_model_and_is_named(tmp_path: Path, task: Task) -> None:
    publish_all(tmp_path)
    bundle = open_bundle(tmp_path)
    damage(tmp_path, bundle.named[f"{task} trees"])
    again = open_bundle(tmp_path)
    assert set(again.problems) == {task}
    assert "altered" in again.problems[task]
    assert bundle.altered()
    assert f"{task} trees" in bundle.altered()[0]


def test_with_every_file_gone_the_ladder_still_stands_and_says_why(tmp_path: Path) -> None:
    publish_all(tmp_path)
    for path in (tmp_path / "files").iterdir():
        path.unlink()
    predictors = load_predictors(tmp_path)
    for task in Task:
        (rung,) = predictors.ladder(task)
        assert rung.predictor is None
        assert rung.reason == "model_unavailable"
        assert "missing" in rung.detail


def test_an_empty_folder_gives_empty_rungs(tmp_path: Path) -> None:
    predictors = load_predictors(tmp_path / "nowhere")
    assert predictors.digest is None
    assert all(predictors.ladder(task)[0].predictor is None for task in Task)


def test_the_previous_bundle_serves_where_the_one_in_force_is_damaged(tmp_path: Path) -> None:
    publish_all(tmp_path)
    publish_all(tmp_path, seed=2, at=NOW + timedelta(1))
    damage(tmp_path, open_bundle(tmp_path).named["sla_breach trees"])
    first, second = load_predictors(tmp_path).ladder(Task.SLA_BREACH)
    assert (first.served_by, first.predictor) == (ServedBy.MODEL, None)
    assert second.served_by is ServedBy.PREVIOUS_MODEL
    assert second.predictor is not None


def test_a_model_equal_to_its_predecessor_has_one_rung(tmp_path: Path) -> None:
    publish_all(tmp_path)
    publish(tmp_path, {Task.STOCKOUT: task_model(Task.STOCKOUT, 2)}, created_at=NOW + timedelta(1))
    predictors = load_predictors(tmp_path)
    assert [len(predictors.ladder(task)) for task in (Task.STOCKOUT, Task.SLA_BREACH)] == [2, 1]


def test_a_model_that_does_not_reproduce_its_golden_cases_is_not_published(tmp_path: Path) -> None:
    model, other = task_model(Task.SLA_BREACH), task_model(Task.SLA_BREACH, 2)
    wrong = TaskModel(**{**vars(model), "golden": other.golden})
    with pytest.raises(BundleError, match="golden case"):
        publish(tmp_path, {Task.SLA_BREACH: wrong}, created_at=NOW)
    assert not (tmp_path / files.MANIFEST).exists()


def test_a_forged_manifest_is_not_trusted_but_its_predecessor_is(tmp_path: Path) -> None:
    publish_all(tmp_path)
    (tmp_path / files.MANIFEST).write_text('{"schema":"fairlead/bundle/1"}')
    with pytest.raises(BundleError, match="altered"):
        open_bundle(tmp_path)
    rungs = load_predictors(tmp_path).ladder(Task.STOCKOUT)
    assert [rung.served_by for rung in rungs] == [ServedBy.MODEL, ServedBy.PREVIOUS_MODEL]


@pytest.mark.parametrize(
    "manifest",
    [
        [],
        7,
        None,
        "x",
        {},
        {"schema": BUNDLE_SCHEMA},
        *({"schema": BUNDLE_SCHEMA, "tasks": each} for each in ODD_TASKS),
    ],
)
def test_a_manifest_that_is_no_manifest_is_answered_as_one(tmp_path: Path, manifest: object) -> None:
    """Whoever asks for a promotion sends the manifest, and it may be any JSON."""
    digest = files.keep_manifest(tmp_path, canonical(manifest))
    with pytest.raises(BundleError, match=r"the manifest (says|names no files)"):
        open_bundle(tmp_path, digest)
    with pytest.raises(BundleError):
        files_named_by(canonical(manifest))


def test_a_model_reads_its_own_columns_of_what_is_computed_today(tmp_path: Path) -> None:
    """It was trained before some features were added, wherever they stand now."""
    publish_all(tmp_path)
    model = open_bundle(tmp_path).models[Task.SLA_BREACH].model
    older = replace(model, columns=(*model.columns[5:9], *model.columns[20:]))
    facts = model.features().matrix(cases()[:7])
    assert np.array_equal(older.its_own(facts), older.features().matrix(cases()[:7]), equal_nan=True)
    assert model.its_own(facts) is facts


def test_a_model_is_kept_with_its_links(tmp_path: Path) -> None:
    model = chained_model()
    publish(tmp_path, {Task.SLA_BREACH: model}, created_at=NOW)
    kept = open_bundle(tmp_path).models[Task.SLA_BREACH].model
    facts = feature_set(Task.SLA_BREACH).matrix(cases())
    messages = [case.message for case, _ in cases()]
    assert [link.task for link in kept.links] == [Task.EXCEPTION_TYPE]
    assert np.array_equal(kept.complete(facts, messages), kept.features().matrix(cases()), equal_nan=True)
    assert np.array_equal(kept.complete(facts, messages), model.complete(facts, messages), equal_nan=True)


def test_a_link_over_other_facts_is_no_part_of_a_model() -> None:
    model = chained_model()
    other = replace(model.links[0], text=TextModel(("a", "b"), np.zeros((BUCKETS, 2)), np.zeros(2), frozenset()))
    described, kept = describe(model), files_of(replace(model, links=(other,)))
    with pytest.raises(BundleError, match="link of exception_type over"):
        read(Task.SLA_BREACH, described, kept.get)


def test_a_bundle_declares_what_any_of_its_models_reads(tmp_path: Path) -> None:
    publish_all(tmp_path)
    opened = open_bundle(tmp_path)

    def reading(task: Task, name: str) -> ModelPredictor:
        declared = AttributeSchema(attributes={name: Declaration(kind="category")}, facts={"region": ("emea",)})
        return ModelPredictor(replace(opened.models[task].model, attributes=declared), version=name)

    both = replace(
        opened,
        models={Task.SLA_BREACH: reading(Task.SLA_BREACH, "vendor"), Task.STOCKOUT: reading(Task.STOCKOUT, "aisle")},
    )
    assert both.attributes.kinds == {"vendor": "category", "aisle": "category"}
    assert replace(opened, models={}).attributes == EMPTY
