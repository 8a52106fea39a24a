"""Signed notes: text that people read, an empty line, a line for each signature (https://c2sp.org/signed-note).

    fairlead/bundle
    sha256:0d5e…

    — fairlead mR1cC2…

The signature is Ed25519 (RFC 8032) over the text with its last newline. A key has a name and a key id, the first four
bytes of SHA-256 over name, newline, 0x01 and the public key; lines of other keys are passed over. The library is
imported where a signature is made or checked: most commands do neither.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

ED25519 = b"\x01"
KEY_BYTES = 32
_ID_BYTES = 4
_PRIVATE = "PRIVATE+KEY+"
_DASH = "—"
_MOST_LINES = 16
_LONGEST_LINE = 200
_NAME = re.compile(r"[^\s+]+")


class NotSigned(ValueError):
    """A note does not carry a valid signature of the key; says why, to go on after the note's name."""


@dataclass(frozen=True)
class PublicKey:
    """What anybody may have to check a signature: `name+id+base64`, as signed notes write it."""

    name: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        """What a signature line begins with, to tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encoded(ED25519 + self.key)}"

    def opened(self, note: bytes) -> str:
        """The text of a note that this key has signed. Raises NotSigned."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        text, signature = self._signature(note)
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            raise NotSigned("has a signature that does not hold") from None
        return text

    def _signature(self, note: bytes) -> tuple[str, bytes]:
        try:
            text, gap, lines = note.decode().rpartition("\n\n")
        except UnicodeDecodeError:
            text, gap, lines = "", "", ""
        if not gap or not lines.endswith("\n"):
            raise NotSigned("has a signature that cannot be read")
        for line in lines.split("\n"):
            signature = self._of_line(line)
            if signature is not None:
                return f"{text}\n", signature
        raise NotSigned("is signed by another key")

    def _of_line(self, line: str) -> bytes | None:
        """What a line claims to be this key's signature; None where it is another key's."""
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = _decoded(encoded)
        mine = (dash, name, signature[:_ID_BYTES]) == (_DASH, self.name, self.key_id)
        return signature[_ID_BYTES:] if mine else None


@dataclass(frozen=True)
class SigningKey:
    """What signs, as text `PRIVATE+KEY+name+id+base64`: a letter that is lost or changed is noticed by the id."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The part that may be handed out."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return PublicKey(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def secret_text(self) -> str:
        """What its file holds. Never to be shown or logged."""
        return f"{_PRIVATE}{self.name}+{self.public.key_id.hex()}+{_encoded(ED25519 + self.seed)}"

    def signed(self, text: str, beside: bytes = b"") -> bytes:
        """The text, which ends with a newline, as a note with this key's signature.

        Lines of other keys stay where `beside` is a note of the same text.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        own = f"{_DASH} {self.name} {_encoded(self.public.key_id + signature)}"
        lines = [own, *_lines_of_others(text, beside, self.public)][:_MOST_LINES]
        return "\n".join((text, *lines, "")).encode()


def _lines_of_others(text: str, note: bytes, key: PublicKey) -> list[str]:
    head, _, lines = note.decode(errors="replace").rpartition("\n\n")
    if f"{head}\n" != text:
        return []
    told = [each for each in lines.split("\n") if each.startswith(f"{_DASH} ") and len(each) <= _LONGEST_LINE]
    return [each for each in told if key._of_line(each) is None]


def public_key(text: str) -> PublicKey:
    """The key of a text as `str` of it gives. Raises ValueError."""
    name, key_id, key = _parts(text)
    found = PublicKey(name, key)
    if found.key_id != key_id:
        raise ValueError("the key was cut or altered")
    return found


def signing_key(secret: str) -> SigningKey:
    """The key of a secret text. Raises ValueError, which does not repeat it."""
    if not secret.startswith(_PRIVATE):
        raise ValueError("no signing key begins like this")
    name, key_id, seed = _parts(secret.removeprefix(_PRIVATE))
    found = SigningKey(name, seed)
    if found.public.key_id != key_id:
        raise ValueError("the key was cut or altered")
    return found


def _parts(text: str) -> tuple[str, bytes, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    key = _decoded(encoded)
    if not _NAME.fullmatch(name) or key[:1] != ED25519 or len(key) != 1 + KEY_BYTES:
        raise ValueError("a name, a key id and an Ed25519 key are expected, parted by '+'")
    try:
        return name, bytes.fromhex(key_id), key[1:]
    except ValueError:
        raise ValueError("the key id is no number") from None


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(text: str) -> bytes:
    """The bytes; none where it is no base64, which no key and no signature is."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
