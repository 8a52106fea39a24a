"""Numbers are read beside one another where that serves cases that did not teach it, and are computed as live."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.record import Unit
from data.vocabulary import Task
from features.attributes import EMPTY, AttributeSchema, Declaration, attribute_features
from features.catalogue import feature_set
from features.derived import Derived
from features.sentences import sentence
from tests.fixtures.cases import a_case
from tests.fixtures.features import COLD
from training.histories.dataset import Study
from training.histories.known import Known
from training.histories.rows import DAY, Rows
from training.histories.split import split_in_time
from training.learning.learn import Learned, Origin, learn
from training.learning.pairs import MOST_NUMBERS, beside, choose_pairs
from training.progress import Silent

N = 2_400
TASK = Task.SLA_BREACH


def schema(*names: str, **declared: Declaration) -> AttributeSchema:
    numbers = {name: Declaration(kind="number") for name in names}
    return AttributeSchema(attributes=dict(sorted((numbers | declared).items())))


OWN = schema("forecast", "stock")


def table(own: AttributeSchema, values: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    names = feature_set(TASK, own).names
    facts = np.full((N, len(names)), np.nan)
    for name, column in values.items():
        facts[:, names.index(f"attribute.{name}")] = column
    return facts


def amounts(*names: str, seed: int = 3) -> dict[str, NDArray[np.float64]]:
    dice = np.random.default_rng(seed)
    return {name: np.floor(np.exp(dice.normal(3.0, 2.0, N))) for name in names}


def truth_of(log_odds: NDArray[np.float64], seed: int = 4) -> NDArray[np.int64]:
    return (np.random.default_rng(seed).random(N) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)


def short(values: dict[str, NDArray[np.float64]]) -> NDArray[np.int64]:
    """Stock under the forecast, whatever both are."""
    return truth_of(np.where(values["forecast"] > values["stock"], 2.0, -2.0))


def chosen(own: AttributeSchema, values: dict[str, NDArray[np.float64]], truth: NDArray[np.int64]) -> AttributeSchema:
    rows = Rows(table(own, values), truth, np.zeros(N), feature_set(TASK, own).categories, 1)
    return choose_pairs(TASK, rows, split_in_time(rows.times), own, 1, 0)


def made(found: AttributeSchema) -> dict[str, Derived]:
    return {name: each.derived for name, each in found.attributes.items() if each.derived}


def test_two_numbers_that_tell_together_are_read_together() -> None:
    values = amounts("stock", "forecast")
    found = chosen(OWN, values, short(values))
    assert made(found) == {"forecast_beside_stock": Derived(way="share", one="forecast", other="stock")}
    told = found.attributes["forecast_beside_stock"]
    assert sentence(attribute_features(found)[1], 0.25, None) == "the share of forecast beside stock is 25 %"
    assert (told.called, told.unit) == ("share of forecast beside stock", Unit.RATIO)


def test_numbers_that_tell_by_themselves_are_left_by_themselves() -> None:
    values = amounts("stock", "forecast")
    assert chosen(OWN, values, truth_of(np.log1p(values["stock"]) - 3.0)) is OWN
    assert chosen(OWN, values, truth_of(np.zeros(N))) is OWN
    assert chosen(EMPTY, {}, truth_of(np.zeros(N))) is EMPTY


def test_numbers_in_two_units_of_few_values_and_of_two_already_are_not_paired() -> None:
    own = schema(
        "forecast",
        "stock",
        grade=Declaration(kind="number"),
        price=Declaration(kind="number", unit=Unit.MONEY),
        cover=Declaration(kind="number", derived=Derived(way="ratio", one="price", other="grade")),
        supply=Declaration(kind="number", derived=Derived(way="sum", one="stock", other="grade")),
    )
    values = amounts("stock", "forecast", "price")
    values |= {"grade": values["price"] % 9, "cover": values["price"] / 7, "supply": values["stock"] + 3}
    found = chosen(own, values, short(values))
    assert made(found).keys() - made(own).keys() == {
        "forecast_beside_stock",
        "forecast_beside_supply",
        "stock_beside_supply",
    }


def test_of_many_numbers_those_are_paired_that_tell_something() -> None:
    names = [f"n{number:02}" for number in range(MOST_NUMBERS + 6)]
    values = amounts("stock", "forecast", *names)
    found = made(chosen(schema("stock", "forecast", *names), values, short(values)))
    assert len(found) == MOST_NUMBERS * (MOST_NUMBERS - 1) // 2
    assert "forecast_beside_stock" in found


def test_a_pair_of_long_names_has_a_name_that_fits_and_is_its_own() -> None:
    one, other, third = ("x" * 40 + end for end in "abc")
    values = amounts("stock", "forecast", one, other, third)
    found = chosen(schema("stock", "forecast", one, other, third), values, short(values))
    assert len(made(found)) == 10
    assert all(len(name) <= 64 for name in found.attributes)
    assert AttributeSchema.model_validate(found.model_dump()) == found


@pytest.mark.parametrize("word", ["stock", "s" * 60])
def test_words_that_would_be_too_long_are_left_out(word: str) -> None:
    own = schema(forecast=Declaration(kind="number"), stock=Declaration(kind="number", called=word))
    values = amounts("stock", "forecast")
    told = chosen(own, values, short(values)).attributes["forecast_beside_stock"]
    assert told.called == ("share of forecast beside stock" if word == "stock" else None)


NUMBERS = st.none() | st.floats(-1e9, 1e9) | st.sampled_from([0.0, -0.0, 1e-7, -1e-7, 5e-324])


@given(NUMBERS, NUMBERS)
def test_a_history_computes_what_a_case_is_told(one: float | None, other: float | None) -> None:
    pair = Declaration(kind="number", derived=Derived(way="share", one="forecast", other="stock"))
    wider = schema("forecast", "stock", forecast_beside_stock=pair)
    told = {name: value for name, value in (("forecast", one), ("stock", other)) if value is not None}
    case = a_case(attributes=told)
    facts = feature_set(TASK, OWN).vector(case, COLD)[None, :]
    np.testing.assert_array_equal(beside(TASK, facts, OWN, wider)[0], feature_set(TASK, wider).vector(case, COLD))


def learned(
    values: dict[str, NDArray[np.float64]], truth: NDArray[np.int64], times: NDArray[np.float64] | None = None
) -> Learned:
    nothing: list[str | None] = [None] * N
    facts = table(OWN, values)
    times = np.zeros(N) if times is None else times
    known = Known(times, truth, ["row"] * N, nothing, facts, np.arange(N), nothing, np.full(N, 20.0))
    lineage = {"history": "stocks", "data": "sha256:0", "mapping": None, "policy": "sha256:0"}
    return learn(TASK, Study.ready(TASK, known, []), (), Origin(lineage, OWN, None, 1, 0), Silent())


def test_a_model_that_reads_pairs_makes_them_of_what_a_case_tells() -> None:
    values = amounts("stock", "forecast")
    model = learned(values, short(values)).model
    assert "attribute.forecast_beside_stock" in model.features().names
    assert model.attributes.kinds == OWN.kinds, "no case is asked to tell it"
    assert model.metrics["model"]["roc_auc"] > 0.8
    assert not {name for name in model.values if "beside" in name}
    flat = {name: column.copy() for name, column in values.items()}
    assert learned(flat, truth_of(np.zeros(N))).model.attributes == OWN


def test_with_times_numbers_are_left_by_themselves() -> None:
    values = amounts("stock", "forecast")
    assert learned(values, short(values), np.linspace(0.0, 100 * DAY, N)).model.attributes == OWN


def test_rows_keep_their_other_columns_in_place() -> None:
    values = amounts("stock", "forecast")
    facts = table(OWN, values)
    facts[:, 0] = np.arange(N)
    wider = chosen(OWN, values, short(values))
    before, after = feature_set(TASK, OWN).names, feature_set(TASK, wider).names
    told = beside(TASK, facts, OWN, wider)
    for name in before:
        np.testing.assert_array_equal(told[:, after.index(name)], facts[:, before.index(name)])
    assert beside(TASK, facts, OWN, OWN).shape == facts.shape
