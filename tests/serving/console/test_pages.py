"""The desk over the real service: who may look, what is shown, and that deciding here is deciding everywhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
from httpx import Response

from data.vocabulary import Role
from serving.console.access import own_path
from tests.fixtures.desk import HOSTILE
from tests.fixtures.service import Desk, an_exception, costly, in_currency

FINANCE, OPERATIONS = "fina", "opal"


@pytest.fixture
def people(desk: Desk) -> Desk:
    """A desk with one person for finance and one for store operations."""
    desk.add(FINANCE, Role.STORE_FINANCE)
    desk.add(OPERATIONS, Role.STORE_OPERATIONS)
    return desk


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def sign_in(desk: Desk, name: str = "reviewer-1", go_to: str = "/console") -> Response:
    desk.client.cookies.clear()
    page = desk.client.get("/console/sign-in", params={"go_to": go_to})
    form = {"csrf": hidden(page.text, "csrf"), "go_to": hidden(page.text, "go_to"), "key": desk.keys[name]}
    response: Response = desk.client.post("/console/sign-in", data=form, follow_redirects=False)
    return response


def waiting(desk: Desk, number: int = 1, **facts: Any) -> str:
    """The address of a case that waits for store finance."""
    answer = desk.recommend(costly(number, **facts))
    assert answer["disposition"] == "review"
    return f"/console/cases/{answer['recommendation_id']}"


def decide(desk: Desk, case: str, verdict: str = "approve", html: str | None = None, **form: str) -> Response:
    page = html or desk.client.get(case).text
    sent = {"csrf": hidden(page, "csrf"), "version": hidden(page, "version"), "verdict": verdict, **form}
    response: Response = desk.client.post(f"{case}/reviews", data=sent, follow_redirects=False)
    return response


def state(desk: Desk, case: str) -> dict[str, Any]:
    told: dict[str, Any] = desk.get(f"/v1/recommendations/{case.rpartition('/')[2]}/reviews").json()
    return told


@pytest.mark.parametrize(
    "path", ["/console", "/console/decided", "/console/cases/x", "/console/cases/x/changes?version=0"]
)
def test_nobody_looks_without_signing_in(desk: Desk, path: str) -> None:
    response = desk.client.get(path, follow_redirects=False)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/console/sign-in")
    refreshed = desk.client.get(path, headers={"HX-Request": "true"}, follow_redirects=False)
    assert (refreshed.headers["hx-redirect"], refreshed.text) == ("/console/sign-in", "")


def test_signing_in_leads_back_to_the_page_that_was_asked_for(desk: Desk) -> None:
    asked = desk.client.get("/console/decided?state=rejected", follow_redirects=False).headers["location"]
    assert 'value="/console/decided?state=rejected"' in desk.client.get(asked).text
    assert (
        sign_in(desk, go_to="/console/decided?state=rejected").headers["location"] == "/console/decided?state=rejected"
    )


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/console/../v1", "/consoles", "/console\\@evil", "", "/console/a\n"],
)
def test_signing_in_leads_nowhere_else(path: str) -> None:
    assert own_path(path) == "/console"


def test_the_cookie_is_for_this_site_and_no_script(desk: Desk) -> None:
    cookie = sign_in(desk).headers["set-cookie"]
    for word in ("fairlead_session=", "HttpOnly", "SameSite=strict", "Path=/console", "Max-Age=43200"):
        assert word in cookie
    assert "Secure" not in cookie
    desk.client.base_url = "https://testserver"
    assert "Secure" in sign_in(desk).headers["set-cookie"]


def test_a_wrong_key_is_refused_and_not_repeated(desk: Desk) -> None:
    page = desk.client.get("/console/sign-in")
    form = {"csrf": hidden(page.text, "csrf"), "go_to": "/console", "key": "guess-me"}
    response = desk.client.post("/console/sign-in", data=form)
    assert response.status_code == 401
    assert "Nobody who may use the desk holds this key." in response.text
    assert "guess-me" not in response.text
    assert "fairlead_session" not in response.headers.get("set-cookie", "")


def test_another_site_cannot_sign_somebody_in(desk: Desk) -> None:
    token = hidden(desk.client.get("/console/sign-in").text, "csrf")
    desk.client.cookies.clear()
    response = desk.client.post("/console/sign-in", data={"csrf": token, "key": desk.keys["reviewer-1"]})
    assert response.status_code == 403
    assert "fairlead_session" not in response.headers["set-cookie"]


def test_the_session_opens_no_api(desk: Desk) -> None:
    sign_in(desk)
    cookie = desk.client.cookies["fairlead_session"]
    assert desk.client.get("/v1/recommendations", headers={"Cookie": f"fairlead_session={cookie}"}).status_code == 401


def test_a_replaced_key_ends_the_session(people: Desk) -> None:
    sign_in(people, FINANCE)
    assert people.client.get("/console", follow_redirects=False).status_code == 200
    people.service.principals.put(FINANCE, [Role.STORE_FINANCE], "another-key", people.clock())
    assert people.client.get("/console", follow_redirects=False).status_code == 303


def test_a_session_ends_after_a_working_day(desk: Desk) -> None:
    sign_in(desk)
    desk.clock.move(hours=12)
    assert desk.client.get("/console", follow_redirects=False).status_code == 303


def test_signing_out_needs_this_session_s_form(desk: Desk) -> None:
    sign_in(desk)
    assert desk.client.post("/console/sign-out", data={"csrf": "x"}).status_code == 403
    token = hidden(desk.client.get("/console").text, "csrf")
    desk.client.post("/console/sign-out", data={"csrf": token})
    assert "fairlead_session" not in desk.client.cookies


@pytest.mark.parametrize("path", ["/console", "/console/sign-in", "/console/cases/x", "/console/static/desk.css"])
def test_every_answer_forbids_inline_code_frames_and_guessing(desk: Desk, path: str) -> None:
    sign_in(desk)
    headers = desk.client.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-frame-options"], headers["x-content-type-options"]) == ("DENY", "nosniff")


def test_pages_are_not_kept_by_caches_and_files_are(desk: Desk) -> None:
    sign_in(desk)
    assert desk.client.get("/console").headers["cache-control"] == "no-store"
    assert "immutable" in desk.client.get("/console/static/desk.css").headers["cache-control"]


def test_an_empty_queue_explains_itself(desk: Desk) -> None:
    sign_in(desk)
    assert "Nothing waits for a person" in desk.client.get("/console").text
    assert "No case here: approved" in desk.client.get("/console/decided").text
    assert desk.client.get("/console/decided?state=open").status_code == 200
    assert "None waits for store finance." in desk.client.get("/console?role=store_finance").text
    assert "No case here: overridden" in desk.client.get("/console/decided?state=overridden").text


def test_the_decided_say_which_a_newer_event_overtook(people: Desk) -> None:
    alone, old = waiting(people, 1), waiting(people, 2, exception="exc", minutes=-10)
    sign_in(people, FINANCE)
    for case in (alone, old):
        assert decide(people, case).status_code == 303
    waiting(people, 3, exception="exc", minutes=-5)
    assert people.client.get("/console/decided?state=approved").text.count("approved, overtaken") == 1


def test_the_decided_say_who_decided_last_and_when(people: Desk) -> None:
    case = waiting(people, 1)
    sign_in(people, FINANCE)
    people.clock.move(minutes=10)
    assert decide(people, case).status_code == 303
    said = f'<span class="decided-by">{FINANCE}, <time datetime="2026-11-23T12:10:00Z">'
    assert said in people.client.get("/console/decided?state=approved").text
    (item,) = people.get("/v1/recommendations?state=approved").json()["items"]
    assert (item["decided_by"], item["decided_at"]) == (FINANCE, "2026-11-23T12:10:00Z")


def test_the_queue_puts_first_what_costs_most_to_leave(desk: Desk) -> None:
    small, large = waiting(desk, 1), waiting(desk, 2, promise={"due_at": "2026-11-23T12:20:00Z"})
    sign_in(desk)
    html = desk.client.get("/console").text
    assert html.index(large) < html.index(small)
    assert "due in 20 min" in html
    assert "EUR 640.00" in html
    assert "store-12" in html


def test_the_queue_compares_by_worth_and_shows_each_amount_as_it_is(desk: Desk) -> None:
    cases = []
    for number, (currency, value) in enumerate((("JPY", "12000.00"), ("EUR", "640.00"), ("XAU", "2.00"))):
        answer = desk.recommend(in_currency(number, currency, value))
        cases.append(f"/console/cases/{answer['recommendation_id']}")
    sign_in(desk)
    html = desk.client.get("/console").text
    yen, euro, gold = (html.index(case) for case in cases)
    assert gold < euro < yen
    assert all(amount in html for amount in ("JPY 12,000.00", "EUR 640.00", "XAU 2.00"))


def test_the_queue_can_be_asked_by_role(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, OPERATIONS)
    assert case in people.client.get("/console?role=store_finance").text
    assert case not in people.client.get("/console?role=pricing_desk").text
    assert case in people.client.get("/console?role=not-a-role").text
    assert "others decide this" in people.client.get("/console").text


def test_the_case_shows_what_was_answered(desk: Desk) -> None:
    case = waiting(desk)
    answer = desk.get(f"/v1/recommendations/{case.rpartition('/')[2]}").json()
    sign_in(desk)
    html = desk.client.get(case).text
    for digest in answer["receipt"].values():
        assert digest is None or digest in html
    for option in answer["options"]:
        assert f"{option['expected_cost']['amount']}" in html
    assert "No usable model was in force." in html
    assert "store finance must agree" in html


def test_a_promise_that_has_passed_is_a_sentence_not_a_chance(desk: Desk) -> None:
    case = waiting(desk, promise={"due_at": "2026-11-23T08:50:00Z"})
    sign_in(desk)
    html = desk.client.get(case).text
    told = re.search(r'<article class="card prediction" aria-labelledby="p-sla_breach">.*?</article>', html, re.DOTALL)
    assert told
    assert "The promise has passed" in told[0]
    assert "The promise passed 3 h 10 min ago: the SLA is broken" in told[0]
    assert not any(each in told[0] for each in ("<svg", "degraded", 'class="probability"', "Will the promise break"))
    assert "due 3 h 10 min ago" in html
    assert "already broken" in html
    assert "still breaks" not in html
    assert "promise at risk" not in html
    assert "due 3 h 10 min ago" in desk.client.get("/console").text


def test_approving_here_is_what_the_orchestrator_learns(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, FINANCE)
    response = decide(people, case, comment="checked with the provider")
    assert (response.status_code, response.headers["location"]) == (303, f"{case}?decided=true")
    told = state(people, case)
    assert (told["state"], told["reviews"][0]["decided_by"]) == ("approved", FINANCE)
    assert told["reviews"][0]["comment"] == "checked with the provider"
    assert told["execute"]
    page = people.client.get(response.headers["location"]).text
    assert "You approved. The orchestrator may now execute" in page
    assert 'id="approve"' not in page
    assert case in people.client.get("/console/decided").text
    assert case not in people.client.get("/console").text


def test_rejecting_needs_a_reason_and_keeps_it(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, FINANCE)
    unfinished = decide(people, case, "reject", comment="because of <b>this</b>")
    assert unfinished.status_code == 422
    assert "Choose a reason." in unfinished.text
    assert "because of &lt;b&gt;this&lt;/b&gt;" in unfinished.text
    decide(people, case, "reject", reason="facts_stale")
    assert (state(people, case)["state"], state(people, case)["reviews"][0]["reason"]) == ("rejected", "facts_stale")
    assert case in people.client.get("/console/decided?state=rejected").text


def test_overriding_chooses_another_action_with_its_parameters(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, FINANCE)
    wrong = decide(people, case, "override", reason="other", action="retry_system_sync")
    assert wrong.status_code == 422
    assert wrong.text.count("This is needed.") == 1
    form = {"retry_system_sync.system": "payments"}
    decide(people, case, "override", reason="other", action="retry_system_sync", **form)
    review = state(people, case)["reviews"][0]
    assert (review["action"], review["parameters"]) == ("retry_system_sync", {"system": "payments"})


def test_an_override_with_what_is_recommended_is_explained(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, FINANCE)
    first = people.get(f"/v1/recommendations/{case.rpartition('/')[2]}").json()["options"][0]
    form = {f"{first['action']}.{name}": str(value) for name, value in first["parameters"].items()}
    response = decide(people, case, "override", reason="other", action=first["action"], **form)
    assert response.status_code == 422
    assert "choose another action or other parameters" in response.text
    assert state(people, case)["reviews"] == []


def test_who_was_slower_sees_how_it_stands_and_keeps_their_words(desk: Desk) -> None:
    case = waiting(desk)
    sign_in(desk, "reviewer-1")
    read = desk.client.get(case).text
    sign_in(desk, "reviewer-2")
    decide(desk, case)
    sign_in(desk, "reviewer-1")
    token = hidden(desk.client.get(case).text, "csrf")
    late = decide(desk, case, "reject", read, reason="other", comment="too late", csrf=token)
    assert late.status_code == 412
    assert "Somebody decided while you were reading: nothing of yours was recorded." in late.text
    assert "<strong>reviewer-2</strong> approved" in late.text
    assert len(state(desk, case)["reviews"]) == 1


def test_a_form_of_another_session_records_nothing(desk: Desk) -> None:
    case = waiting(desk)
    sign_in(desk, "reviewer-2")
    foreign = hidden(desk.client.get(case).text, "csrf")
    sign_in(desk, "reviewer-1")
    for token in (foreign, "", "é"):
        assert decide(desk, case, csrf=token).status_code == 403
    assert state(desk, case)["reviews"] == []


@pytest.mark.parametrize("version", ["", "-1", "x", "9" * 30, "٣"])
def test_a_form_without_the_version_it_was_read_at_records_nothing(desk: Desk, version: str) -> None:
    case = waiting(desk)
    sign_in(desk)
    assert decide(desk, case, version=version).status_code == 403
    assert state(desk, case)["reviews"] == []


def test_without_the_role_one_reads_and_is_told_who_decides(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, FINANCE)
    token_page = people.client.get(case).text
    sign_in(people, OPERATIONS)
    html = people.client.get(case).text
    assert "It waits for store finance; you hold store operations." in html
    response = decide(people, case, html=token_page, csrf=hidden(html, "csrf"))
    assert response.status_code == 403
    assert "None of your roles may decide this." in response.text


def test_whoever_cannot_review_cannot_post(desk: Desk) -> None:
    case = waiting(desk)
    sign_in(desk, "auditor")
    html = desk.client.get(case).text
    response = desk.client.post(f"{case}/reviews", data={"csrf": hidden(html, "csrf"), "verdict": "approve"})
    assert response.status_code == 403
    assert "none of your roles grants it" in response.text


def test_a_page_notices_that_its_case_changed(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, FINANCE)
    assert people.client.get(f"{case}/changes?version=0").status_code == 204
    decide(people, case)
    notice = people.client.get(f"{case}/changes?version=0").text
    assert "This case changed while you were reading: approved, by fina." in notice
    assert f'href="{case}"' in notice


def test_a_closed_case_leads_to_the_newer_one_and_tells_the_outcome(people: Desk) -> None:
    old = waiting(people, 1, minutes=-5)
    new = waiting(people, 2, minutes=-1, exception="exc-1")
    sign_in(people, FINANCE)
    html = people.client.get(old).text
    assert f'href="{new}">Open the newer case' in html
    decide(people, new)
    recorded = {"recorded_at": "2026-11-23T12:00:00Z", "resolved_at": "2026-11-23T11:59:00Z", "granted": "12.50"}
    assert people.post(f"/v1/recommendations/{new.rpartition('/')[2]}/outcomes", recorded).status_code < 300
    html = people.client.get(new).text
    assert "What then happened" in html
    assert "EUR 12.50" in html
    assert "Mon 23 Nov 2026, 12:59 CET" in html


def test_a_case_whose_outcome_was_told_says_so_and_offers_no_forms(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, FINANCE)
    assert 'id="approve"' in people.client.get(case).text
    told(people, case)
    html = people.client.get(case).text
    assert "The outcome was told before anybody had decided: nothing is left to decide" in html
    assert "closed by its outcome" in html
    assert "What then happened" in html
    assert not any(f'id="{form}"' in html for form in ("approve", "reject", "override"))
    assert "may execute" not in html
    assert case not in people.client.get("/console").text
    assert case in people.client.get("/console/decided?state=closed").text
    notice = people.client.get(f"{case}/changes?version=0").text
    assert "This case changed while you were reading: closed by its outcome." in notice


def test_who_decides_on_a_closed_case_is_warned_and_nothing_is_recorded(people: Desk) -> None:
    case = waiting(people)
    sign_in(people, FINANCE)
    read = people.client.get(case).text
    told(people, case)
    for verdict, form in (("approve", {}), ("reject", {"reason": "other", "comment": "too late"})):
        late = decide(people, case, verdict, read, **form)
        assert late.status_code == 409
        assert 'class="banner bad"' in late.text
        assert "nothing of yours was recorded" in late.text
        assert "The outcome was told before anybody had decided" in late.text
    assert (state(people, case)["state"], state(people, case)["reviews"]) == ("closed", [])


def told(desk: Desk, case: str) -> None:
    """The orchestrator tells the outcome."""
    recorded = {"recorded_at": "2026-11-23T12:00:00Z", "resolved_at": "2026-11-23T11:59:00Z"}
    assert desk.post(f"/v1/recommendations/{case.rpartition('/')[2]}/outcomes", recorded).status_code == 200


def test_a_case_that_is_not_kept_here_is_a_page(desk: Desk) -> None:
    sign_in(desk)
    for path in ("/console/cases/nothing", "/console/cases/nothing/changes?version=1"):
        response = desk.client.get(path)
        assert response.status_code == 404
        assert "Go to the queue" in response.text
    assert desk.client.get("/console/cases/nothing/changes?version=x").status_code == 422


def test_the_next_case_is_one_that_the_visitor_may_decide(people: Desk) -> None:
    first, second = waiting(people, 1), waiting(people, 2)
    sign_in(people, FINANCE)
    assert f'href="{second}" id="next-case"' in people.client.get(first).text
    sign_in(people, OPERATIONS)
    assert "next-case" not in people.client.get(first).text


def test_the_next_case_is_found_behind_many_that_wait_for_others(people: Desk) -> None:
    """Finance's cases press more; whoever decides for store operations goes on to the one of theirs all the same."""
    first, *_ = [waiting(people, number, promise={"due_at": "2026-11-23T12:20:00Z"}) for number in range(1, 25)]
    theirs = people.recommend(an_exception(30, reported_type="suspicious_return", currency="EUR"))
    assert theirs["review"]["roles"] == ["store_operations"]
    sign_in(people, OPERATIONS)
    assert f'href="/console/cases/{theirs["recommendation_id"]}" id="next-case"' in people.client.get(first).text


def test_whatever_a_sender_or_a_reviewer_writes_stays_text(people: Desk) -> None:
    case = waiting(people, message=HOSTILE, attributes={"note": HOSTILE}, code=HOSTILE[:60])
    sign_in(people, FINANCE)
    decide(people, case, "reject", reason="other", comment=HOSTILE)
    for path in (case, "/console", "/console/decided?state=rejected"):
        html = people.client.get(path).text
        assert "<img" not in html
        assert "<script>alert" not in html
    assert "&lt;img src=x" in people.client.get(case).text


def test_a_form_with_a_file_or_no_end_of_fields_is_refused(desk: Desk) -> None:
    case = waiting(desk)
    sign_in(desk)
    assert desk.client.post(f"{case}/reviews", files={"csrf": ("a.txt", b"x")}).status_code in (400, 403)
    many = {f"f{number}": "x" for number in range(500)}
    assert desk.client.post(f"{case}/reviews", data=many).status_code in (400, 403)
