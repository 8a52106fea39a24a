"""The service, asked over HTTP: send a challenger, ask for its promotion, look, decide, roll back.

Standard library only.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.promotion import (
    Approval,
    Dossier,
    InForceNow,
    Promotion,
    PromotionRequest,
    Promotions,
    PromotionState,
    Rollback,
)
from data.record import canonical, digest_of
from models import files
from models.bundle import Bundle, files_named_by, open_bundle
from training.errors import ServiceError

SECONDS = 120


@dataclass(frozen=True)
class AskedService:
    """A running service and the key of the principal that asks."""

    address: str
    key: str

    @staticmethod
    def of(address: str, key_file: Path) -> AskedService:
        """The service at an address, with the key in a file. Raises ServiceError."""
        if not address.startswith(("http://", "https://")):
            raise ServiceError(f"{address} is no address: expected such as http://127.0.0.1:8080")
        try:
            key = key_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            raise ServiceError(
                f"{key_file} holds no key that can be read: name a principal's key file with --key (fairlead keys)"
            ) from None
        return AskedService(address.rstrip("/"), key)

    def expects(self, challenger: Bundle, champion: str) -> None:
        """See, before anything is compared, that the service answers, compares with this champion, and has no promotion
        of this challenger waiting; files of one that waits are sent, should it have lost them. Raises ServiceError.
        """
        serves = self.in_force().bundle
        if serves != champion:
            raise ServiceError(
                f"the service at {self.address} serves {serves or 'no bundle'}, not {champion}: nothing was compared. "
                "Name the folder of the bundle in force with --champion"
            )
        for each in self.promotions().items:
            if each.state is PromotionState.PROPOSED and each.challenger == challenger.digest and not each.lapsed:
                self.send(challenger)
                raise ServiceError(
                    f"a promotion of this bundle waits already, {each.promotion_id}: nothing was compared, and its "
                    "files were sent again. A model owner agrees to it or not, and whoever asked for it may withdraw it"
                )

    def send(self, bundle: Bundle) -> None:
        """Send every file of a bundle and its manifest."""
        for what, digest in bundle.named.items():
            self._put(digest, files.fetch(bundle.folder, digest, what))
        manifest = files.manifest_of(bundle.folder, bundle.digest)
        self._put(digest_of(manifest), manifest)

    def propose(self, dossier: Dossier, reason: str) -> Promotion:
        """Ask for a promotion."""
        request = PromotionRequest(dossier=dossier, reason=reason)
        return Promotion.model_validate_json(self._post("/promotions", canonical(request)))

    def promotions(self) -> Promotions:
        """The newest promotions."""
        return Promotions.model_validate_json(self._call("GET", "/promotions"))

    def promotion(self, promotion_id: str) -> Promotion:
        """One promotion."""
        return Promotion.model_validate_json(self._call("GET", _of(promotion_id)))

    def dossier(self, promotion: Promotion) -> Dossier:
        """The dossier it rests on. Raises ServiceError where it is another one than the promotion names."""
        content = self._call("GET", f"{_of(promotion.promotion_id)}/dossier")
        return Dossier.model_validate_json(_verified(content, promotion.dossier, "the dossier"))

    def fetch(self, digest: str, folder: Path) -> Bundle:
        """Bring a bundle that the service holds into a folder, every file verified.

        Raises ServiceError, and BundleError where its manifest cannot be read here.
        """
        manifest = self._file(digest, "the manifest")
        for what in sorted(files_named_by(manifest)):
            files.keep(folder, self._file(what, "a model's file"))
        files.keep_manifest(folder, manifest)
        return open_bundle(folder, digest)

    def decide(self, promotion_id: str, approval: Approval) -> Promotion:
        """Agree or not."""
        return Promotion.model_validate_json(self._post(f"{_of(promotion_id)}/approvals", canonical(approval)))

    def roll_back(self, reason: str) -> InForceNow:
        """Return to the bundle before."""
        return InForceNow.model_validate_json(self._post("/rollbacks", canonical(Rollback(reason=reason))))

    def in_force(self) -> InForceNow:
        """The bundle in force."""
        return InForceNow.model_validate_json(self._call("GET", ""))

    def _file(self, digest: str, what: str) -> bytes:
        return _verified(self._call("GET", f"/files/{digest}"), digest, what)

    def _put(self, digest: str, content: bytes) -> None:
        self._call("PUT", f"/files/{digest}", content, "application/octet-stream")

    def _post(self, path: str, content: bytes) -> bytes:
        return self._call("POST", path, content)

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": kind}
        url = f"{self.address}/v1/models{path}"
        request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - checked in `of`
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                content: bytes = answer.read()
        except urllib.error.HTTPError as error:
            raise ServiceError(refusal(error.code, error.read())) from None
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", error)
            raise ServiceError(
                f"no service answers at {self.address} ({why}): nothing was changed. Start it with fairlead serve, or "
                "name another with --server"
            ) from None
        return content


def _of(promotion_id: str) -> str:
    return f"/promotions/{urllib.parse.quote(promotion_id, safe='')}"


def _verified(content: bytes, digest: str, what: str) -> bytes:
    if digest_of(content) != digest:
        raise ServiceError(f"the service sent {what} {digest_of(content)}, expected {digest}: it was altered there")
    return content


def refusal(status: int, content: bytes) -> str:
    """The problem the service told, in one line; what only a program looks up is left out."""
    try:
        problem: dict[str, Any] = json.loads(content)
    except ValueError:
        return f"the service refused with status {status}"
    faults = "; ".join(f"{each['pointer']}: {each['expected']}" for each in problem.get("errors", ()))
    detail = problem.get("detail", "")
    said = faults if detail.startswith("See `errors`") else f"{detail} {faults}"
    return f"{problem.get('title', 'refused')} ({status}): {said}".strip()
