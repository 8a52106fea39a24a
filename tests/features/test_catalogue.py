"""Feature sets: order, fingerprint, vectors, matrices, and what people see of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from data.case import Order, Returned
from data.record import canonical
from data.standing import Standing
from data.vocabulary import Channel, Task
from features.attributes import EMPTY, AttributeSchema, Declaration
from features.catalogue import FeatureSet, feature_set
from features.order import channel, order_value
from features.returns import receipt_shown
from features.workflow import queue_minutes
from tests.fixtures.cases import NOON, a_case

COLD = Standing(as_of=NOON)
SCHEMA = AttributeSchema(attributes={"colour": Declaration(kind="category", levels=("green", "red"))})


class Counting:
    """A scorer that counts how often it is asked."""

    labels = ("a", "b")
    normalised = False

    def __init__(self) -> None:
        self.asked = 0

    def scores(self, message: str) -> NDArray[np.float64]:
        """Twice the length."""
        self.asked += 1
        return np.full(2, float(len(message)))


@pytest.mark.parametrize("task", Task)
def test_the_columns_of_a_task(task: Task) -> None:
    features = feature_set(task, SCHEMA, Counting())
    assert features.names[-2:] == ("message.a", "message.b"), "the message's columns come last"
    assert "attribute.colour" in features.names
    assert len(feature_set(task).names) == len(features.names) - 3


def test_label_tasks_and_the_promise_share_their_features_and_the_shelf_has_its_own() -> None:
    shared = {feature_set(task).fingerprint for task in Task if task is not Task.STOCKOUT}
    assert len(shared) == 1
    assert feature_set(Task.STOCKOUT).fingerprint not in shared


def test_the_fingerprint_is_of_what_columns_mean() -> None:
    known = FeatureSet((channel, queue_minutes))
    same = FeatureSet((channel, replace(queue_minutes, says="{value} passed", about="The wait")))
    others = [
        FeatureSet((queue_minutes, channel)),
        FeatureSet((channel,)),
        FeatureSet((replace(channel, levels=("bopis",)), queue_minutes)),
        FeatureSet((channel, replace(queue_minutes, unit=order_value.unit))),
        FeatureSet((channel, replace(queue_minutes, name="wait"))),
    ]
    assert same.fingerprint == known.fingerprint
    assert len({known.fingerprint, *(each.fingerprint for each in others)}) == 6


def test_a_name_stands_for_one_column() -> None:
    with pytest.raises(ValueError, match="given twice: channel"):
        FeatureSet((channel, queue_minutes, channel))


def test_missing_is_nan_and_a_category_its_code() -> None:
    vector = FeatureSet((channel, queue_minutes)).vector(a_case(channel=Channel.SHIP_TO_HOME), COLD)
    assert vector.dtype == np.float64
    assert vector[0] == 2.0
    assert np.isnan(vector[1])


def test_people_see_labels_flags_money_and_nothing() -> None:
    features = FeatureSet((channel, receipt_shown, order_value, queue_minutes))
    case = a_case(
        channel=Channel.BOPIS, returned=Returned(receipt_shown=True), order=Order(order_id="o", value=Decimal(240))
    )
    shown = features.shown(features.vector(case, COLD))
    assert shown == {"channel": "bopis", "receipt_shown": True, "order_value": "240.00", "queue_minutes": None}
    canonical(shown)
    assert features.sentence(2, 240.0, (10.0, 40.0, 90.0)) == "the order is worth 240.00; usually 90.00 or less"


def test_one_scorer_call_per_case_and_none_without_a_message() -> None:
    scorer = Counting()
    features = feature_set(Task.ROOT_CAUSE, text=scorer)
    assert list(features.vector(a_case(message="late"), COLD)[-2:]) == [4.0, 4.0]
    assert np.isnan(features.vector(a_case(), COLD)[-2:]).all()
    assert scorer.asked == 1


def test_no_cases_make_an_empty_matrix() -> None:
    assert FeatureSet((channel, queue_minutes)).matrix(iter(())).shape == (0, 2)


def test_what_is_usual_is_read_off_numbers_alone() -> None:
    features = FeatureSet((channel, receipt_shown, queue_minutes, order_value))
    matrix = np.array([[0.0, 1.0, float(n), np.nan] for n in range(11)])
    matrix[3, 2] = np.nan
    usual = features.reference(matrix)
    assert set(usual) == {"queue_minutes"}
    assert usual["queue_minutes"] == pytest.approx((0.9, 5.5, 9.1))


def test_what_tells_of_other_cases_is_neither_of_the_case_nor_of_its_shelf() -> None:
    features = feature_set(Task.STOCKOUT, EMPTY)
    beyond = {features.names[index] for index in features.beyond}
    assert {features.names[index] for index in features.background} <= beyond
    assert {each.name for each in features.features if each.known == "standing"} <= beyond
    assert not beyond & {"cover_days", "stock_days", "order_value"}
