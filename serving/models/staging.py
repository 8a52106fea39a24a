"""Where a challenger's files wait: beside the bundles that serve, verified on arrival, never loaded by an answer.

They go once nobody can agree to the promotion they were sent for; a dossier is kept by the store, never here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from data.record import digest_of
from models import files
from models.bundle import Bundle, files_named_by, open_bundle
from models.files import BundleError
from serving.errors import Fault, InvalidRequest, StoreUnavailable

ROOM = "proposed"


def gone_words(whose: str, requested_by: str) -> str:
    """That nothing of a challenger is here any more, and who mends that."""
    why = "as happens where another bundle comes in force"
    return f"{whose} files are not here any more, {why}: {requested_by} sends them again (fairlead promote)."


class Staging:
    """The waiting room of a bundle folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / ROOM

    def receive(self, digest: str, content: bytes) -> None:
        """Keep a file under its digest. Raises InvalidRequest where the bytes have another, StoreUnavailable."""
        if digest_of(content) != digest:
            fault = Fault("/digest", "the SHA-256 of the bytes that are sent")
            raise InvalidRequest("The file is not what its name says: send it again.", faults=[fault])
        try:
            files.keep(self.folder, content)
        except OSError as error:
            raise cannot_write(error) from error

    def bundle(self, digest: str) -> Bundle:
        """The challenger, every file verified and every golden case answered. Raises InvalidRequest."""
        try:
            files.keep_manifest(self.folder, files.fetch(self.folder, digest, "the manifest"))
            bundle = open_bundle(self.folder, digest)
        except (BundleError, KeyError, TypeError, ValueError) as error:
            raise _unfit("its manifest and every file it names, sent before") from error
        except OSError as error:
            raise cannot_write(error) from error
        if bundle.problems or not bundle.models:
            tasks = ", ".join(task.value for task in bundle.problems) or "all"
            raise _unfit(f"files of every task that this service can verify and read; these fail: {tasks}")
        return bundle

    def holds(self, digest: str) -> bool:
        """Whether every file of the challenger is here, unread."""
        here = self._files_of([digest])
        return bool(here) and here <= files.held(self.folder)

    def gone(self, digest: str) -> bool:
        """Whether nothing of the challenger is here; files that were altered are."""
        return digest not in files.held(self.folder)

    def dismiss(self, done: Iterable[str], waiting: Iterable[str]) -> None:
        """Remove the files of the bundles that are done with, but for those that a waiting bundle needs.

        What was sent for neither stays: somebody may be about to ask. Raises OSError.
        """
        self._discard(self._files_of(done) - self._files_of(waiting))

    def keep_only(self, waiting: Iterable[str]) -> None:
        """Remove every file that no waiting bundle needs, whoever sent it. Raises OSError."""
        self._discard(files.held(self.folder) - self._files_of(waiting))

    def _discard(self, digests: Iterable[str]) -> None:
        for digest in digests:
            files.discard(self.folder, digest)

    def _files_of(self, bundles: Iterable[str]) -> set[str]:
        """What these bundles are made of, manifests too, as far as their manifests are here."""
        found: set[str] = set()
        for digest in bundles:
            try:
                found |= {digest, *files_named_by(files.manifest_of(self.folder, digest))}
            except BundleError:
                continue
        return found


def cannot_write(error: OSError) -> StoreUnavailable:
    """The bundle folder cannot be written; nothing has changed."""
    why = error.strerror or "unknown"
    return StoreUnavailable(
        f"The bundle folder cannot be written ({why}): nothing was promoted, the bundle before serves on. "
        "Free it, then send the same request again."
    )


def _unfit(expected: str) -> InvalidRequest:
    return InvalidRequest(
        "The challenger cannot be loaded here: send its files with fairlead promote, or train it with this version.",
        faults=[Fault("/dossier/challenger", expected)],
    )
