"""The routes of the review desk. Each reads or decides through the same services as the API, then renders."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from data.review import ReviewState
from data.vocabulary import Role
from features.wording import NO_WORDS
from policies.override import allowed_for
from serving.console.access import (
    QUEUE,
    SIGN_IN,
    FormNotOurs,
    PageRoute,
    Visit,
    own_path,
    posted,
    service_of,
    sessions_of,
    shown,
    signed_in,
)
from serving.console.case_page import Attempt, Onlooker, case_page
from serving.console.case_view import changed_words, moment
from serving.console.context import ChangedNotice, QueuePage, SignInPage
from serving.console.decision_forms import FormProblem, read_review
from serving.console.foresight import foresight
from serving.console.models import pages as models
from serving.console.queue_view import decided_words, queue_row, role_choices, state_choices, waiting_words
from serving.console.rendering import Page
from serving.console.session import COOKIE, LIFETIME, VISIT_COOKIE, Sessions, new_visit, session_secret
from serving.console.static_files import static_file
from serving.errors import InvalidRequest, NotFound, OwnRequest, Problem, ReviewClosed, RoleMissing, StaleVersion
from serving.security import REVIEW_ROLES, Permission, Principal, key_digest, require
from serving.wiring import Service

router = APIRouter(prefix="/console", route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Visit, Depends(signed_in(Permission.READ))]
Reviewer = Annotated[Visit, Depends(signed_in(Permission.REVIEW))]
Form = Annotated[dict[str, str], Depends(posted)]
ANYBODY = [Depends(require(Permission.PUBLIC))]

MOST_ROWS = 100
"""The longest list: nobody works down more before it has changed."""

REFUSALS: dict[type[Problem], str] = {
    StaleVersion: "Somebody decided while you were reading: nothing of yours was recorded. This is how it stands now.",
    ReviewClosed: "There is nothing left to decide, and nothing of yours was recorded. This is how it stands now.",
    OwnRequest: "Who asked for a recommendation cannot agree to it. Somebody else must.",
    RoleMissing: "None of your roles may decide this. Ask somebody who holds one of the roles it waits for.",
    InvalidRequest: "This action cannot be chosen so: choose another action or other parameters than those proposed.",
}
"""What a person is told where the service refuses a decision; anything else is shown as it is."""


def install(app: FastAPI, service: Service) -> None:
    """Add the desk to the application. Its signing secret is kept beside the database."""
    app.state.console_sessions = Sessions(session_secret(service.settings.folder / "console.secret"))
    app.include_router(router)
    app.include_router(models.router)


@router.get("/static/{name:path}", dependencies=ANYBODY)
def static(name: str) -> Response:
    """One of the console's own files."""
    return static_file(name)


@router.get("/sign-in", dependencies=ANYBODY)
def sign_in_page(request: Request, go_to: str = QUEUE) -> Response:
    """The form that asks for a key."""
    return _sign_in(request, own_path(go_to), "", 200)


@router.post("/sign-in", dependencies=ANYBODY)
def sign_in(request: Request, form: Form) -> Response:
    """Open a session for whoever holds the key."""
    service, sessions, go_to = service_of(request), sessions_of(request), own_path(form.get("go_to", QUEUE))
    if not sessions.form_holds(request.cookies.get(VISIT_COOKIE, ""), form.get("csrf", "")):
        return _sign_in(request, go_to, "The form was too old, or cookies are blocked. Try again.", 403)
    key = form.get("key", "").strip()
    principal = service.principals.admitted(key)
    if principal is None or not principal.may(Permission.READ):
        return _sign_in(request, go_to, "Nobody who may use the desk holds this key.", 401)
    response = RedirectResponse(_home(principal) if go_to == QUEUE else go_to, 303)
    token = sessions.open(principal.name, key_digest(key), service.clock())
    _set_cookie(request, response, COOKIE, token, int(LIFETIME.total_seconds()))
    response.delete_cookie(VISIT_COOKIE, path=SIGN_IN)
    return response


@router.post("/sign-out")
def sign_out(visit: Reader, form: Form) -> Response:
    """End the session in this browser."""
    visit.check_form(form)
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(COOKIE, path=QUEUE)
    return response


@router.get("")
def queue(visit: Reader, role: str = "") -> Response:
    """The cases that wait for a person, those first whose delay costs most."""
    chosen = Role(role) if role in REVIEW_ROLES else None
    page = visit.service.recommendations.queue(ReviewState.OPEN, limit=MOST_ROWS, roles=(chosen,) if chosen else ())
    now = visit.service.clock()
    rows = tuple(queue_row(item, visit.principal.roles, now) for item in page.items)
    return shown(
        QueuePage(
            viewer=visit.viewer,
            title="Queue",
            decided=False,
            rows=rows,
            filter_name="role",
            filter_label="Waits for",
            filters=role_choices(REVIEW_ROLES, chosen.value if chosen else ""),
            filtered=chosen is not None,
            refresh=f"{QUEUE}?role={chosen.value}" if chosen else QUEUE,
            refreshed=moment(now, None),
            summary=waiting_words(page, rows),
        )
    )


@router.get("/decided")
def decided(visit: Reader, state: str = ReviewState.APPROVED) -> Response:
    """The cases that no longer wait, the latest first."""
    chosen = ReviewState(state) if state in tuple(ReviewState) else ReviewState.APPROVED
    page = visit.service.recommendations.queue(chosen, limit=MOST_ROWS)
    now = visit.service.clock()
    return shown(
        QueuePage(
            viewer=visit.viewer,
            title="Decided",
            decided=True,
            rows=tuple(queue_row(item, visit.principal.roles, now) for item in page.items),
            filter_name="state",
            filter_label="State",
            filters=state_choices(chosen),
            filtered=chosen is not ReviewState.APPROVED,
            refresh=f"{QUEUE}/decided?state={chosen.value}",
            refreshed=moment(now, None),
            summary=decided_words(page),
        )
    )


@router.get("/cases/{recommendation_id}")
def case(visit: Reader, recommendation_id: str, decided: bool = False) -> Response:
    """One case with everything a person needs to decide."""
    return shown(_case_page(visit, recommendation_id, decided=decided))


@router.get("/cases/{recommendation_id}/changes")
def changes(visit: Reader, recommendation_id: str, version: int) -> Response:
    """Nothing while the case stands as the page shows it; else a notice."""
    status = visit.service.reviews.status(recommendation_id)
    if status.version == version:
        return Response(status_code=204)
    return shown(ChangedNotice(changed_words(status), f"/console/cases/{recommendation_id}"))


@router.post("/cases/{recommendation_id}/reviews")
def decide(visit: Reviewer, recommendation_id: str, form: Form) -> Response:
    """Record a decision; where that is refused, show the case as it stands with what was typed."""
    visit.check_form(form)
    try:
        body, version = read_review(form), _version(form)
        visit.service.reviews.decide(visit.principal, recommendation_id, body, if_match=version)
    except FormProblem as problem:
        return shown(_case_page(visit, recommendation_id, Attempt(form, problem)), 422)
    except NotFound:
        raise
    except Problem as problem:
        refusal = REFUSALS.get(type(problem), problem.detail)
        return shown(_case_page(visit, recommendation_id, Attempt(form, refusal=refusal)), problem.status)
    return RedirectResponse(f"/console/cases/{recommendation_id}?decided=true", 303)


def _home(principal: Principal) -> str:
    """Where a person's own work waits: whoever agrees to models and not to cases begins with the models."""
    owns_models = principal.may(Permission.APPROVE) and not principal.may(Permission.REVIEW)
    return models.MODELS if owns_models else QUEUE


def _case_page(visit: Visit, recommendation_id: str, attempt: Attempt | None = None, decided: bool = False) -> Page:
    service = visit.service
    file = service.recommendations.case_file(recommendation_id)
    policy, now = service.in_force.policy, service.clock()
    allowed, foresee = allowed_for(file.recommendation, policy), foresight(file, policy, now)
    onlooker = Onlooker(visit.viewer, visit.principal.name, visit.principal.roles, allowed, foresee)
    bundle = service.in_force.bundle
    wordings = bundle.attributes.wordings if bundle else NO_WORDS
    return case_page(file, onlooker, now, _next_url(visit, recommendation_id), decided, attempt, wordings)


def _next_url(visit: Visit, recommendation_id: str) -> str:
    """The most urgent other case that the visitor may decide."""
    own = visit.principal.roles & REVIEW_ROLES
    waiting = visit.service.recommendations.queue(ReviewState.OPEN, limit=2, roles=own).items if own else ()
    others = (item.recommendation_id for item in waiting if item.recommendation_id != recommendation_id)
    return next((f"/console/cases/{each}" for each in others), "")


def _version(form: dict[str, str]) -> int:
    text = form.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise FormNotOurs
    return int(text)


def _sign_in(request: Request, go_to: str, problem: str, status: int) -> Response:
    sessions, visit = sessions_of(request), request.cookies.get(VISIT_COOKIE) or new_visit()
    response = shown(SignInPage(sessions.form_token(visit), go_to, problem), status)
    _set_cookie(request, response, VISIT_COOKIE, visit, 3600, SIGN_IN)
    return response


def _set_cookie(request: Request, response: Response, name: str, value: str, seconds: int, path: str = QUEUE) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, seconds, path=path, secure=secure, httponly=True, samesite="strict")
