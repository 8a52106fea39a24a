"""A dossier made again differs where the one that was sent was forged, and only there."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest

from data.promotion import CheckName, Dossier, Finding
from data.record import digest_of
from data.vocabulary import Task
from tests.fixtures.dossiers import a_dossier, noted, numbers, passed, refused
from training.promotion.again import apart, same_history

SIDES = digest_of(b"new"), digest_of(b"old")


def dossier(**changes: Any) -> Dossier:
    return a_dossier(*SIDES, **{**numbers(), **changes})


def differing(**changes: Any) -> list[tuple[str, str, str]]:
    return [astuple(each) for each in apart(dossier(), dossier(**changes))]


def test_the_same_is_not_apart_and_the_machine_s_own_milliseconds_do_not_matter() -> None:
    cost = dossier().cost.model_copy(update={"champion_milliseconds": 40.0})
    slow = [each.model_copy(update={"says": "40 ms"}) if each.name is CheckName.LATENCY else each for each in passed()]
    assert differing() == differing(cost=cost, checks=tuple(slow), made_at=dossier().window.begins) == []


def test_a_last_digit_is_not_apart_and_the_least_that_is_shown_is() -> None:
    first, *rest = dossier().differences
    near = first.model_copy(update={"challenger": first.challenger * (1 + 1e-9)})
    assert differing(differences=(near, *rest)) == []
    far = first.model_copy(update={"challenger": first.challenger + 0.001})
    assert differing(differences=(far, *rest)) == [("difference sla_breach log_loss: challenger", "0.398", "0.399")]
    slight = first.model_copy(update={"challenger": first.challenger + 1e-5})
    assert differing(differences=(slight, *rest)) == [
        ("difference sla_breach log_loss: challenger", "0.398", "0.39801")
    ]


@pytest.mark.parametrize("name", ["slices", "calibrations", "shares"])
def test_what_was_left_out_is_apart(name: str) -> None:
    assert all(again == "-" for _, _, again in differing(**{name: ()}))
    assert differing(**{name: ()})


def test_a_finding_that_was_turned_is_apart_on_any_ground() -> None:
    other = dossier().window.model_copy(update={"data": digest_of(b"mine")})
    turned = tuple(refused("a leak"))
    assert differing(checks=turned) == [("attribution of sla_breach", "passed: as before", "refused: a leak")]
    assert ("attribution of sla_breach", "passed", "refused") in differing(checks=turned, window=other)


def test_on_another_ground_numbers_and_sentences_differ_and_findings_alone_are_compared() -> None:
    first, *rest = dossier().differences
    again = dossier(
        window=dossier().window.model_copy(update={"data": digest_of(b"mine")}),
        differences=(first.model_copy(update={"challenger": 0.9}), *rest),
        checks=tuple(each.model_copy(update={"says": "otherwise"}) for each in passed()),
    )
    assert not same_history(dossier(), again)
    assert [each.what for each in apart(dossier(), again)] == ["data of the history"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"currency": "USD"}, "currency"),
        ({"policy": digest_of(b"cheaper")}, "policy"),
        ({"new_tasks": (Task.STOCKOUT,)}, "new_tasks"),
        ({"window": dossier().window.model_copy(update={"history": "audited-by-finance.jsonl"})}, "window history"),
        ({"window": dossier().window.model_copy(update={"drawn_days": 40})}, "window drawn_days"),
        ({"cost": dossier().cost.model_copy(update={"challenger_bytes": 1})}, "cost challenger_bytes"),
    ],
)
def test_whatever_a_page_would_show_is_compared(changes: dict[str, Any], told: str) -> None:
    assert [each for each, _, _ in differing(**changes)] == [told]


def test_what_stands_there_twice_is_seen_twice() -> None:
    first, *rest = dossier().differences
    forged = first.model_copy(update={"difference": -5.0, "low": -6.0, "high": -4.0})
    told = [each for each, _, _ in differing(differences=(forged, first, *rest))]
    assert "difference sla_breach log_loss: difference (2)" in told
    check = passed()[0].model_copy(update={"says": "audited by finance"})
    assert differing(checks=(check, *passed())) != []


def test_a_check_that_was_never_made_is_apart() -> None:
    fewer = tuple(each for each in noted() if each.finding is Finding.PASSED)
    told = [astuple(each) for each in apart(dossier(checks=fewer), dossier())]
    assert told == [("window of sla_breach", "-", "passed: as before")]
