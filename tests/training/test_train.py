"""From a history to a bundle that serves, and its scores on later days: the whole way, small."""

import itertools
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]

from data.case import Case
from data.record import canonical
from data.standing import Standing
from data.vocabulary import Task
from features.catalogue import DIRECTIONS, feature_set
from features.chain import EARLIER
from features.lessons import PENDING, read_lessons
from features.party_rows import MemoryRows, PartyKey
from features.seeds import read_snapshot
from features.standing import StandingKeeper, replay
from models.bundle import open_bundle
from models.ladder import load_predictors
from policies.policy import load_policy
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import parts, short_history, small_history
from training.errors import HistoryError
from training.histories.history import History, open_history
from training.learning.evaluate import Floats, calibrated, evaluate, overlap, studied
from training.progress import Silent
from training.tables.mapping import load_mapping
from training.train import Order, Training, train

AT = datetime(2026, 11, 23, tzinfo=UTC)
PAIR = (Task.SLA_BREACH, Task.EXCEPTION_TYPE)


def order(out: Path, *tasks: Task) -> Order:
    return Order(tasks, out, load_policy(), AT, threads=1, test_share=0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundle")


@pytest.fixture(scope="module")
def trained(folder: Path) -> Training:
    return train(open_history(parts()[0]), order(folder, *PAIR), Silent())


def test_the_bundle_in_force_holds_the_tasks_and_serves_them(folder: Path, trained: Training) -> None:
    bundle = open_bundle(folder)
    assert bundle.digest == trained.digest
    assert not bundle.problems
    assert load_predictors(folder).ladder(Task.SLA_BREACH)[0].predictor is not None
    assert set(bundle.models) == set(PAIR)
    assert all(len(predictor.model.golden) == 8 for predictor in bundle.models.values())


@pytest.mark.parametrize("task", PAIR)
def test_the_model_beats_its_base_rate_on_the_days_it_was_tested_on(trained: Training, task: Task) -> None:
    told = trained.metrics[task]
    assert told["model"]["log_loss"] < told["base"]["log_loss"]
    assert told["n"] > 100


def test_the_lineage_names_what_went_in(folder: Path, trained: Training) -> None:
    lineage = open_bundle(folder).models[Task.SLA_BREACH].model.lineage
    assert lineage["data"] == open_history(parts()[0]).digest
    assert lineage["mapping"] is None
    assert lineage["rehearsed_on"]["to"] < lineage["tested_on"]["from"]
    assert lineage["fitted_on"]["to"] == lineage["calibrated_on"]["to"] == lineage["tested_on"]["to"]


def test_the_same_order_publishes_the_same_bytes(folder: Path, trained: Training, tmp_path: Path) -> None:
    assert train(open_history(parts()[0]), order(tmp_path, *PAIR), Silent()).digest == trained.digest


def test_tasks_that_learn_side_by_side_do_not_give_each_other_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many cores linear algebra uses decides the last bit: no task may see another's limit come and go."""
    seen = list[int]()

    def learns(task: Task, *_: object) -> None:
        with threadpool_limits(limits=1):
            pass
        seen.extend(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
        raise HistoryError("seen enough")

    monkeypatch.setattr("training.train.learn", learns)
    with threadpool_limits(limits=2, user_api="blas"), pytest.raises(HistoryError, match="seen enough"):
        train(open_history(short_history()), replace(order(tmp_path, *PAIR), threads=2), Silent())
    assert set(seen) == {1}


def test_another_task_joins_those_already_in_the_folder(tmp_path: Path) -> None:
    history = open_history(short_history())
    with few_trees():
        train(history, order(tmp_path, Task.SLA_BREACH), Silent())
        train(history, order(tmp_path, Task.ROOT_CAUSE), Silent())
    assert set(open_bundle(tmp_path).models) == {Task.SLA_BREACH, Task.ROOT_CAUSE}


def test_later_days_are_scored_alike_after_context_and_from_the_snapshot(folder: Path, trained: Training) -> None:
    earlier, later = map(open_history, parts())
    bundle = open_bundle(folder)
    models = {task: bundle.models[task].model for task in PAIR}
    known = evaluate(models, later, earlier, load_policy(), Silent())
    assert json.loads(json.dumps(known)) == known
    for task in PAIR:
        assert known[task]["model"]["log_loss"] < known[task]["base"]["log_loss"]
    seeded = evaluate(models, later, bundle.standing or [], load_policy(), Silent())
    assert seeded[Task.SLA_BREACH]["n"] == known[Task.SLA_BREACH]["n"]
    assert seeded[Task.SLA_BREACH]["model"]["log_loss"] == pytest.approx(
        known[Task.SLA_BREACH]["model"]["log_loss"], rel=0.05
    )


def test_a_bundle_knows_what_its_history_knows_as_soon_as_it_is_known(
    folder: Path, trained: Training, tmp_path: Path
) -> None:
    """Features of later days from the snapshot alone are those after the whole history: outcomes known late wait in it.

    Exceptions of which both tell are left out: from the snapshot, an update of one is its first.
    """
    told = [list(open_history(path).lines()) for path in parts()]
    met = {line.case.exception_id for line in told[0]}
    later, bundle = tmp_path / "later.jsonl", open_bundle(folder)
    others = [canonical(line) + b"\n" for line in told[1] if line.case.exception_id not in met]
    later.write_bytes(b"".join(others))
    model = bundle.models[Task.SLA_BREACH].model

    def facts(before: History | list[dict[str, Any]]) -> Floats:
        seen = studied(open_history(later), before, PAIR, model.attributes, load_policy(), Silent())
        return seen.known(Task.EXCEPTION_TYPE).facts

    ended, standing = max(line.case.event.time for line in told[0]), bundle.standing or []
    late = [
        (line.outcome.recorded_at, line.case.event.id)
        for line in told[0]
        if line.outcome and line.outcome.recorded_at > ended
    ]
    assert [(each.recorded_at, each.event_id) for each in read_lessons(standing).pending] == sorted(late)
    without = [row for row in standing if row["kind"] != PENDING]
    whole = facts(open_history(parts()[0]))
    np.testing.assert_array_equal(facts(standing), whole)
    assert not np.array_equal(facts(without), whole, equal_nan=True), "they are needed"


def test_a_history_whose_outcomes_were_all_known_later_waits_for_none(tmp_path: Path) -> None:
    """The models read of no outcome: where they serve, it stays so."""
    lines = [json.loads(line) for line in short_history().read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["outcome"]["recorded_at"] = "2027-01-01T00:00:00Z"
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with few_trees():
        train(open_history(path), order(tmp_path / "bundle", Task.ROOT_CAUSE), Silent())
    bundle = open_bundle(tmp_path / "bundle")
    assert len(bundle.standing or []) > 100
    assert "pending" not in bundle.named


def test_a_later_task_reads_what_links_of_the_earlier_ones_say(folder: Path, trained: Training) -> None:
    model = open_bundle(folder).models[Task.SLA_BREACH].model
    assert tuple(link.task for link in model.links) == EARLIER[Task.SLA_BREACH]
    golden = model.golden[0]
    facts = feature_set(Task.SLA_BREACH, model.attributes).vector(golden.case, golden.standing)
    served = model.features().vector(golden.case, golden.standing)
    assert np.array_equal(model.complete(facts[None, :], [golden.case.message])[0], served, equal_nan=True)
    assert calibrated(model, served[None, :])[0, 0] == golden.probabilities["yes"]


@pytest.mark.parametrize("task", PAIR)
def test_every_later_case_is_read_in_bulk_as_when_it_is_served(folder: Path, trained: Training, task: Task) -> None:
    """Facts, links and message of a whole history at once, and of each case alone from what the service stores."""
    model = open_bundle(folder).models[task].model
    keeper = StandingKeeper(MemoryRows(), model.attributes)
    known = [(line.case, standing) for line, standing in replay(open_history(parts()[1]).lines(), keeper)]
    bulk = model.complete(feature_set(task, model.attributes).matrix(known), [case.message for case, _ in known])
    features = model.features()
    stored = ((canonical(case), canonical(standing)) for case, standing in known)
    served = features.matrix(
        (Case.model_validate_json(case), Standing.model_validate_json(standing)) for case, standing in stored
    )
    assert bulk.shape == (300, len(features.names))
    assert np.array_equal(bulk, served, equal_nan=True)


def test_a_trained_model_never_goes_against_what_the_domain_knows(folder: Path, trained: Training) -> None:
    """Each fact of which more can only raise the risk, over the values it is seen with; links read it anew."""
    model = open_bundle(folder).models[Task.SLA_BREACH].model
    features, earlier = model.features(), feature_set(Task.SLA_BREACH, model.attributes)
    keeper = StandingKeeper(MemoryRows(), model.attributes)
    later = replay(open_history(parts()[1]).lines(), keeper)
    known = [(line.case, standing) for line, standing in itertools.islice(later, 40)]
    facts, messages = earlier.matrix(known), [case.message for case, _ in known for _ in range(50)]
    directions = features.directions(Task.SLA_BREACH)
    assert {features.names[column] for column in directions} == DIRECTIONS[Task.SLA_BREACH].keys()
    moved = 0.0
    for column, direction in directions.items():
        low, middle, high = model.reference[features.names[column]]
        swept = np.repeat(facts[:, None, :], 50, axis=1)
        swept[:, :, column] = np.linspace(min(low, -1.0), max(3 * high, middle, 1.0), 50)
        read = model.complete(swept.reshape(-1, facts.shape[1]), messages)
        said = calibrated(model, read).reshape(swept.shape[:2])
        assert (direction * np.diff(said, axis=1)).min() >= 0.0
        moved = max(moved, float(np.ptp(said, axis=1).max()))
    assert moved > 0.01, "a model that reads none of them proves nothing"


def test_scores_are_those_of_the_answers_that_are_served(folder: Path, trained: Training) -> None:
    model = open_bundle(folder).models[Task.EXCEPTION_TYPE].model
    golden = model.golden[0]
    row = model.features().vector(golden.case, golden.standing)[None, :]
    expected = [golden.probabilities[label] for label in Task.EXCEPTION_TYPE.labels]
    np.testing.assert_allclose(calibrated(model, row)[0], expected, atol=1e-9)


def test_a_history_the_model_has_seen_is_recognised() -> None:
    earlier, later = map(open_history, parts())
    cut = max(line.case.event.time for line in earlier.lines())
    assert overlap(later, cut) <= 0.05
    assert overlap(earlier, cut) == 1.0


def test_a_history_that_cannot_teach_a_task_is_refused_and_publishes_nothing(tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_bytes(b"".join(small_history().read_bytes().splitlines(keepends=True)[:100]))
    with pytest.raises(HistoryError, match="training needs at least 200"):
        train(open_history(few), order(tmp_path / "bundle", Task.SLA_BREACH), Silent())
    assert not (tmp_path / "bundle").exists()


def test_where_few_teach_it_is_said_how_many_were_left_out_and_why(tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    lines = [json.loads(line) for line in small_history().read_bytes().splitlines()[:150]]
    for line in lines[:60]:
        line["case"]["promise"] = {"due_at": "2020-01-01T00:00:00Z"}
    for line in lines[60:100]:
        line["case"]["promise"] = {"due_at": "2090-01-01T00:00:00Z"}
    few.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(HistoryError) as caught:
        train(open_history(few), order(tmp_path / "bundle", Task.SLA_BREACH), Silent())
    says = str(caught.value)
    numbers = re.search(
        r"(\d+) cases with a known outcome; training needs at least 200\. Left out besides: (\d+) whose promise"
        r" had passed .*; (\d+) whose promise is not due yet where the history ends",
        says,
    )
    assert numbers, says
    known, passed, due_later = map(int, numbers.groups())
    assert min(passed, due_later) > 40
    assert known + passed + due_later <= len(lines)


def test_an_event_that_is_there_twice_is_named(tmp_path: Path) -> None:
    twice = tmp_path / "twice.jsonl"
    first = small_history().read_bytes().splitlines(keepends=True)[0]
    twice.write_bytes(first + first)
    event = json.loads(first)["case"]["event"]
    with pytest.raises(HistoryError, match=f"event {event['id']} of {event['source']} is there twice"):
        train(open_history(twice), order(tmp_path / "bundle", Task.SLA_BREACH), Silent())


def test_outcomes_that_are_all_alike_teach_nothing(tmp_path: Path) -> None:
    alike = tmp_path / "alike.jsonl"
    lines = [json.loads(line) for line in small_history().read_bytes().splitlines()]
    for line in lines:
        line.setdefault("outcome", {"recorded_at": line["case"]["event"]["time"]})["sla_breached"] = False
    alike.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(
        HistoryError, match=r"^sla_breach: the outcomes to learn from are 1168 no; at least two must"
    ) as caught:
        train(open_history(alike), order(tmp_path / "bundle", Task.SLA_BREACH), Silent())
    others = re.search(
        r"; the other ([\d,]+) of ([\d,]+) cases with a known outcome are ([\d,]+) of the latest days kept to test "
        r"\(--test-share\)(?: and ([\d,]+) of exceptions that go on later)?",
        str(caught.value),
    )
    assert others, str(caught.value)
    rest, known, tested, going_on = (int((each or "0").replace(",", "")) for each in others.groups())
    assert rest == tested + going_on
    assert known == 1168 + rest
    left_out = sum(map(int, re.findall(r"[:;] (\d+) (?:whose promise|so young)", str(caught.value))))
    assert known + left_out == len(lines), "every case with an outcome is somewhere"


def test_a_task_that_cannot_be_taught_is_left_out_where_that_is_asked(tmp_path: Path) -> None:
    bare = tmp_path / "bare.jsonl"
    lines = [json.loads(line) for line in short_history().read_bytes().splitlines()]
    for line in lines:
        line.get("outcome", {}).pop("stockout", None)
    bare.write_text("\n".join(map(json.dumps, lines)))
    asked = replace(order(tmp_path / "bundle", Task.SLA_BREACH, Task.STOCKOUT), keep_going=True)
    with few_trees():
        trained = train(open_history(bare), asked, Silent())
    assert set(trained.metrics) == {Task.SLA_BREACH}
    assert "at least 200" in trained.left_out[Task.STOCKOUT]


MAPPING = """
schema: fairlead/mapping/1
view: {rows: at_opening, key: number}
facts:
  event.source: {constant: desk}
  event.id: number
  event.time: {column: opened, zone: UTC}
  exception_id: number
attributes: {priority: priority, group: group}
outcome:
  sla_breached: late
  recorded_at: {column: closed, zone: UTC}
leaks: {resolved_by: given at the end}
"""


def test_a_desk_of_another_kind_is_learned_through_its_mapping(tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    rows = ["number,opened,priority,group,late,closed,resolved_by"]
    for number in range(900):
        urgent, group = generator.random() < 0.3, generator.integers(0, 4)
        late = generator.random() < (0.8 if urgent else 0.1)
        day, hour = divmod(number, 24)
        moment = f"2026-{1 + day // 28:02d}-{1 + day % 28:02d} {hour:02d}:00"
        rows.append(f"{number},{moment},{1 if urgent else 3},g{group},{late},{moment},r{int(late)}")
    table, mapping = tmp_path / "desk.csv", tmp_path / "desk.yaml"
    table.write_text("\n".join(rows))
    mapping.write_text(MAPPING)
    history = open_history(table, load_mapping(mapping))
    told = train(history, order(tmp_path / "bundle", Task.SLA_BREACH), Silent()).metrics[Task.SLA_BREACH]
    assert told["model"]["roc_auc"] > 0.75
    assert told["model"]["log_loss"] < told["rules"]["log_loss"]
    model = open_bundle(tmp_path / "bundle").models[Task.SLA_BREACH].model
    assert model.attributes.kinds.keys() == {"priority", "group"}
    assert model.lineage["mapping"] == history.mapping_digest


@pytest.mark.parametrize(("days_later", "short"), [(0, True), (3, False)])
def test_hours_are_remembered_where_outcomes_are_known_within_a_day(
    tmp_path: Path, days_later: int, short: bool
) -> None:
    rows = ["number,opened,priority,group,late,closed,resolved_by"]
    for number in range(720):
        opened = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        closed = opened + timedelta(days=days_later, hours=1)
        rows.append(f"{number},{opened:%Y-%m-%d %H:%M},{number % 3},g,{number % 4 == 0},{closed:%Y-%m-%d %H:%M},r")
    table, mapping = tmp_path / "desk.csv", tmp_path / "desk.yaml"
    table.write_text("\n".join(rows))
    mapping.write_text(MAPPING)
    with few_trees():
        train(open_history(table, load_mapping(mapping)), order(tmp_path / "bundle", Task.SLA_BREACH), Silent())
    model = open_bundle(tmp_path / "bundle").models[Task.SLA_BREACH].model
    assert model.attributes.short_memory is short
    assert ("usual_breach_rate_short" in model.features().names) is short


@pytest.mark.parametrize(("hours", "long"), [(5, True), (3, False)])
def test_what_a_long_history_leaves_open_ends_in_the_snapshot_as_others_ended(
    tmp_path: Path, hours: int, long: bool
) -> None:
    rows = ["number,opened,priority,group,late,closed,resolved_by"]
    for number in range(720):
        opened = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours * number)
        ended = f"{number % 4 == 0},{opened + timedelta(hours=20 + number % 20):%Y-%m-%d %H:%M},r"
        rows.append(f"{number},{opened:%Y-%m-%d %H:%M},{number % 3},g,{ended if number < 718 else ',,'}")
    table, mapping = tmp_path / "desk.csv", tmp_path / "desk.yaml"
    table.write_text("\n".join(rows))
    mapping.write_text(MAPPING)
    with few_trees():
        train(open_history(table, load_mapping(mapping)), order(tmp_path / "bundle", Task.SLA_BREACH), Silent())
    bundle = open_bundle(tmp_path / "bundle")
    presumed = [each for each in read_lessons(bundle.standing or ()).pending if not each.lesson.tells]
    assert [each.exception_id for each in presumed] == ["718", "719"] * long
    assert bundle.models[Task.SLA_BREACH].model.attributes.open_cases is long


def test_parties_known_before_the_history_stay_known(tmp_path: Path) -> None:
    before = [{"kind": "node", "id": "closed-long-ago", "outcomes": 4.0, "recorded_at": "2026-01-01T00:00:00+00:00"}]
    asked = replace(order(tmp_path / "bundle", Task.SLA_BREACH), known_before=before)
    with few_trees():
        train(open_history(short_history()), asked, Silent())
    kept = open_bundle(tmp_path / "bundle").standing or []
    assert [row for row in kept if row["id"] == "closed-long-ago"] == before
    assert len(kept) > 100


def test_without_times_no_party_is_told_by_its_place_in_the_file(tmp_path: Path) -> None:
    """Arrivals would grow with the file: a larger training, and today's cases, would look like another world."""
    lines = [json.loads(line) for line in short_history().read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["case"]["event"]["time"] = "2026-01-01T00:00:00Z"
        if line.get("outcome"):
            line["outcome"] = {"recorded_at": "2027-01-01T00:00:00Z", "root_cause": line["outcome"].get("root_cause")}
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with few_trees():
        trained = train(open_history(path), order(tmp_path / "bundle", Task.ROOT_CAUSE), Silent())
    assert trained.timeless
    usual = open_bundle(tmp_path / "bundle").models[Task.ROOT_CAUSE].model.reference
    arrivals = {name: told for name, told in usual.items() if name.endswith(("_arrivals", "_pace"))}
    assert len(arrivals) > 3
    assert all(low == high for low, _, high in arrivals.values())


def test_a_history_of_another_kind_leaves_what_the_first_told_of_the_same_parties(tmp_path: Path) -> None:
    """Shelves into a folder whose promises were learned elsewhere: the retailer's outcomes stay."""
    out = tmp_path / "bundle"
    with few_trees():
        train(open_history(short_history()), order(out, Task.SLA_BREACH), Silent())
    before = read_snapshot(open_bundle(out).standing or [])
    lines = [json.loads(line) for line in short_history().read_bytes().splitlines()]
    shelves = tmp_path / "shelves.jsonl"
    for number, line in enumerate(lines):
        at = line["case"]["event"]["time"]
        line["outcome"] = {"recorded_at": at, "stockout": number % 3 == 0}
        line["case"].pop("promise", None)
        line["case"]["stock"] = [{"sku": "s", "node": "n", "on_hand": number % 7, "as_of": at}]
    shelves.write_text("\n".join(map(json.dumps, lines)))
    with few_trees():
        train(open_history(shelves), order(out, Task.STOCKOUT), Silent())
    after = read_snapshot(open_bundle(out).standing or [])
    retailer = PartyKey("retailer", "retailer")
    assert after[retailer].shelf_outcomes > 0
    rates = [rows[retailer].breaches / rows[retailer].outcomes for rows in (before, after)]
    assert rates[0] == pytest.approx(rates[1])
