"""Write `tests/fixtures/earlier`: a small bundle, and answers of models and of rules, as the code of today gives them.

    python -m scripts.write_earlier_answers

Run it only where answers are meant to change, once replay says of the old ones that it cannot make them again:
`tests/end_to_end/test_earlier_answers.py` tells when that is. Half a minute.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from data.case import Case
from data.record import plain
from data.simulator import write_history
from data.simulator.live import live_cases
from data.vocabulary import ExceptionType, Task
from models.bundle import open_bundle, publish
from models.task_model import TaskModel
from policies.policy import load_policy
from tests.fixtures.earlier_answers import BUNDLE, BY_MODELS, BY_RULES, LATE, PASSED, STORE, told
from tests.fixtures.service import NOON, open_desk
from training.histories.history import open_history
from training.learning import learn
from training.learning.fit import LABELS, RISK
from training.progress import Silent
from training.train import Order, train

SEED = 3
PUBLISHED = NOON - timedelta(days=1)
SMALL_RISK = replace(RISK, rounds=8, least_in_leaf=15)
SMALL_LABELS = replace(LABELS, rounds=2, least_in_leaf=15)
"""Few trees: what is kept has to be small, not good."""


def main() -> None:
    """Train, answer, and replace the files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _publish(folder)
        _answer(folder)
        STORE.parent.mkdir(exist_ok=True)
        shutil.rmtree(BUNDLE, ignore_errors=True)
        shutil.copytree(folder / "bundle", BUNDLE, ignore=shutil.ignore_patterns("manifest.json", "served"))
        text = json.dumps(told(folder / "fairlead.db"), indent=1, ensure_ascii=False)
        STORE.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {STORE.parent}: look at what has changed in it before you commit it")


def _publish(folder: Path) -> None:
    history = folder / "history.jsonl"
    write_history(history, seed=SEED, count=500, until=NOON - timedelta(days=2), weeks=10)
    order = Order(tuple(Task), folder / "trained", load_policy(), PUBLISHED, threads=1)
    small_labels = patch.object(learn, "label_recipe", lambda _: SMALL_LABELS)
    with small_labels, patch.object(learn, "risk_recipe", lambda _: SMALL_RISK):
        train(open_history(history), order, Silent())
    trained = open_bundle(folder / "trained").models
    publish(folder / "bundle", {task: _bare(each.model) for task, each in trained.items()}, created_at=PUBLISHED)


def _bare(model: TaskModel) -> TaskModel:
    """The model without what no answer is made from, and with one golden case."""
    return replace(model, metrics={}, lineage={}, taught={}, profile=None, golden=model.golden[:1])


def _answer(folder: Path) -> None:
    """Post by models first; then a service without a bundle goes on with the same database."""
    desk = open_desk(folder, bundle=folder / "bundle")
    for body in _for_models():
        desk.recommend(body)
    desk.service.close()
    desk = open_desk(folder, seed=8)
    for body in _for_rules():
        desk.recommend(body)
    desk.service.close()


def _for_models() -> Iterator[dict[str, Any]]:
    shelf = _first(ExceptionType.UNAVAILABLE_INVENTORY)
    told = (shelf, _first(ExceptionType.REFUND_RECONCILIATION_GAP), _first(None))
    for name, case in zip(BY_MODELS, told, strict=True):
        yield _named(name, case)
    pickup = _first(ExceptionType.LATE_PICKUP_READINESS)
    yield {**_named(PASSED, pickup), "promise": {"due_at": (NOON - timedelta(minutes=20)).isoformat()}}
    older = _named(LATE, shelf)
    older["event"]["time"] = (shelf.event.time - timedelta(minutes=5)).isoformat()
    yield older


def _for_rules() -> Iterator[dict[str, Any]]:
    told = (_first(ExceptionType.UNAVAILABLE_INVENTORY), _first(ExceptionType.SUSPICIOUS_RETURN))
    for name, case in zip(BY_RULES, told, strict=True):
        yield {**_named(name, case), "exception_id": f"{case.exception_id}-{name}"}


def _first(reported: ExceptionType | None) -> Case:
    return next(case for case in live_cases(SEED, 40, NOON) if case.reported_type is reported)


def _named(name: str, case: Case) -> dict[str, Any]:
    """The case as it is posted, its event named after what the answer is kept for."""
    body = plain(case)
    return {**body, "event": {**body["event"], "id": name}}


if __name__ == "__main__":
    main()
