"""What surrounds every request: a cap on its bytes, security headers, a count, and a log line with nothing of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.errors import BodyTooLarge, Problem
from serving.metrics import Metrics

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""No inline script or style, no third party, no frame."""

FAILED = Problem("The failure is in the log. The same request may be sent again.")

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Sent with every answer that does not say otherwise. No CORS: browsers of other origins read nothing."""


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        max_body_bytes: int,
        timer: Callable[[], float] = time.perf_counter,
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._larger = dict(larger or {})
        self._metrics = metrics
        self._timer = timer
        self._log = structlog.get_logger("fairlead.request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add headers to the answer; count and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = self._timer(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_missing(MutableHeaders(scope=message))
            await send(message)

        try:
            await self._app(scope, capped(scope, receive, self._most(scope)), send_with_headers)
        except Exception as error:  # what nobody expected: the log says where, the answer says nothing of it
            self._log.error("failed", route=route_of(scope), error=type(error).__name__, where=_place_of(error))
            await FAILED.response()(scope, receive, send_with_headers)
        finally:
            self._tell(scope, status, self._timer() - started)

    def _most(self, scope: Scope) -> int:
        """How many bytes of body this path takes: `larger` says so for paths that begin so."""
        path = str(scope["path"])
        return next((most for begins, most in self._larger.items() if path.startswith(begins)), self._max_body_bytes)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = route_of(scope), _method(scope)
        self._metrics.request(method, route, status, seconds)
        principal = getattr(Request(scope).state, "principal", None)
        self._log.info(
            "request",
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            principal=principal,
        )


def capped(scope: Scope, receive: Receive, limit: int) -> Receive:
    """A `receive` that raises BodyTooLarge as soon as more bytes are announced, or have come, than are read here."""
    announced = Headers(scope=scope).get("content-length", "")
    too_long = announced.isdecimal() and (len(announced) > 18 or int(announced) > limit)
    came = 0

    async def receive_capped() -> Message:
        nonlocal came
        message = await receive() if not too_long else {"type": "http.request"}
        came += len(message.get("body", b""))
        if too_long or came > limit:
            raise BodyTooLarge(f"At most {limit} bytes are read: send fewer optional facts.")
        return message

    return receive_capped


def _place_of(error: Exception) -> str:
    """The module and line that raised; the message may repeat the input, so it is not told."""
    traced = error.__traceback__
    while traced is not None and traced.tb_next is not None:
        traced = traced.tb_next
    return f"{traced.tb_frame.f_globals.get('__name__')}:{traced.tb_lineno}" if traced else "unknown"


def route_of(scope: Scope) -> str:
    """The template of the route that matched, never the path as it was sent."""
    return getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None) or "unmatched"


def _method(scope: Scope) -> str:
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return scope["method"] if scope["method"] in known else "OTHER"


def _add_missing(headers: MutableHeaders) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
