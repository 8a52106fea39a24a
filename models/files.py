"""A folder of files that are named by what they hold: nothing is ever overwritten, everything can be verified.

    FOLDER/manifest.json            the bundle in force: a copy of one of the manifests, replaced atomically
    FOLDER/manifests/<sha256>.json  every bundle ever published here
    FOLDER/manifests/<sha256>.sig   the signature of the service that put it in force (`models.bundle_signature`)
    FOLDER/files/<sha256>           the model files they name

A reader never sees half a bundle: files and manifest are written and synced before `manifest.json` is replaced.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from data.record import digest_of

MANIFEST = "manifest.json"
SERVED = "served"
"""A file that says that a service has served this folder: from then on, promotions alone change what is in force."""


_LARGEST_SIGNATURE = 10_000
"""No more is read of what claims to be one."""


class BundleError(ValueError):
    """A bundle file is missing, altered or cannot be understood. Says which, and what to do."""


def _path(folder: Path, room: str, digest: str, ending: str = "") -> Path:
    return folder / room / (digest.removeprefix("sha256:") + ending)


def manifest_named(folder: Path, digest: str) -> Path:
    """Where the manifest of this digest is kept, in force or not."""
    return _path(folder, "manifests", digest, ".json")


def write_atomically(path: Path, content: bytes) -> None:
    """Write through a temporary sibling, sync, rename: a crash leaves the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep(folder: Path, content: bytes) -> str:
    """Store a model file under its digest; returns the digest. A file that is already there, unaltered, stays."""
    digest = digest_of(content)
    path = _path(folder, "files", digest)
    if not (path.is_file() and digest_of(path.read_bytes()) == digest):
        write_atomically(path, content)
    return digest


def fetch(folder: Path, digest: str, what: str) -> bytes:
    """The bytes of a model file. Raises BundleError where it is missing or not what its name says."""
    return _verified(_path(folder, "files", digest), digest, what)


def put_in_force(folder: Path, manifest: bytes) -> str:
    """Publish: keep the manifest under its digest, then replace `manifest.json`. Returns the digest."""
    digest = keep_manifest(folder, manifest)
    write_atomically(folder / MANIFEST, manifest)
    return digest


def keep_manifest(folder: Path, manifest: bytes) -> str:
    """Keep a manifest under its digest without putting it in force. Returns the digest."""
    digest = digest_of(manifest)
    write_atomically(manifest_named(folder, digest), manifest)
    return digest


def mark_served(folder: Path) -> None:
    """Say that this folder is served. Where it cannot be written, nobody can train into it either."""
    if not (folder / MANIFEST).is_file() or (folder / SERVED).exists():
        return
    with contextlib.suppress(OSError):
        (folder / SERVED).write_bytes(b"")


def manifest_in_force(folder: Path) -> bytes:
    """The bytes of `manifest.json`. Raises BundleError where absent, or where no such bundle was published here."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(f"{path} is missing: train a task into this folder, or name a folder that holds a bundle")
    content = path.read_bytes()
    if not manifest_named(folder, digest_of(content)).is_file():
        raise BundleError(f"{path} was altered: no published bundle has its digest {digest_of(content)}")
    return content


def manifest_of(folder: Path, digest: str) -> bytes:
    """The bytes of a published manifest by its digest. Raises BundleError where missing or altered."""
    return _verified(manifest_named(folder, digest), digest, "the manifest")


def published(folder: Path) -> list[str]:
    """The digests of every manifest ever published here, sorted."""
    return sorted("sha256:" + each.stem for each in (folder / "manifests").glob("*.json"))


def keep_signature(folder: Path, digest: str, note: bytes) -> None:
    """Keep the signature of a manifest beside it."""
    write_atomically(_path(folder, "manifests", digest, ".sig"), note)


def signature_of(folder: Path, digest: str) -> bytes | None:
    """What is kept as the signature of a manifest; None where nothing can be read."""
    try:
        with _path(folder, "manifests", digest, ".sig").open("rb") as stream:
            return stream.read(_LARGEST_SIGNATURE)
    except OSError:
        return None


def drop_signature(folder: Path, digest: str) -> None:
    """Remove a signature."""
    _path(folder, "manifests", digest, ".sig").unlink(missing_ok=True)


def is_signed(folder: Path) -> bool:
    """Whether any bundle here carries a signature, whoever made it: then some service has served the folder."""
    return any((folder / "manifests").glob("*.sig"))


def never_served(folder: Path) -> bool:
    """Whether this folder shows no sign of a service: no mark, and no signature."""
    return not (folder / SERVED).exists() and not is_signed(folder)


def held(folder: Path) -> set[str]:
    """The digests of every file and manifest kept here."""
    found = {each.name for each in (folder / "files").glob("[!.]*")}
    return {f"sha256:{name}" for name in found} | set(published(folder))


def discard(folder: Path, digest: str) -> None:
    """Remove what is kept under a digest, as a file and as a manifest. Only for a folder whose bundles never served."""
    for path in (_path(folder, "files", digest), manifest_named(folder, digest)):
        path.unlink(missing_ok=True)


def _verified(path: Path, digest: str, what: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{what} is missing or cannot be read: {path} ({error.strerror})") from None
    if digest_of(content) != digest:
        raise BundleError(f"{what} was altered: {path} has {digest_of(content)}, expected {digest}")
    return content
