"""Who is signed in: a cookie signed by the service, bound to a principal and the key that opened it, with an end.

Nothing is kept per session. A token is `name.until.key.nonce.signature`; the signature (HMAC-SHA-256, RFC 2104)
covers the rest, `key` is a part of the digest of the principal's key, so that withdrawing a key ends its sessions.
The token that guards forms is derived from the session's: who can read no cookie cannot make one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

COOKIE = "fairlead_session"
VISIT_COOKIE = "fairlead_visit"
"""Carries no identity: it ties the sign-in form to the browser that asked for it."""

LIFETIME = timedelta(hours=12)
"""One working day: then the key is asked for again."""

_SECRET_BYTES = 32


@dataclass(frozen=True)
class Session:
    """An open session: the principal's name, which key opened it, and when it ends."""

    name: str
    key_mark: str
    until: datetime


@dataclass(frozen=True)
class Sessions:
    """Opens and reads sessions with one secret."""

    secret: bytes

    def open(self, name: str, key_digest: str, now: datetime) -> str:
        """The cookie's value for a principal who has just shown a key."""
        until = str(int((now + LIFETIME).timestamp()))
        claims = ".".join((_encoded(name.encode()), until, key_mark(key_digest), secrets.token_urlsafe(12)))
        return f"{claims}.{self._signature('session', claims)}"

    def read(self, token: str, now: datetime) -> Session | None:
        """The session of a cookie's value; None where it is not ours, altered or over."""
        claims, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature("session", claims).encode()):
            return None
        name, until, mark, _ = claims.split(".")
        session = Session(_decoded(name).decode(), mark, datetime.fromtimestamp(int(until), now.tzinfo))
        return session if now < session.until else None

    def form_token(self, token: str) -> str:
        """What every form of this session, or of this visit, must carry back."""
        return self._signature("form", token)

    def form_holds(self, token: str, given: str) -> bool:
        """Whether a posted form was made for this session."""
        return bool(token) and hmac.compare_digest(given.encode(), self.form_token(token).encode())

    def _signature(self, purpose: str, content: str) -> str:
        return _encoded(hmac.digest(self.secret, f"{purpose}\n{content}".encode(), hashlib.sha256))


def key_mark(key_digest: str) -> str:
    """A part of a key's digest: enough to notice another key, no help to find the one."""
    return key_digest[-16:]


def new_visit() -> str:
    """The value of the cookie that a sign-in form is tied to."""
    return secrets.token_urlsafe(24)


def session_secret(path: Path) -> bytes:
    """The secret kept in a file that only its owner reads; made at first use, so restarts keep people signed in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
    secret = path.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise ValueError(
            f"{path.name} has {len(secret)} bytes, {_SECRET_BYTES} are expected: delete it to get a new one"
        )
    return secret


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
