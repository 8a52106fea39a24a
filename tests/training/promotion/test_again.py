"""A dossier made again differs where the one that was sent was forged, and only there."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest

from data.promotion import CheckName, Dossier, Finding
from data.record import digest_of
from tests.fixtures.dossiers import a_dossier, noted, numbers, passed, refused
from training.promotion.again import apart, same_ground

SIDES = digest_of(b"new"), digest_of(b"old")


def dossier(**changes: Any) -> Dossier:
    return a_dossier(*SIDES, **{**numbers(), **changes})


def differing(**changes: Any) -> list[tuple[str, str, str]]:
    return [astuple(each) for each in apart(dossier(), dossier(**changes))]


def test_the_same_is_not_apart_and_the_machine_s_own_milliseconds_do_not_matter() -> None:
    cost = dossier().cost.model_copy(update={"champion_milliseconds": 40.0})
    slow = [each.model_copy(update={"says": "40 ms"}) if each.name is CheckName.LATENCY else each for each in passed()]
    assert differing() == differing(cost=cost, checks=tuple(slow)) == []


def test_a_last_digit_is_not_apart_and_a_thousandth_is() -> None:
    first, *rest = dossier().differences
    near = first.model_copy(update={"challenger": first.challenger * (1 + 1e-9)})
    assert differing(differences=(near, *rest)) == []
    far = first.model_copy(update={"challenger": first.challenger + 0.001})
    assert differing(differences=(far, *rest)) == [("difference sla_breach log_loss: challenger", "0.398", "0.399")]


@pytest.mark.parametrize("name", ["slices", "calibrations", "shares"])
def test_what_was_left_out_is_apart(name: str) -> None:
    assert all(again == "-" for _, _, again in differing(**{name: ()}))
    assert differing(**{name: ()})


def test_a_finding_that_was_turned_is_apart_on_any_ground() -> None:
    other = dossier().window.model_copy(update={"data": digest_of(b"mine")})
    for ground in ({}, {"window": other}):
        told = differing(checks=tuple(refused("a leak")), **ground)
        assert ("attribution of sla_breach", "passed: as before", "refused: a leak") in told


def test_on_another_ground_numbers_and_sentences_differ_and_findings_alone_are_compared() -> None:
    first, *rest = dossier().differences
    again = dossier(
        window=dossier().window.model_copy(update={"data": digest_of(b"mine")}),
        differences=(first.model_copy(update={"challenger": 0.9}), *rest),
        checks=tuple(each.model_copy(update={"says": "otherwise"}) for each in passed()),
    )
    assert not same_ground(dossier(), again)
    assert [each.what for each in apart(dossier(), again)] == ["data of the history"]


def test_a_check_that_was_never_made_is_apart() -> None:
    fewer = tuple(each for each in noted() if each.finding is Finding.PASSED)
    told = [astuple(each) for each in apart(dossier(checks=fewer), dossier())]
    assert told == [("window of sla_breach", "-", "passed: as before")]
