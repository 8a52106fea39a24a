"""Retraining on use refuses what it cannot mix, before anything is exported."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from data.promotion import CheckName, Finding
from data.record import Unit
from data.vocabulary import Task
from features.attributes import Declaration
from features.wording import Wording
from models.bundle import open_bundle, publish
from policies.policy import load_policy
from tests.fixtures.days import MAPPING, daily_table
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import small_history
from tests.fixtures.leaky import leaky_mapping, leaky_table
from tests.fixtures.promotions import AT, CHALLENGER, CHAMPION, later, lines, write
from tests.fixtures.tables import backorders
from tests.fixtures.task_models import coded_model
from training.commands.retrain import app
from training.commands.train import app as training
from training.errors import HistoryError
from training.histories.history import History, open_history
from training.progress import Progress, Silent
from training.promotion.compare import compare, kept
from training.train import Order, Training, train

run = CliRunner()


@dataclass
class Recorded:
    """A service that was used."""

    bundle: Path
    exported: list[Path] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)

    def require_use(self) -> None:
        return

    def export(self, out: Path) -> str:
        self.exported.append(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(gzip.compress("\n".join(map(json.dumps, self.lines)).encode()))
        return "exported"


def test_a_table_of_days_is_refused_with_what_to_do_instead(tmp_path: Path) -> None:
    service = Recorded(tmp_path / "bundle")
    history, mapping = tmp_path / "days.csv", tmp_path / "days.yaml"
    daily_table(5, 10).to_csv(history, index=False)
    mapping.write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    asked = ["retrain", "--folder", str(tmp_path), "--history", str(history), "--mapping", str(mapping), "--no-track"]
    told = run.invoke(app, asked, obj=lambda folder, bundle: service)
    assert told.exit_code == 1
    assert told.stderr.count("error:") == 1
    said = " ".join(told.stderr.split())
    assert "holds no question about a day" in said
    assert f"fairlead train stockout --history FILE --mapping {mapping} --out" in said
    assert f"--beside {service.bundle}" in said
    assert service.exported == []


def test_a_table_without_times_is_refused_too(tmp_path: Path) -> None:
    service, mapping = Recorded(tmp_path / "bundle"), Path("examples/mappings/backorders.yaml")
    history = str(backorders(tmp_path / "articles.csv", 20))
    asked = ["retrain", "--folder", str(tmp_path), "--history", history, "--mapping", str(mapping), "--no-track"]
    told = run.invoke(app, asked, obj=lambda folder, bundle: service)
    assert told.exit_code == 1
    said = " ".join(told.stderr.split())
    assert "gives all rows one moment" in said
    assert f"fairlead train TASK --history FILE --mapping {mapping} --out CHALLENGER_DIR" in said
    assert service.exported == []


def kept_alike() -> list[Any]:
    """A recorded history whose outcomes tell of kept promises alone."""
    lines = [json.loads(line) for line in small_history().read_bytes().splitlines()]
    for line in lines:
        line["outcome"] = {"recorded_at": line["case"]["event"]["time"], "sla_breached": False}
    return lines


def test_a_run_that_is_refused_names_each_task_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    service = Recorded(tmp_path / "bundle", lines=kept_alike())
    asked = ["retrain", "--folder", str(tmp_path), "--no-track", "--trials", "0"]
    told = run.invoke(app, asked, obj=lambda folder, bundle: service)
    said = " ".join(told.stderr.split())
    assert told.exit_code == 1
    assert "error: sla_breach: the outcomes to learn from are 1321 no" in said
    assert "No task was learned anew, so nothing was published" in said
    assert "stockout" not in said
    assert "root_cause" not in said, "nothing hears of a cause that nobody told"
    assert len(service.exported) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    service = Recorded(tmp_path / "bundle", lines=kept_alike())
    (tmp_path / "out").mkdir()
    asked = ["retrain", "--folder", str(tmp_path), "--no-track", "--trials", "0", "--out", str(tmp_path / "out")]
    assert run.invoke(app, asked, obj=lambda folder, bundle: service).exit_code == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_without_any_outcome_it_is_said_what_to_send(tmp_path: Path) -> None:
    lines = [{**line, "outcome": None} for line in kept_alike()]
    service = Recorded(tmp_path / "bundle", lines=lines)
    told = run.invoke(app, ["retrain", "--folder", str(tmp_path), "--no-track"], obj=lambda folder, bundle: service)
    assert told.exit_code == 1
    assert "no outcome was recorded that tells what there is to predict" in " ".join(told.stderr.split())


def test_a_challenger_keeps_the_words_and_the_memory_of_the_bundle_that_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, words = coded_model(), {"inv": Wording(called="stock on hand", unit=Unit.EACH)}
    declared = {"inv": Declaration(kind="number", called="stock on hand", unit=Unit.EACH)}
    named = model.attributes.model_copy(update={"attributes": declared, "long_memory": True})
    served = replace(model, attributes=named, columns=model.features().names)
    publish(tmp_path / "bundle", {Task.SLA_BREACH: served}, created_at=datetime(2026, 11, 23, tzinfo=UTC))
    orders: list[Order] = []

    def enough(history: History, order: Order, progress: Progress) -> None:
        orders.append(order)
        raise HistoryError("enough")

    monkeypatch.setattr("training.train.train", enough)
    service = Recorded(tmp_path / "bundle", lines=kept_alike())
    run.invoke(app, ["retrain", "--folder", str(tmp_path), "--no-track"], obj=lambda folder, bundle: service)
    assert [order.wordings for order in orders] == [words]
    assert [order.long_memory for order in orders] == [True], "what it remembers of years is known before"


@cache
def learned_two_tasks() -> Path:
    """A bundle that serves two tasks."""
    folder = small_history().with_name("bundle-two-tasks")
    order = Order((Task.EXCEPTION_TYPE, Task.SLA_BREACH), folder, load_policy(), AT, threads=1)
    with few_trees():
        train(open_history(write("taught-two-tasks", lines()[:CHAMPION])), order, Silent())
    return folder


def of_two_tasks(folder: Path) -> Path:
    """Such a bundle in a place of its own."""
    return Path(shutil.copytree(learned_two_tasks(), folder))


def retrained(asked: list[str], service: Any) -> tuple[int, str]:
    """The command's code, and what it said on one line."""
    with few_trees():
        told = run.invoke(app, asked, obj=service)
    return told.exit_code, " ".join(told.stderr.split())


def telling_types_alone() -> list[Any]:
    """Days of use that tell of one of the two tasks alone."""
    told = ("recorded_at", "exception_type")
    used = [json.loads(json.dumps(line)) for line in lines()[CHALLENGER - 500 : CHALLENGER]]
    for line in used:
        line["outcome"] = {key: value for key, value in (line["outcome"] or {}).items() if key in told}
        line["outcome"] = line["outcome"] if "recorded_at" in line["outcome"] else None
        line["case"].pop("commitment", None)
    return used


def test_a_task_that_use_cannot_teach_is_kept_so_that_promote_takes_the_challenger(tmp_path: Path) -> None:
    champion = open_bundle(of_two_tasks(tmp_path / "bundle"))
    service = Recorded(tmp_path / "bundle", lines=telling_types_alone())
    asked = ["retrain", "--folder", str(tmp_path), "--no-track", "--trials", "0", "--out", str(tmp_path / "new")]
    code, said = retrained(asked, lambda folder, bundle: service)
    assert code == 0, said
    assert "exception_type: what later tasks hear" in said
    assert "root_cause: what later tasks hear" not in said
    assert "left out: sla_breach: " in said
    assert "kept from the champion: sla_breach " in said
    challenger = open_bundle(tmp_path / "new" / "bundle")
    assert kept(challenger, champion) == {Task.SLA_BREACH}
    dossier = compare(challenger, champion, open_history(later()), load_policy(), AT, Silent(), resamples=20)
    (tasks,) = [each for each in dossier.checks if each.name is CheckName.TASKS]
    assert (tasks.finding, dossier.tasks) == (Finding.PASSED, (Task.EXCEPTION_TYPE, Task.SLA_BREACH))


def test_a_challenger_in_a_folder_that_lacks_a_task_is_said_to_lose_it(tmp_path: Path) -> None:
    of_two_tasks(tmp_path / "bundle")
    service = Recorded(tmp_path / "bundle", lines=telling_types_alone())
    publish(tmp_path / "new" / "bundle", {}, created_at=AT)
    asked = ["retrain", "--folder", str(tmp_path), "--no-track", "--trials", "0", "--out", str(tmp_path / "new")]
    said = retrained(asked, lambda folder, bundle: service)[1]
    assert "lost: sla_breach: promote will refuse this challenger" in said
    assert "kept from the champion" not in said


def test_a_service_whose_bundles_lie_elsewhere_is_told_of_by_bundle_or_said_to_have_none(tmp_path: Path) -> None:
    opened: list[Path | None] = []

    def service(folder: Path, bundle: Path | None) -> Recorded:
        opened.append(bundle)
        return Recorded(bundle or folder / "bundle", lines=telling_types_alone())

    asked = ["retrain", "--folder", str(tmp_path), "--no-track", "--trials", "0"]
    said = retrained([*asked, "--out", str(tmp_path / "one")], service)[1]
    assert f"no bundle was found in {tmp_path / 'bundle'}, so no task is kept from a champion" in said
    served = of_two_tasks(tmp_path / "mine")
    said = retrained([*asked, "--out", str(tmp_path / "two"), "--bundle", str(served)], service)[1]
    assert "kept from the champion: sla_breach" in said
    assert opened == [None, served]


NO_BETTER = "It does no better than the base rate. Do not put it in force."
NOT_THE_RULES = (
    "It beats the base rate but not the rules, which need no model. There is little reason to put it in force."
)


@pytest.mark.parametrize(("loss", "verdict"), [(0.6, NO_BETTER), (0.55, NOT_THE_RULES), (0.4, "")])
def test_what_speaks_against_a_challenger_is_said_last_in_the_words_of_train(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: float, verdict: str
) -> None:
    def rehearsed(history: History, order: Order, progress: Progress) -> Training:
        trained = train(history, order, progress)
        losses = {"model": loss, "rules": 0.5, "base": 0.6}
        sides = {side: {"log_loss": each, "accuracy": 0.5} for side, each in losses.items()}
        return replace(trained, metrics={Task.EXCEPTION_TYPE: {"n": 1_240, "base_rate": 0.3, **sides}})

    monkeypatch.setattr("training.train.train", rehearsed)
    service = Recorded(tmp_path / "bundle", lines=telling_types_alone())
    asked = ["retrain", "--folder", str(tmp_path), "--no-track", "--trials", "0", "--out", str(tmp_path / "new")]
    code, said = retrained(asked, lambda folder, bundle: service)
    assert code == 0, "a challenger lies there all the same"
    note = f"note: exception_type, rehearsed on 1,240 cases: {verdict}"
    assert said.endswith(note if verdict else "It is not in force: fairlead promote --help says how")
    use = ["--history", str(tmp_path / "new" / "history.jsonl.gz"), "--out", str(tmp_path / "old")]
    with few_trees():
        of_train = run.invoke(training, ["train", "exception_type", *use, "--no-track", "--trials", "0"]).stderr
    assert (note in " ".join(of_train.split())) == bool(verdict)


def recorded_in_vain() -> list[Any]:
    """Ninety cases of use, of which none teaches: untold, noticed too late, or under a promise that is open."""
    used = [json.loads(json.dumps(line)) for line in lines()[CHAMPION : CHAMPION + 90]]
    for number, line in enumerate(used):
        at = line["case"]["event"]["time"]
        line["case"]["promise"] = {"due_at": "2030-01-01T00:00:00Z" if number % 3 == 2 else at}
        line["outcome"] = [None, {"recorded_at": at}, {"recorded_at": at, "sla_breached": False}][number % 3]
    return used


def retrained_on(lines: list[Any], history: Path, folder: Path, *more: str) -> tuple[int, str]:
    service = Recorded(of_two_tasks(folder / "bundle"), lines=lines)
    asked = ["retrain", "--folder", str(folder), "--no-track", "--trials", "0", "--out", str(folder / "new")]
    return retrained([*asked, "--history", str(history), *more], lambda folder, bundle: service)


def test_a_challenger_that_no_recorded_case_taught_is_published_and_that_is_said_first(tmp_path: Path) -> None:
    code, said = retrained_on(recorded_in_vain(), write("before", lines()[:CHAMPION]), tmp_path)
    assert code == 0, said
    first, rest = said.split("A rehearsal of the challenger")
    assert "note: nothing was learned from use: none of the 90 recorded cases taught " in first
    assert "exception_type (60 whose outcome tells nothing of that; 30 of which no outcome is told)" in first
    of_promises = first[first.index("sla_breach (30") :]
    assert "30 of which no outcome is told" in of_promises
    assert "30 whose promise had passed when they were noticed" in of_promises
    assert "30 whose promise is not due yet where the history ends" in of_promises
    assert f"in {tmp_path / 'new' / 'bundle'}, and no recorded case taught it. It is not in force" in rest
    models = open_bundle(tmp_path / "new" / "bundle").models
    assert [*models] == [Task.EXCEPTION_TYPE, Task.SLA_BREACH]


def test_a_challenger_that_one_recorded_case_taught_is_not_said_to_have_learned_nothing(tmp_path: Path) -> None:
    used = recorded_in_vain()
    used[1]["outcome"]["exception_type"] = "split_shipment"
    code, said = retrained_on(used, write("before", lines()[:CHAMPION]), tmp_path)
    assert code == 0, said
    assert "note: none of the 90 recorded cases taught sla_breach (30" in said
    assert "nothing was learned from use" not in said
    assert "no recorded case taught it" not in said


def test_what_the_check_has_against_the_earlier_cases_is_said_before_and_last(tmp_path: Path) -> None:
    mapped = ["--mapping", str(leaky_mapping(tmp_path / "m.yaml", {})), "--task", "sla_breach"]
    code, said = retrained_on(list(lines()[:90]), leaky_table(tmp_path / "t.csv", 2_000), tmp_path, *mapped)
    assert code == 0, said
    before, after = said.split("A rehearsal of the challenger")
    assert "note: grade is learned from and may hold what happened later: tells sla_breach alone" in before
    assert "note: It learned from grade, which fairlead history check suspects of holding what happened later." in after
