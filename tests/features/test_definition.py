"""The decorator and the arithmetic every feature shares."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.definition import Value, coder, difference, feature, plain_name, ratio, relative_gap, shared, since
from tests.fixtures.cases import NOON, a_case


def test_a_function_becomes_a_feature_of_its_name() -> None:
    @feature(Unit.MINUTE, "it took {value}", lever=True)
    def patience(case: Case, standing: Standing) -> Value:
        """How long it took."""
        return 4.0

    assert (patience.name, patience.about, patience.kind, patience.lever) == (
        "patience",
        "How long it took",
        "number",
        True,
    )
    assert patience.of(a_case(), Standing(as_of=NOON)) == 4.0


@pytest.mark.parametrize("says", ["it took long", ""])
def test_a_sentence_without_a_value_is_refused(says: str) -> None:
    def patience(case: Case, standing: Standing) -> Value:
        """How long it took."""
        return 4.0

    with pytest.raises(ValueError, match="feature patience needs"):
        feature(Unit.MINUTE, says)(patience)


def test_a_function_that_does_not_say_what_it_is_about_is_refused() -> None:
    def patience(case: Case, standing: Standing) -> Value:
        return 4.0

    with pytest.raises(ValueError, match="docstring"):
        feature(Unit.MINUTE, "it took {value}")(patience)


def test_unknown_goes_in_and_comes_out() -> None:
    assert ratio(None, 2) is None
    assert ratio(2, None) is None
    assert difference(None, 1) is None
    assert relative_gap(None, Decimal(1)) is None
    assert since(None, a_case()) is None


def test_nothing_is_a_share_of_nothing() -> None:
    assert ratio(1, 0) is None
    assert ratio(1e7, 5e-324) is None
    assert relative_gap(Decimal(1), Decimal(0)) is None


def test_known_numbers() -> None:
    assert ratio(Decimal(1), Decimal(4)) == 0.25
    assert difference(Decimal("1.5"), 1) == 0.5
    assert relative_gap(Decimal("9.00"), Decimal("12.00")) == -0.25
    assert since(NOON - timedelta(minutes=5), a_case()) == 5.0


def test_a_new_label_has_no_code() -> None:
    code = coder(("red", "green"))
    assert [code("red"), code("green"), code("blue"), code(None)] == [0.0, 1.0, None, None]


def test_what_is_shared_is_computed_once_per_case() -> None:
    seen: list[str] = []

    @shared
    def length(case: Case) -> int:
        seen.append(case.exception_id)
        return len(case.exception_id)

    one, other = a_case(1), a_case(1)
    assert [length(one), length(one), length(other), length(one)] == [5, 5, 5, 5]
    assert len(seen) == 3, "known again by identity, and only the last one"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("queue_minutes", "queue minutes"),
        ("attribute.dock_slot", "dock slot"),
        ("standing.attribute.vendor.breach_rate", "vendor breach rate"),
        ("standing.fact.code.hours", "code hours"),
        ("common.caller+location", "common caller+location"),
        ("attribute.fact", "fact"),
    ],
)
def test_a_name_is_read_without_the_rooms_it_is_kept_in(name: str, plain: str) -> None:
    assert plain_name(name) == plain
