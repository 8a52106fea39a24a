"""A bundle folder held against a public key, where nothing else is at hand: no service, no store, no secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.record import digest_of
from models import files
from models.bundle import open_bundle
from models.bundle_signature import check_signature
from models.files import BundleError
from models.signed_note import PublicKey


@dataclass(frozen=True)
class Verified:
    """One thing that was looked at: what, the digest it goes by, and what is wrong with it; empty where all is well."""

    what: str
    digest: str
    fault: str = ""


def verify(folder: Path, key: PublicKey) -> Iterator[Verified]:
    """The manifest in force, its signature, every file it names, and each model's golden cases. Never raises."""
    try:
        manifest = files.manifest_in_force(folder)
        digest = digest_of(manifest)
        files.manifest_of(folder, digest)
    except (BundleError, OSError) as error:
        yield Verified("manifest", "", str(error))
        return
    yield Verified("manifest", digest)
    yield _signature(folder, digest, key)
    try:
        yield from _contents(folder, digest)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        yield Verified("manifest", digest, f"cannot be understood ({error})")


def _signature(folder: Path, digest: str, key: PublicKey) -> Verified:
    try:
        check_signature(folder, digest, key)
    except BundleError as error:
        return Verified("signature", f"key {key.key_id.hex()}", f"the bundle {error}")
    return Verified("signature", f"key {key.key_id.hex()}")


def _contents(folder: Path, digest: str) -> Iterator[Verified]:
    bundle = open_bundle(folder, digest)
    for what, named in sorted(bundle.named.items()):
        try:
            files.fetch(folder, named, what)
        except BundleError as error:
            yield Verified(what, named, str(error))
        else:
            yield Verified(what, named)
    for task in sorted({*bundle.models, *bundle.problems}):
        version = bundle.models[task].version if task in bundle.models else ""
        yield Verified(f"{task} golden cases", version, bundle.problems.get(task, ""))
