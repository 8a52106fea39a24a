"""Shelves are asked about with what the model learned of each: an own column that differs from shelf to shelf too."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.explanation import Seen
from data.record import canonical
from data.vocabulary import Task
from models.bundle import Bundle
from policies.policy import load_policy
from serving.store.shelves import sample
from tests.fixtures.daily_promotions import CHAMPION, days_bundle, days_history, days_table, first_days
from tests.fixtures.service import Desk, open_desk
from training.daily.history import DailyHistory, daily_study
from training.histories.questions import Question, questions

PATH = "/v1/stockout-risks"
BRAND = "attribute.brand"
SHELF: dict[str, Any] = {"sku": "s", "node": "n"}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return days_table()


@pytest.fixture(scope="module")
def bundle(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return days_bundle(tmp_path_factory.mktemp("days") / "bundle", first_days(table, CHAMPION))


@pytest.fixture
def desk(bundle: Bundle, tmp_path: Path) -> Desk:
    # Without the signature of the service that answered before: a new one signs it with a key of its own.
    unsigned = shutil.copytree(bundle.folder, tmp_path / "bundle", ignore=shutil.ignore_patterns("*.sig"))
    return open_desk(tmp_path / "var", bundle=Path(unsigned))


def ask(desk: Desk, question: Question) -> dict[str, Any]:
    response = desk.post(PATH, canonical(question))
    assert response.status_code == 200, response.text
    desk.service.shelves.drain()
    answer: dict[str, Any] = response.json()
    return answer


def seen(desk: Desk, bundle: Bundle) -> list[dict[str, Seen]]:
    """What the model saw of the shelves, as the stored sample holds it."""
    with desk.service.database.read() as connection:
        return [dict(each.features) for each in sample(connection, bundle.models[Task.STOCKOUT].version, 1_000)]


def in_bulk(history: DailyHistory, moment: datetime, bundle: Bundle) -> list[dict[str, Seen]]:
    """What training sees of the answered questions of a day."""
    model, grid = bundle.models[Task.STOCKOUT].model, history.grid
    day = next(each for each in range(grid.shape[1]) if grid.moment(each) == moment)
    scored = grid.exists & (np.arange(grid.shape[1]) == day)
    known = daily_study(grid, scored, history.mapping, model.attributes, load_policy(), 0)[0].known(Task.STOCKOUT)
    return [model.features().shown(row) for row in model.its_own(known.facts)]


def test_the_service_sees_of_each_shelf_what_training_sees_of_all_at_once(
    table: pd.DataFrame, bundle: Bundle, desk: Desk
) -> None:
    history = days_history(first_days(table, CHAMPION + 1))
    lines = [line for line in history.lines() if line.outcome is not None]
    moment = lines[-1].case.event.time
    asked = list(questions(line.case for line in lines if line.case.event.time == moment))
    assert all(len({each["attributes"]["brand"] for each in one["positions"]}) > 1 for one in asked)
    assert all(ask(desk, one)["unused_attributes"] == [] for one in asked)
    own = [each.name for each in bundle.models[Task.STOCKOUT].model.features().features if each.known == "event"]
    assert BRAND in own
    live, bulk = (
        Counter(tuple(each[name] for name in own) for each in told)
        for told in (seen(desk, bundle), in_bulk(history, moment, bundle))
    )
    assert live == bulk
    assert live.total() == sum(len(one["positions"]) for one in asked) > 20


def test_the_question_speaks_for_a_shelf_that_does_not_and_null_says_that_nothing_is_known(
    bundle: Bundle, desk: Desk
) -> None:
    one, other = bundle.models[Task.STOCKOUT].model.attributes.attributes["brand"].levels[:2]
    ways: list[dict[str, Any]] = [{}, {"attributes": {"brand": other}}, {"attributes": {"brand": None}}]
    shelves = [{**SHELF, "sku": f"s-{n}", **way} for n, way in enumerate(ways)]
    answer = ask(desk, {"positions": shelves, "attributes": {"brand": one}})
    assert Counter(each[BRAND] for each in seen(desk, bundle)) == Counter([one, other, None])
    assert answer["unused_attributes"] == []
    alone = [ask(desk, {"positions": [shelf], "attributes": {"brand": one}})["risks"][0] for shelf in shelves]
    assert [each["prediction"]["served_by"] for each in alone] == ["model"] * 3


def test_what_no_model_reads_of_any_shelf_is_named_once(desk: Desk) -> None:
    shelves = [
        {**SHELF, "attributes": {"brand": 7, "gondola": "end"}},
        {**SHELF, "sku": "t", "attributes": {"gondola": "mid"}},
    ]
    assert ask(desk, {"positions": shelves, "attributes": {"week": 3}})["unused_attributes"] == [
        "brand",
        "gondola",
        "week",
    ]


def test_more_than_a_case_may_have_is_refused_by_the_shelf(desk: Desk) -> None:
    many = {f"a{n}": n for n in range(150)}
    crowded = {**SHELF, "sku": "t", "attributes": {f"b{n}": n for n in range(51)}}
    response = desk.post(PATH, {"positions": [SHELF, crowded], "attributes": many})
    assert response.status_code == 422
    (fault,) = response.json()["errors"]
    assert fault["pointer"] == "/positions/1/attributes"
    assert "at most 200 attributes" in fault["expected"]
