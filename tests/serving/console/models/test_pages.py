"""Promotions on the desk: who may look and decide, and that deciding here is deciding everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import text

from data.plain_text import visible
from data.promotion import Attestation, Check
from data.record import plain
from data.vocabulary import Role, Task
from models.bundle import publish
from serving.console.models import dossier_view
from serving.console.models.drift_view import drift_table
from serving.models.drift_schemas import ModelsDrift
from tests.fixtures.bundles import PUBLISHED, a_bundle, damage, damage_manifest, republish
from tests.fixtures.dossiers import WITHOUT_TIMES, a_dossier, measured, noted, numbers, passed, promoted, refused, send
from tests.fixtures.service import Desk, costly, open_desk
from tests.fixtures.task_models import task_model

MODELS, WHY = "/console/models", "better on four weeks"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    a_bundle(tmp_path / "bundle", seed=1)
    opened = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    with opened.client:
        yield opened


@pytest.fixture
def challenger(desk: Desk, tmp_path: Path) -> str:
    return send(desk, a_bundle(tmp_path / "challenger", seed=2))


def sign_in(desk: Desk, name: str) -> str:
    """Sign in; returns where that leads."""
    desk.client.cookies.clear()
    page = desk.client.get("/console/sign-in")
    form = {"csrf": hidden(page.text, "csrf"), "go_to": "/console", "key": desk.keys[name]}
    answer = desk.client.post("/console/sign-in", data=form, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def asked(desk: Desk, challenger: str, checks: list[Check] | None = None, **changes: Any) -> str:
    """The page of a promotion that the scientist asked for."""
    dossier = a_dossier(challenger, in_force(desk), checks=tuple(checks or passed()), **measured(), **changes)
    body = {"dossier": plain(dossier), "reason": "learned October"}
    told = desk.post("/v1/models/promotions", body, "scientist").json()
    return f"{MODELS}/promotions/{told['promotion_id']}"


def in_force(desk: Desk) -> str:
    told: str = desk.get("/v1/models").json()["bundle"]
    return told


def post(desk: Desk, page: str, path: str, **form: str) -> Response:
    sent = {"csrf": hidden(desk.client.get(page).text, "csrf"), **form}
    answer: Response = desk.client.post(path, data=sent, follow_redirects=False)
    return answer


def decide(desk: Desk, page: str, verdict: str = "approve", reason: str = WHY) -> Response:
    return post(desk, page, f"{page}/approvals", verdict=verdict, reason=reason)


def roll_back(desk: Desk, serving: str, reason: str = WHY) -> Response:
    return post(desk, MODELS, f"{MODELS}/rollbacks", serving=serving, reason=reason)


def state(desk: Desk, page: str) -> dict[str, Any]:
    told: dict[str, Any] = desk.get(f"/v1/models/promotions/{page.rpartition('/')[2]}").json()
    return told


def test_what_whoever_asks_answers_for_stands_beside_how_many_live_cases_tell_it(
    desk: Desk, challenger: str, tmp_path: Path
) -> None:
    desk.post("/v1/recommendations", costly(1, attributes={"dock_slot": "a4"}))
    desk.post("/v1/recommendations", costly(2))
    nothing_new = asked(desk, send(desk, a_bundle(tmp_path / "other", seed=3)))
    said = {"dock_slot": "booked with the <order>", "outcomes": "corrected in May"}
    page = asked(desk, challenger, attested=tuple(Attestation(name=name, says=why) for name, why in said.items()))
    sign_in(desk, "model-owner")
    assert "Answered for" not in desk.client.get(nothing_new).text
    shown = desk.client.get(page).text
    assert "Answered for" in shown
    assert "booked with the &lt;order&gt;" in shown
    assert ">dock slot<" in shown
    assert "1 of 2" in shown
    _, said_so, rest = shown.partition("corrected in May")
    row = rest.partition("</tr>")[0]
    assert said_so, "what is said of outcomes is shown"
    assert ("–" in row, " of 2" in row) == (True, False), "no case tells an outcome"
    live = desk.get(f"/v1/models/promotions/{page.rpartition('/')[2]}").json()["told_live"]
    assert live == [{"name": "dock_slot", "told": 1, "cases": 2}]


def test_nobody_looks_without_signing_in(desk: Desk) -> None:
    for path in (MODELS, f"{MODELS}/drift", f"{MODELS}/promotions/{'0' * 36}"):
        assert desk.client.get(path, follow_redirects=False).status_code == 303


def test_a_model_owner_begins_where_the_work_waits(desk: Desk) -> None:
    assert sign_in(desk, "model-owner") == MODELS
    assert sign_in(desk, "reviewer-1") == "/console"


def test_agreeing_on_the_desk_brings_the_challenger_in_force(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger)
    sign_in(desk, "model-owner")
    assert page in desk.client.get(MODELS).text
    waits = "once another person agrees"
    assert waits in desk.client.get(page).text
    answer = decide(desk, page)
    assert (answer.status_code, in_force(desk)) == (303, challenger)
    assert state(desk, page)["decided"] | {"at": ""} == {
        "verdict": "approve",
        "by": "model-owner",
        "reason": WHY,
        "at": "",
    }
    after = desk.client.get(answer.headers["location"]).text
    assert "You agreed" in after
    assert waits not in after
    assert "Its checks did not refuse it" in after
    assert f"<strong>model-owner</strong>: {WHY}; scientist asked: learned October" in desk.client.get(MODELS).text
    assert "This promotion is decided: model-owner agreed: better on four weeks" in after


def test_what_another_person_did_is_not_claimed_as_ones_own(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger)
    sign_in(desk, "model-owner")
    decide(desk, page)
    sign_in(desk, "reviewer-1")
    assert "You agreed" not in desk.client.get(f"{page}?done=approve").text
    assert "serves again" not in desk.client.get(f"{MODELS}?done=rollback").text


def test_not_agreeing_leaves_what_serves(desk: Desk, challenger: str) -> None:
    before, page = in_force(desk), asked(desk, challenger)
    sign_in(desk, "model-owner")
    assert decide(desk, page, "reject").status_code == 303
    assert (state(desk, page)["state"], in_force(desk)) == ("rejected", before)


@pytest.mark.parametrize("reason", ["", "ok", "x" * 501, "fine \u202ewen"])
def test_a_decision_without_a_reason_is_not_taken_and_nothing_typed_is_lost(
    desk: Desk, challenger: str, reason: str
) -> None:
    page = asked(desk, challenger)
    sign_in(desk, "model-owner")
    answer = decide(desk, page, reason=reason)
    assert answer.status_code == 422
    assert "Say why, in 3 to 500 characters" in answer.text
    assert f">{visible(reason)}</textarea>" in answer.text
    assert state(desk, page)["state"] == "proposed"


def test_whoever_asked_is_told_that_another_must_agree(desk: Desk, challenger: str) -> None:
    desk.service.principals.put(
        "scientist", [Role.DATA_SCIENTIST, Role.MODEL_OWNER], desk.keys["scientist"], desk.clock()
    )
    page = asked(desk, challenger)
    sign_in(desk, "scientist")
    html = desk.client.get(page).text
    assert "another person must agree to it" in html
    assert "/approvals" not in html
    answer = post(desk, page, f"{page}/approvals", verdict="approve", reason=WHY)
    assert answer.status_code == 403
    assert "another person must" in answer.text


def test_whoever_asked_withdraws_it_on_the_desk_and_nobody_else(desk: Desk, challenger: str) -> None:
    page, before = asked(desk, challenger), in_force(desk)
    desk.add("colleague", Role.DATA_SCIENTIST)
    for name in ("model-owner", "colleague", "reviewer-1"):
        sign_in(desk, name)
        assert "/withdrawals" not in desk.client.get(page).text, name
        assert post(desk, page, f"{page}/withdrawals", reason=WHY).status_code == 403, name
    sign_in(desk, "scientist")
    assert post(desk, page, f"{page}/withdrawals", reason="no").status_code == 422
    answer = post(desk, page, f"{page}/withdrawals", reason="the wrong folder")
    assert (answer.status_code, state(desk, page)["state"], in_force(desk)) == (303, "withdrawn", before)
    after = desk.client.get(answer.headers["location"]).text
    assert "You withdrew your request" in after
    assert "scientist withdrew it: the wrong folder" in after
    assert "/withdrawals" not in after


def test_whoever_may_only_look_sees_the_dossier_and_no_form(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger)
    sign_in(desk, "reviewer-1")
    html = desk.client.get(page).text
    assert "none of your roles may agree to it" in html
    assert "/approvals" not in html
    assert decide(desk, page).status_code == 403
    assert state(desk, page)["state"] == "proposed"


def test_a_form_of_another_session_decides_nothing(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger)
    sign_in(desk, "model-owner")
    for path, form in ((f"{page}/approvals", {"verdict": "approve"}), (f"{MODELS}/rollbacks", {"serving": "x"})):
        answer = desk.client.post(path, data={"csrf": "0" * 64, "reason": WHY, **form}, follow_redirects=False)
        assert answer.status_code == 403
    assert decide(desk, page, "agree").status_code == 403
    assert state(desk, page)["state"] == "proposed"


def test_the_dossier_says_no_where_its_checks_do(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger, refused())
    sign_in(desk, "model-owner")
    html = desk.client.get(page).text
    assert "No: its checks refuse it" in html
    assert "closing_code carries 81%" in html
    assert "/approvals" not in html
    assert "refused by its checks" in desk.client.get(MODELS).text


def test_what_whoever_agrees_should_know_stands_at_the_top(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger, noted())
    sign_in(desk, "model-owner")
    html = desk.client.get(page).text
    assert html.index("Know this before you agree") < html.index("only 640 later cases") < html.index("Side by side")


def test_how_often_and_with_which_seed_cases_were_drawn_stands_on_the_page(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger, seed=11)
    sign_in(desk, "model-owner")
    assert "1,000 paired resamples of whole exceptions, drawn with seed 11." in desk.client.get(page).text


def test_a_comparison_without_times_names_no_days(desk: Desk, challenger: str, tmp_path: Path) -> None:
    days = asked(desk, send(desk, a_bundle(tmp_path / "other", seed=3)))
    cases = asked(desk, challenger, window=WITHOUT_TIMES)
    sign_in(desk, "model-owner")
    assert "days after those that both say taught them" in desk.client.get(days).text
    html = desk.client.get(cases).text
    assert "days after those that both say taught them" not in html
    assert "3,000 cases of 2,900 exceptions of fold.csv that taught neither" in html
    assert "of 3,000 cases 400 can be looked up and none of them taught either" in html
    assert "not later days" in html


def test_a_task_that_keeps_its_model_is_one_line_and_no_rows_of_zeros(desk: Desk, tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "one-task", seed=1)
    publish(folder, {Task.ROOT_CAUSE: task_model(Task.ROOT_CAUSE, 2)}, created_at=PUBLISHED + timedelta(days=1))
    page = asked(desk, send(desk, folder))
    sign_in(desk, "model-owner")
    html = desk.client.get(page).text
    same = "Same model on both sides, so nothing differs: exception type, promise breaks, shelf runs empty."
    assert same in html
    tables = re.findall('<tbody role="rowgroup">.*?</tbody>', html, re.DOTALL)
    measured = [each for each in tables if 'data-name="Cases"' in each]
    assert "root cause" in "".join(measured)
    assert "promise breaks" not in "".join(measured)
    assert "minutes to promise" not in html, "what carried its scores"
    assert '<text class="task" x="0" y="38">root cause</text>' in html
    assert html.count('class="task"') == 1
    learned = next(each for each in tables if "Bundle made" in each)
    assert learned.count("the same model") == 3
    assert "1 Nov 2026" in learned
    assert "2 Nov 2026" in learned


def test_where_the_files_are_gone_only_numbers_without_any_difference_are_the_same_model() -> None:
    told = numbers()["differences"]
    level = tuple(each.model_copy(update={"difference": 0.0, "low": 0.0, "high": 0.0}) for each in told)
    for differences, slices, same in ((told, (), set()), (level, (), {each.task for each in told})):
        dossier = a_dossier("sha256:" + "a" * 64, "sha256:" + "b" * 64, differences=differences, slices=slices)
        assert dossier_view.same_tasks(dossier, frozenset()) == same
    dossier = a_dossier("sha256:" + "a" * 64, "sha256:" + "b" * 64, **{**numbers(), "differences": level})
    assert dossier_view.same_tasks(dossier, frozenset()) == {Task.ROOT_CAUSE}, "its slices and shares differ"


def test_the_shadow_s_evidence_stands_on_the_promotion_s_page_also_once_it_serves(tmp_path: Path) -> None:
    bundle, shadow = a_bundle(tmp_path / "bundle", seed=1), a_bundle(tmp_path / "shadow", seed=2)
    opened = open_desk(tmp_path / "var", bundle=bundle, shadow=shadow)
    with opened.client:
        page = asked(opened, send(opened, shadow))
        sign_in(opened, "model-owner")
        assert "has not answered in the shadow of this champion" in opened.client.get(page).text
        for number in range(3):
            opened.recommend(costly(number))
        opened.service.shadow.drain()
        for _ in ("while it waits", "once it serves"):
            html = opened.client.get(page).text
            assert "has not answered in the shadow" not in html
            assert '<td role="cell" class="right" data-name="Both answered">3</td>' in html
            decide(opened, page)


def test_decided_promotions_are_listed_with_the_moment_of_the_decision(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger)
    sign_in(desk, "model-owner")
    desk.clock.move(hours=5)
    decide(desk, page, "reject")
    moment = '<time datetime="2026-11-23T17:00:00Z">Mon 23 Nov 2026, 17:00 UTC</time>'
    for path in (MODELS, page):
        assert moment in desk.client.get(path).text, path


def waiting_and_lapsed(desk: Desk) -> tuple[str, str]:
    """The promotions that somebody can agree to, and those that nobody can now."""
    card = desk.client.get(MODELS).text.split('id="waiting-title"')[1].split("</section>")[0]
    waiting, _, lapsed = card.partition('id="lapsed-title"')
    return waiting, lapsed


def test_a_promotion_that_another_one_overtook_says_so(desk: Desk, challenger: str, tmp_path: Path) -> None:
    other = asked(desk, send(desk, a_bundle(tmp_path / "other", seed=3)))
    page = asked(desk, challenger)
    sign_in(desk, "model-owner")
    html = desk.client.get(other).text
    decide(desk, page)
    waiting, lapsed = waiting_and_lapsed(desk)
    assert "No challenger asks to take over" in waiting
    assert "compared with another bundle" in lapsed
    assert state(desk, other)["lapsed"] == "other_champion"
    shown = desk.client.get(other).text
    assert "it must be compared again" in shown
    assert "Its checks did not refuse it; nobody can agree to it now" in shown
    assert "It may take over" not in shown
    sent = {"csrf": hidden(html, "csrf"), "verdict": "approve", "reason": WHY}
    answer = desk.client.post(f"{other}/approvals", data=sent, follow_redirects=False)
    assert answer.status_code == 409
    assert in_force(desk) == challenger


def test_files_that_were_altered_are_refused_on_the_page(desk: Desk, challenger: str) -> None:
    page, before = asked(desk, challenger), in_force(desk)
    sign_in(desk, "model-owner")
    for path in desk.service.promotions.staging.folder.rglob("*"):
        if path.is_file():
            damage(path)
    answer = decide(desk, page)
    assert answer.status_code == 422
    assert 'role="status"' in answer.text
    assert (state(desk, page)["state"], in_force(desk)) == ("proposed", before)


def test_a_rollback_on_the_desk_returns_to_the_bundle_of_before(desk: Desk, challenger: str) -> None:
    before, page = in_force(desk), asked(desk, challenger)
    sign_in(desk, "model-owner")
    assert 'id="rollback"' not in desk.client.get(MODELS).text
    decide(desk, page)
    answer = roll_back(desk, challenger)
    assert (answer.status_code, in_force(desk)) == (303, before)
    shown = desk.client.get(answer.headers["location"]).text
    assert "The bundle of before serves again" in shown
    assert "agreed to, rolled back since" in shown
    assert f"model-owner rolled back: {WHY}" in shown


def test_a_rollback_is_for_what_the_person_saw(desk: Desk, challenger: str) -> None:
    before, page = in_force(desk), asked(desk, challenger)
    sign_in(desk, "model-owner")
    decide(desk, page)
    answer = roll_back(desk, before)
    assert answer.status_code == 409
    assert "while you were reading" in answer.text
    assert roll_back(desk, challenger, reason="v2").status_code == 422
    assert in_force(desk) == challenger


def test_only_who_may_roll_back_is_offered_it(desk: Desk, challenger: str) -> None:
    page = asked(desk, challenger)
    sign_in(desk, "model-owner")
    decide(desk, page)
    sign_in(desk, "reviewer-1")
    assert 'id="rollback"' not in desk.client.get(MODELS).text
    assert roll_back(desk, challenger).status_code == 403
    assert in_force(desk) == challenger


def test_a_desk_without_models_says_that_the_rules_answer(tmp_path: Path) -> None:
    opened = open_desk(tmp_path / "var")
    with opened.client:
        sign_in(opened, "model-owner")
        html = opened.client.get(MODELS).text
    assert "the rules answer alone" in html
    assert "No challenger asks to take over" in html


def test_drift_is_a_part_that_comes_later(desk: Desk) -> None:
    sign_in(desk, "reviewer-1")
    assert 'hx-get="/console/models/drift"' in desk.client.get(MODELS).text
    part = desk.client.get(f"{MODELS}/drift").text
    assert "too few decisions to tell" in part
    assert "<html" not in part


def test_drift_says_what_was_looked_at_and_what_moved_furthest() -> None:
    of_minutes = ModelsDrift.model_validate_json(Path("examples/drift.json").read_bytes())
    assert of_minutes.since
    table = drift_table(of_minutes)
    assert table.compared.startswith("The latest 60 decisions, since ")
    assert "Under a day" in table.compared
    assert "(moved furthest: node arrivals, node breach rate)" in " ".join(row.says for row in table.drift)
    of_days = of_minutes.model_copy(update={"until": of_minutes.since + timedelta(days=1)})
    assert "Under a day" not in drift_table(of_days).compared
    assert drift_table(ModelsDrift(decisions=0, tasks=())).compared == "Nothing was decided yet."


def test_shelves_asked_about_by_themselves_are_counted_with_drift_and_shadow(tmp_path: Path) -> None:
    bundle, shadow = a_bundle(tmp_path / "bundle", seed=1), a_bundle(tmp_path / "shadow", seed=2)
    opened = open_desk(tmp_path / "var", bundle=bundle, shadow=shadow)
    with opened.client:
        positions = [{"sku": f"s-{number}", "node": "store-12", "on_hand": number} for number in range(7)]
        assert opened.post("/v1/stockout-risks", {"positions": positions}).status_code == 200
        opened.service.shelves.drain()
        sign_in(opened, "model-owner")
        assert "It saw 0 answers and 7 shelves since the service started." in opened.client.get(MODELS).text
        drift = opened.client.get(f"{MODELS}/drift").text
        counted = r'scope="row">([^<]+) <span class="id">[0-9a-f]+</span></th><td [^>]*data-name="Answers">7</td>'
        assert re.findall(counted, drift) == ["Shelf runs empty"]


def test_once_the_shadow_s_bundle_serves_nothing_is_said_to_answer_beside_it(tmp_path: Path) -> None:
    bundle, shadow = a_bundle(tmp_path / "bundle", seed=1), a_bundle(tmp_path / "shadow", seed=2)
    opened = open_desk(tmp_path / "var", bundle=bundle, shadow=shadow)
    with opened.client:
        sign_in(opened, "model-owner")
        assert "answers beside it, without effect" in opened.client.get(MODELS).text
        short = promoted(opened, shadow)[len("sha256:") :][:12]
        html = opened.client.get(MODELS).text
        assert "answers beside it" not in html
        assert f"{short}</span> serves now: nothing answers in the shadow" in html


def test_drift_is_of_the_bundle_that_serves_and_names_it(desk: Desk, tmp_path: Path) -> None:
    before = in_force(desk)
    desk.recommend(costly(1))
    sign_in(desk, "model-owner")
    assert f'Of the models of <span class="bundle" title="{before}"' in desk.client.get(f"{MODELS}/drift").text
    after = promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
    html = desk.client.get(f"{MODELS}/drift").text
    assert before not in html
    assert f'Of the models of <span class="bundle" title="{after}"' in html
    told = desk.get("/v1/models/drift").json()
    assert (told["bundle"], {each["task"]: each["version"] for each in told["tasks"]}) == (
        after,
        desk.get("/v1/models").json()["models"],
    )
    versions = [each["version"][len("sha256:") :][:12] for each in told["tasks"]]
    assert re.findall(r'<span class="id">([0-9a-f]+)</span></th><td [^>]*>0<', html) == versions


def test_where_an_earlier_bundle_answers_the_desk_does_not_say_that_the_rules_do(tmp_path: Path) -> None:
    opened = open_desk(tmp_path / "var", bundle=damage_manifest(a_bundle(tmp_path / "bundle")))
    with opened.client:
        sign_in(opened, "model-owner")
        html = opened.client.get(MODELS).text
    assert "The bundle in force cannot be read: the models of an earlier one answer." in html
    assert "the rules answer alone" not in html


def test_a_bundle_that_somebody_put_into_the_folder_is_told_with_what_to_do(desk: Desk, tmp_path: Path) -> None:
    sign_in(desk, "model-owner")
    assert "fairlead doctor" not in desk.client.get(MODELS).text
    republish(desk.service.settings.bundle_folder, seed=3, at=PUBLISHED)
    html = desk.client.get(MODELS).text
    assert "is not the one that came in force last. Put back what served before" in html
    again = open_desk(tmp_path / "var", bundle=desk.service.settings.bundle_folder)
    sign_in(again, "model-owner")
    html = again.client.get(MODELS).text
    assert "the models of an earlier one answer" in html
    assert "fairlead doctor says how" in html
    again.service.close()


def test_an_unknown_promotion_is_a_page(desk: Desk) -> None:
    sign_in(desk, "model-owner")
    assert desk.client.get(f"{MODELS}/promotions/{'0' * 36}").status_code == 404
    assert desk.client.get(f"{MODELS}/promotions/what").status_code == 422


def test_a_promotion_that_was_changed_in_the_database_says_so_and_offers_no_decision(
    desk: Desk, challenger: str
) -> None:
    page = asked(desk, challenger)
    sign_in(desk, "model-owner")
    assert 'value="approve"' in desk.client.get(page).text
    with desk.service.database.write() as connection:
        connection.execute(text("UPDATE promotions SET reason = 'the board agreed'"))
    told = desk.client.get(page).text
    assert "is not what the audit chain kept" in told
    headline = re.search(r'<p class="action refused">(.*?)</p>', told)
    assert headline
    assert headline[1].startswith("No: its record was altered.")
    assert "It may take over" not in told
    assert 'value="approve"' not in told


def test_a_promotion_whose_files_went_meanwhile_says_who_sends_them_again(
    desk: Desk, challenger: str, tmp_path: Path
) -> None:
    """Another one was agreed to and rolled back: what waits is possible again, once its files are here."""
    other = a_bundle(tmp_path / "other", seed=3)
    page, first = asked(desk, send(desk, other)), asked(desk, challenger)
    sign_in(desk, "model-owner")
    decide(desk, first)
    assert roll_back(desk, challenger).status_code == 303
    shown = desk.client.get(page).text
    assert "Its files are not here any more, as happens where another bundle comes in force" in shown
    assert ": scientist sends them again (fairlead promote)." in shown
    assert 'value="approve"' not in shown
    assert "waits for its files" in waiting_and_lapsed(desk)[1]
    assert state(desk, page)["lapsed"] == "files_gone"
    held = {"csrf": hidden(shown, "csrf"), "verdict": "approve", "reason": WHY}
    refused = desk.client.post(f"{page}/approvals", data=held, follow_redirects=False)
    assert refused.status_code == 409, "a form that was opened before"
    assert "files are not here any more" in refused.text
    waiting = send(desk, other)
    body = {
        "dossier": plain(a_dossier(waiting, in_force(desk), checks=tuple(passed()), **measured())),
        "reason": "again",
    }
    again = desk.post("/v1/models/promotions", body, "scientist")
    assert again.status_code == 409
    assert "Its files are here, those sent now too." in again.json()["detail"]
    sign_in(desk, "model-owner")
    assert 'value="approve"' in desk.client.get(page).text
    decide(desk, page)
    assert state(desk, page)["state"] == "approved"
