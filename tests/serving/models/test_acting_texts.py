"""No text of a dossier, and no reason that people give, repaints the screen of whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from data.plain_text import IN_LINES, IN_ONE_LINE
from data.promotion import Share
from data.record import plain
from data.vocabulary import Task
from serving.models import grounds
from tests.data.test_plain_text import FORGED, HONEST
from tests.fixtures.bundles import a_bundle
from tests.fixtures.dossiers import a_dossier, measured, passed, refused, send
from tests.fixtures.service import Desk, costly, in_currency, open_desk

TURNED = "later.jsonl \u202e)ton saw ti"
AGREE = {"verdict": "approve", "reason": "the dossier is convincing"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    a_bundle(tmp_path / "bundle", seed=1)
    opened = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    with opened.client:
        yield opened


@pytest.fixture
def told(desk: Desk, tmp_path: Path) -> dict[str, Any]:
    """A dossier as it is sent."""
    challenger, champion = send(desk, a_bundle(tmp_path / "challenger", seed=2)), desk.get("/v1/models").json()
    return plain(a_dossier(challenger, champion["bundle"], checks=tuple(passed()), **measured()))


def ask(desk: Desk, dossier: dict[str, Any], reason: str = "learned October") -> Response:
    return desk.post("/v1/models/promotions", {"dossier": dossier, "reason": reason}, "scientist")


def sign_in(desk: Desk, name: str) -> None:
    found = re.search(r'name="csrf" value="([^"]*)"', desk.client.get("/console/sign-in").text)
    assert found
    desk.client.post("/console/sign-in", data={"csrf": found[1], "go_to": "/console", "key": desk.keys[name]})


def faults(response: Response) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.text
    return [(each["pointer"], each["expected"]) for each in response.json()["errors"]]


PLACES = (
    ("checks", 3, "says"),
    ("window", "history"),
    ("slices", 0, "by"),
    ("slices", 0, "value"),
    ("shares", 0, "feature"),
)


@pytest.mark.parametrize("words", [FORGED, "\u202eturned", "a \x9b2J", "two\nlines"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: "/".join(map(str, place)))
def test_a_text_of_a_dossier_that_acts_is_refused_where_it_stands(
    desk: Desk, told: dict[str, Any], place: tuple[str | int, ...], words: str
) -> None:
    told["shares"] = [plain(Share(task=Task.SLA_BREACH, feature="promise.hours_left", champion=0.2, challenger=0.1))]
    within: Any = told
    for each in place[:-1]:
        within = within[each]
    within[place[-1]] = f"x{words}"
    pointer = "/".join(("/dossier", *map(str, place)))
    assert faults(ask(desk, told))[0][0] == pointer


def test_a_dossier_that_refuses_itself_is_read_all_the_same_so_its_words_are_held_to_it(
    desk: Desk, told: dict[str, Any]
) -> None:
    checks = [plain(each) for each in refused()]
    for each in checks:
        each["says"] += FORGED
    assert faults(ask(desk, told | {"checks": checks}))[0] == ("/dossier/checks/0/says", IN_ONE_LINE)


@pytest.mark.parametrize("words", HONEST)
def test_what_people_write_in_any_language_is_taken(desk: Desk, told: dict[str, Any], words: str) -> None:
    told["checks"][3]["says"] = told["window"]["history"] = words
    assert ask(desk, told, f"{words}\n\tand so on").json()["reason"] == f"{words}\n\tand so on"


@pytest.mark.parametrize("words", [FORGED, "\u2066turned", "fine\rforged"])
def test_a_reason_that_acts_is_refused_wherever_it_is_given(desk: Desk, told: dict[str, Any], words: str) -> None:
    assert faults(ask(desk, told, words)) == [("/reason", IN_LINES.lower())]
    asked = ask(desk, told).json()
    path = f"/v1/models/promotions/{asked['promotion_id']}/approvals"
    assert faults(desk.post(path, AGREE | {"reason": words}, "model-owner")) == [("/reason", IN_LINES)]
    assert desk.get(f"/v1/models/promotions/{asked['promotion_id']}").json()["state"] == "proposed"
    assert faults(desk.post("/v1/models/rollbacks", {"reason": words}, "scientist")) == [("/reason", IN_LINES)]


def test_a_review_s_comment_and_parameters_are_held_to_it(desk: Desk) -> None:
    path = f"/v1/recommendations/{desk.recommend(in_currency(1, 'EUR', '640.00'))['recommendation_id']}/reviews"
    no = {"verdict": "reject", "reason": "other"}
    assert faults(desk.post(path, no | {"comment": FORGED}, "reviewer-1")) == [("/comment", IN_LINES)]
    other = {"verdict": "override", "reason": "other", "action": "prioritise_pick"}
    parameters = {"parameters": {"node": "store-1\u202e"}}
    assert faults(desk.post(path, other | parameters, "reviewer-1")) == [("/parameters", IN_ONE_LINE)]
    assert desk.post(path, no | {"comment": "counted\r\nby hand 👩\u200d👧"}, "reviewer-1").is_success


def test_one_that_was_recorded_before_is_read_with_its_signs_visible(
    desk: Desk, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grounds, "refuse_acting_texts", lambda _: None)
    told["window"]["history"] = TURNED
    promotion = ask(desk, told).json()["promotion_id"]
    assert desk.get(f"/v1/models/promotions/{promotion}/dossier").json()["window"]["history"] == TURNED
    sign_in(desk, "auditor")
    page = desk.client.get(f"/console/models/promotions/{promotion}").text
    assert "\u202e" not in page
    assert TURNED.replace("\u202e", "\ufffd") in page


def test_what_a_customer_wrote_is_answered_and_turns_nothing_round_on_its_page(desk: Desk) -> None:
    said = "where is it\u202e?\u202c \u2066(OMS)\u2069 ﻣﺮﺣﺒﺎ"
    answer = desk.recommend(costly(message=said))
    sign_in(desk, "reviewer-1")
    page = desk.client.get(f"/console/cases/{answer['recommendation_id']}").text
    assert "where is it�?� �(OMS)� ﻣﺮﺣﺒﺎ" in page
    assert "\u202e" not in page
