"""Who may see a page, and how a refusal looks on one: sign-in by cookie, form tokens, refusals as pages.

The cookie opens the console and nothing else: the API asks for a key in a header, so no page of another site can use
a session against it. The headers of every answer are the edge's (`serving.edge`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from serving.bodies import SECONDS_TO_ARRIVE
from serving.console.case_view import role_words
from serving.console.context import ProblemPage, Viewer
from serving.console.rendering import Page, render
from serving.console.session import COOKIE, Sessions, key_mark
from serving.errors import BodyTooSlow, NotPermitted, Problem
from serving.security import Permission, Principal, Require
from serving.wiring import Service

SIGN_IN = "/console/sign-in"
QUEUE = "/console"
_OWN_PATH = re.compile(r"/console(/[A-Za-z0-9-]+)*(\?[A-Za-z0-9_=&-]*)?")
_MOST_FIELDS = 200


class SignInNeeded(Exception):
    """Nobody is signed in, or no longer."""


class FormNotOurs(Problem):
    """A form that this session did not ask for."""

    status, slug, title = 403, "form-not-ours", "This form belongs to another session"

    def __init__(self) -> None:
        super().__init__("Nothing was recorded. Open the page again, look at it, and send the form from there.")


@dataclass(frozen=True)
class Visit:
    """A signed-in person's request."""

    service: Service
    principal: Principal
    viewer: Viewer
    sessions: Sessions
    token: str

    def check_form(self, form: dict[str, str]) -> None:
        """Raises FormNotOurs unless the form was made for this session."""
        if not self.sessions.form_holds(self.token, form.get("csrf", "")):
            raise FormNotOurs


class SignedIn(Require):
    """A dependency that lets a signed-in principal with the permission pass; answers with the visit."""

    def __call__(self, request: Request) -> Visit:  # type: ignore[override]
        """The visit. Raises SignInNeeded or NotPermitted."""
        service, sessions = service_of(request), sessions_of(request)
        token = request.cookies.get(COOKIE, "")
        principal = _principal(service, sessions, token)
        if principal is None:
            raise SignInNeeded
        if not principal.may(self.permission):
            raise NotPermitted(f"The permission '{self.permission}' is needed; none of your roles grants it.")
        request.state.principal = principal.name
        viewer = Viewer(principal.name, role_words(sorted(principal.roles)), sessions.form_token(token))
        return Visit(service, principal, viewer, sessions, token)


def signed_in(permission: Permission = Permission.READ) -> SignedIn:
    """The dependency every page but the sign-in declares."""
    return SignedIn(permission)


async def posted(request: Request) -> dict[str, str]:
    """The fields of a posted form; files are not fields. The body's size was capped before. Raises BodyTooSlow."""
    try:
        async with asyncio.timeout(SECONDS_TO_ARRIVE), request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
            return {name: value for name, value in form.multi_items() if not isinstance(value, UploadFile)}
    except TimeoutError:
        raise BodyTooSlow(f"The whole form must arrive within {SECONDS_TO_ARRIVE} seconds.") from None


def service_of(request: Request) -> Service:
    """What the application was wired with."""
    return cast(Service, request.app.state.service)


def sessions_of(request: Request) -> Sessions:
    """What opens and reads sessions."""
    return cast(Sessions, request.app.state.console_sessions)


def own_path(path: str) -> str:
    """The path where it leads into this console, else the queue: a sign-in leads to no other site."""
    return path if _OWN_PATH.fullmatch(path) else QUEUE


def shown(page: Page, status: int = 200) -> HTMLResponse:
    """The page as an answer."""
    return HTMLResponse(render(page), status)


class PageRoute(APIRoute):
    """Answers refusals as pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler, its refusals turned into pages."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await answer(request)
            except SignInNeeded:
                return _to_sign_in(request)
            except Problem as problem:
                return shown(ProblemPage(problem.title, problem.detail), problem.status)
            except RequestValidationError:
                return shown(
                    ProblemPage("The address is not complete", "Open the page from the queue or from Models."), 422
                )
            except HTTPException as refused:
                return shown(
                    ProblemPage("The request is refused", "Open the page from the queue or from Models."),
                    refused.status_code,
                )

        return guarded


def _principal(service: Service, sessions: Sessions, token: str) -> Principal | None:
    session = sessions.read(token, service.clock()) if token else None
    if session is None:
        return None
    digest = service.principals.key_digest_of(session.name)
    if digest is None or key_mark(digest) != session.key_mark:
        return None
    return service.principals.still_admitted(session.name)


def _to_sign_in(request: Request) -> Response:
    """To the sign-in and from there back; a fragment's request moves the whole page instead."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if "hx-request" in request.headers:
        return Response(status_code=200, headers={"HX-Redirect": SIGN_IN})
    back = f"?{urlencode({'go_to': asked}, quote_via=quote)}" if request.method == "GET" and asked != QUEUE else ""
    return RedirectResponse(SIGN_IN + back, 303)
