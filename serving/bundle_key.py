"""The key that signs what this service puts in force, beside the principals' keys; its public part is handed out.

A lost key is never replaced without being asked: whoever lets that happen could make a bundle of their own look signed.
"""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path

from models import files
from models.bundle_signature import KEY_NAME
from models.signed_note import KEY_BYTES, SigningKey, signing_key
from serving.command_words import REASON, SIGN
from serving.keys import write_private

SECRET = "bundle-signing"  # noqa: S105 - the name of a file
PUBLIC = "bundle-signing.pub"
SIGN_AGAIN = f"{SIGN} {REASON}"


def ensure_bundle_key(folder: Path, bundles: Path, sign: str = SIGN_AGAIN) -> SigningKey:
    """The key of this folder, made where no bundle was ever signed, and its public part beside it.

    `sign` is what to type where that is to be told.
    Raises ValueError where the key was cut or is lost; OSError where it cannot be read or written.
    """
    found = find_bundle_key(folder, bundles, sign) or new_bundle_key(folder)
    keep_public(folder, found)
    return found


def find_bundle_key(folder: Path, bundles: Path, sign: str = SIGN_AGAIN) -> SigningKey | None:
    """The key of this folder; None where there is none and nothing it could have signed. Raises as above."""
    file = folder / SECRET
    if file.exists():
        return read_bundle_key(file, sign)
    if files.is_signed(bundles):
        raise ValueError(
            f"{file} is missing, and bundles in {bundles} are signed: put the key back from a backup; or, where it is "
            f"lost or was another service's, and you vouch for the bundle in force, make one with {sign}"
        )
    return None


def key_to_look(folder: Path, bundles: Path) -> SigningKey | None:
    """The key of this folder as far as whoever only looks can have it: another's bundle may be looked at without."""
    with contextlib.suppress(ValueError, OSError):
        return find_bundle_key(folder, bundles)
    return None


def read_bundle_key(file: Path, sign: str = SIGN_AGAIN) -> SigningKey:
    """The key in a file. Raises ValueError where it was cut, emptied or edited, which does not repeat it; OSError."""
    try:
        return signing_key(file.read_text(encoding="ascii").strip())
    except ValueError:
        raise ValueError(
            f"{file} holds no key that signs bundles: put it back from a backup; or delete it and, if you vouch for "
            f"the bundle in force, make another with {sign}"
        ) from None


def new_bundle_key(folder: Path) -> SigningKey:
    """Another key, kept in the folder with its public part. Raises OSError."""
    made = SigningKey(KEY_NAME, secrets.token_bytes(KEY_BYTES))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(folder / SECRET, made.secret_text())
    return made


def keep_public(folder: Path, key: SigningKey) -> None:
    """Keep the key's public part beside it, to be handed out. Raises OSError."""
    file, text = folder / PUBLIC, str(key.public)
    if not file.exists() or file.read_text(encoding="utf-8", errors="replace").strip() != text:
        write_private(file, text)
