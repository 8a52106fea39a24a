"""What a sender wrote and no model read is named in the answer, then and when it is made again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from data.vocabulary import Task
from models.ladder import load_predictors
from serving.in_force import ladder_record, restored
from serving.replay import replay_exactly
from tests.fixtures.service import Desk, an_exception, open_desk
from tests.serving.console.test_pages import sign_in

EARLIER = Path(__file__).parents[1] / "fixtures" / "earlier" / "bundle"
"""It declares `basket_weight_kg` as a number and `store_format` as a category."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    # Without the signature of the service it served, whose key is not kept: a new service then signs it with its own.
    unsigned = shutil.copytree(EARLIER, tmp_path / "bundle", ignore=shutil.ignore_patterns("*.sig"))
    return open_desk(tmp_path / "var", bundle=Path(unsigned))


def test_a_value_of_another_kind_than_the_model_declares_is_named_beside_a_name_it_never_heard(desk: Desk) -> None:
    sent = {"basket_weight_kg": "heavy", "basket_weigh_kg": 3, "store_format": 7, "wms_release": "4.2"}
    answer = desk.recommend(an_exception(1, attributes=sent))
    assert answer["unused_attributes"] == ["basket_weigh_kg", "basket_weight_kg", "store_format"]
    with desk.service.database.read() as connection:
        assert replay_exactly(connection, desk.service.settings.bundle_folder, answer["recommendation_id"]).same


def test_a_shelf_is_asked_about_with_the_same_answer(desk: Desk) -> None:
    question = {"positions": [{"sku": "s", "node": "n"}], "attributes": {"basket_weight_kg": "heavy"}}
    assert desk.post("/v1/stockout-risks", question).json()["unused_attributes"] == ["basket_weight_kg"]


def test_the_desk_says_why_it_may_not_have_been_used(desk: Desk) -> None:
    answer = desk.recommend(an_exception(1, attributes={"basket_weight_kg": "heavy"}))
    sign_in(desk, "auditor")
    page = desk.client.get(f"/console/cases/{answer['recommendation_id']}").text
    assert "cannot read the value as it declares it: basket_weight_kg" in page


def test_an_answer_of_before_kinds_were_recorded_names_what_it_named() -> None:
    now = load_predictors(EARLIER)
    told = json.loads(ladder_record(now)) | {"declared_attributes": ["basket_weight_kg"]}
    served = {each.predictor.version: each.predictor for task in Task for each in now.ladder(task) if each.predictor}
    then = restored(json.dumps(told).encode(), None, lambda task, version: served[version])
    assert then.unused({"basket_weight_kg": "heavy", "new": 1}) == ("new",)
