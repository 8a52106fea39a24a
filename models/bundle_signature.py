"""Who put a bundle in force: a signed note beside its manifest, by the service's own key.

FOLDER/manifests/<sha256>.sig   names the manifest by its digest, and so every file that the manifest names
"""

from __future__ import annotations

from pathlib import Path

from models import files
from models.files import BundleError
from models.signed_note import NotSigned, PublicKey, SigningKey

ABOUT = "fairlead/bundle"
KEY_NAME = "fairlead"
"""The name in the signature's line; whose key it is, its id tells."""


def statement(digest: str) -> str:
    """What is signed: its first line keeps this key's other notes from being taken for a bundle's."""
    return f"{ABOUT}\n{digest}\n"


def sign(folder: Path, digest: str, key: SigningKey) -> None:
    """Keep this key's signature of the bundle, beside those of other services that serve the same folder."""
    there = files.signature_of(folder, digest) or b""
    files.keep_signature(folder, digest, key.signed(statement(digest), beside=there))


def check_signature(folder: Path, digest: str, key: PublicKey) -> None:
    """Raise BundleError where the bundle carries no valid signature of this key, to go on after the bundle's name."""
    note = files.signature_of(folder, digest)
    if note is None:
        raise BundleError("carries no signature")
    try:
        signed = key.opened(note)
    except NotSigned as error:
        raise BundleError(str(error)) from None
    if signed != statement(digest):
        raise BundleError("has the signature of something else")
