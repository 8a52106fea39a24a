"""One row that somebody altered by hand ends neither the doctor nor the service: both go on and say what it is."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from data.vocabulary import Task
from serving.commands import app
from serving.doctor import examine
from serving.keys import ensure_keys, read_key
from serving.security import key_digest
from serving.settings import Settings
from tests.fixtures.bundles import file_of
from tests.fixtures.service import NOON, Desk
from tests.fixtures.used import a_case, alter, reopened, used

ODD = {
    "a rollback is gone": "DELETE FROM bundles_in_force WHERE came = 'rollback'",
    "a place that is none": 'UPDATE bundles_in_force SET "before" = 99 WHERE sequence = 4',
    "a place that is no number": "UPDATE bundles_in_force SET \"before\" = 'x' WHERE sequence = 4",
    "a circle": 'UPDATE bundles_in_force SET "before" = 4 WHERE sequence = 4',
    "a circle of two": 'UPDATE bundles_in_force SET "before" = 4 WHERE sequence = 3',
    "no instant of what came": "UPDATE bundles_in_force SET at = 'abc'",
    "no way to come": "UPDATE bundles_in_force SET came = 'x' WHERE sequence = 4",
    "no bundle": "UPDATE bundles_in_force SET bundle = x'00' WHERE sequence = 2",
    "no instant of who asked": "UPDATE promotions SET requested_at = 'abc'",
    "an instant beyond all": "UPDATE promotions SET requested_at = 9000000000000000000",
    "no text": "UPDATE promotions SET reason = CAST(x'ff' AS TEXT)",
    "no instant of who decided": "UPDATE promotion_decisions SET decided_at = 'abc'",
    "no verdict": "UPDATE promotion_decisions SET verdict = 'x'",
    "no instant of a leaf": "UPDATE audit_leaves SET at = 'abc' WHERE sequence < 5",
    "no document of an answer": "UPDATE documents SET content = 'abc' "
    "WHERE digest IN (SELECT answer FROM recommendations)",
    "no document of a dossier": "UPDATE documents SET content = 'abc' WHERE digest IN (SELECT dossier FROM promotions)",
    "no shadow": "UPDATE shadow_answers SET content = x'00'",
    "half a shadow": "UPDATE shadow_answers SET content = replace(content, '\"challenger\"', '\"champion\"')",
    "no track record": "UPDATE track_records SET state = 'x'",
    "no sums": 'UPDATE track_records SET state = replace(state, \'"answers": \', \'"answers": "x", "answers ": \')',
    "no party": "UPDATE parties SET state = 'x'",
    "a party of words": 'UPDATE parties SET state = replace(state, \'"arrivals": \', \'"arrivals": "x", "i": \')',
    "no instant of an answer": "UPDATE recommendations SET issued_at = 'abc'",
    "no state of a review": "UPDATE review_statuses SET state = 'x'",
    "no instant of a promise": "UPDATE review_statuses SET promise_due_at = 'abc'",
    "no instant of a review": "UPDATE reviews SET decided_at = 'abc'",
    "no instant of an outcome": "UPDATE outcomes SET received_at = 'abc'",
    "no role": "UPDATE principal_roles SET role = 'x' WHERE principal = 'auditor'",
    "no instant of a principal": "UPDATE principals SET created_at = 'abc' WHERE name = 'auditor'",
}
AT = datetime(2026, 11, 24, tzinfo=UTC)
PAGES = ("/health/live", "/health/ready", "/v1/models", "/v1/models/drift", "/v1/models/promotions", "/metrics")
ALWAYS = ("/health/live", "/health/ready", "/v1/models", "/v1/models/drift", "/metrics")
CONSOLE = ("/console", "/console/decided", "/console/models", "/console/models/drift")
BARE = "urn:fairlead:problem:internal"


@pytest.fixture(params=[*ODD])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Of a service in whose database one statement has altered something."""
    folder = used(tmp_path / "used")
    alter(folder, ODD[request.param])
    return folder


def test_the_doctor_ends_with_a_finding(folder: Path) -> None:
    found = CliRunner().invoke(app, ["doctor", "--folder", str(folder), "--bundle", str(folder / "bundle")])
    told = " ".join(found.output.split())
    assert (found.exit_code, "restore" in told) == (1, True), found.output
    assert isinstance(found.exception, SystemExit), "it must not break off"


def test_the_service_starts_and_goes_on(folder: Path) -> None:
    desk = reopened(folder)
    desk.service.promotions.clear_staging()
    with desk.client:
        assert desk.post("/v1/recommendations", a_case(77)).status_code == 200
        for path in PAGES:
            answer = desk.get(path, "scientist")
            assert BARE not in answer.text, path
            assert answer.is_success or (path not in ALWAYS and "urn:fairlead:problem:" in answer.text), path
        sign_in(desk)
        for path in CONSOLE:
            answer = desk.client.get(path)
            assert answer.is_success or "altered" in answer.text, path


def sign_in(desk: Desk) -> None:
    page = desk.client.get("/console/sign-in").text
    form = {"csrf": page.split('name="csrf" value="')[1].split('"')[0], "key": desk.keys["eve"]}
    assert desk.client.post("/console/sign-in", data=form, follow_redirects=False).status_code == 303


def test_an_untouched_service_has_nothing_wrong(tmp_path: Path) -> None:
    folder = used(tmp_path / "used")
    found = CliRunner().invoke(app, ["doctor", "--folder", str(folder), "--bundle", str(folder / "bundle")])
    assert "wrong" not in found.output.replace("what is wrong", ""), found.output


def test_what_is_learned_meanwhile_does_not_hide_an_altered_party(tmp_path: Path) -> None:
    """It stays as it was found: written anew from nothing, the doctor could tell of it no more."""
    folder = used(tmp_path / "used")
    alter(folder, "UPDATE parties SET state = 'x'")
    alter(folder, "UPDATE track_records SET state = 'x'")
    desk = reopened(folder)
    with desk.client:
        told = desk.recommend(a_case(77))
        outcome = {"recorded_at": "2026-11-23T12:00:00Z", "root_cause": "system_latency"}
        assert desk.post(f"/v1/recommendations/{told['recommendation_id']}/outcomes", outcome).is_success
        with desk.service.database.read() as connection:
            for table in ("parties", "track_records"):
                still = f"SELECT count(*) FROM {table} WHERE state = 'x'"  # noqa: S608 - names of ours
                assert connection.execute(text(still)).scalar_one(), table


def test_what_serves_is_told_with_what_was_altered(tmp_path: Path) -> None:
    folder = used(tmp_path / "used")
    alter(folder, ODD["a circle"])
    desk = reopened(folder)
    with desk.client:
        told, ready = desk.get("/v1/models").json(), desk.get("/health/ready").json()
        assert told["bundle"] == ready["bundle"]
        assert "row 4 of what came in force does not follow" in told["altered"]
        assert told["altered"] in ready["warnings"]
        assert desk.post("/v1/models/rollbacks", {"reason": "complaints"}, "scientist").status_code == 409


def test_what_was_rolled_back_does_not_answer_again_where_the_rollback_was_taken_out(tmp_path: Path) -> None:
    folder = used(tmp_path / "used")
    desk = reopened(folder)
    with desk.client:
        before = desk.get("/v1/models").json()["bundle"]
        assert desk.post("/v1/models/rollbacks", {"reason": "complaints"}, "scientist").is_success
        back = desk.get("/v1/models").json()["bundle"]
    alter(folder, "DELETE FROM bundles_in_force WHERE sequence = (SELECT max(sequence) FROM bundles_in_force)")
    desk = reopened(folder, seed=9)
    with desk.client:
        told = desk.get("/v1/models").json()
        assert (told["bundle"], back == before) == (back, False)
        assert "the last rollback was taken out" in told["altered"]
        assert desk.recommend(a_case(77))["receipt"]["bundle"] == back


def test_no_bundle_answers_that_was_rolled_back_where_every_rollback_was_taken_out(tmp_path: Path) -> None:
    folder = used(tmp_path / "used")
    desk = reopened(folder)
    with desk.client:
        rolled_back = desk.get("/v1/models").json()["bundle"]
        assert desk.post("/v1/models/rollbacks", {"reason": "complaints"}, "scientist").is_success
        back = desk.get("/v1/models").json()["bundle"]
    alter(folder, "DELETE FROM bundles_in_force WHERE came = 'rollback'")
    desk = reopened(folder, seed=9)
    with desk.client:
        receipt = desk.recommend(a_case(77))["receipt"]
        assert (receipt.get("bundle"), back == rolled_back) == (back, False)


def test_keys_that_were_exchanged_are_their_owners_again_and_stop_no_start(tmp_path: Path) -> None:
    folder = used(tmp_path / "used")
    desk = reopened(folder)
    auditor, scientist = desk.keys["auditor"], desk.keys["scientist"]
    desk.service.close()
    for one, other in (("auditor", "'parked'"), ("scientist", "?1"), ("auditor", "?2")):
        statement = f"UPDATE principals SET key_digest = {other} WHERE name = '{one}'"  # noqa: S608 - names of ours
        alter(folder, statement.replace("?1", f"'{key_digest(auditor)}'").replace("?2", f"'{key_digest(scientist)}'"))
    files = ensure_keys(folder / "keys", reopened(folder, seed=9).service.principals, lambda: AT)
    again = reopened(folder, seed=10).service.principals
    for name in ("auditor", "scientist"):
        found = again.by_key(read_key(files[name]))
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM recommendations WHERE recommendation_id = '{}'",
        "UPDATE documents SET content = 'abc' WHERE digest = (SELECT input FROM recommendations "
        "WHERE recommendation_id = '{}')",
        "UPDATE review_statuses SET roles = 'x' WHERE recommendation_id = '{}'",
    ],
)
def test_one_open_case_that_was_altered_hides_no_other_of_the_queue(tmp_path: Path, statement: str) -> None:
    folder = used(tmp_path / "used")
    desk, path = reopened(folder), "/v1/recommendations"
    with desk.client:
        every = {each["recommendation_id"] for each in desk.get(path, "reviewer-1").json()["items"]}
        (lost,) = (each["recommendation_id"] for each in desk.get(f"{path}?state=open", "reviewer-1").json()["items"])
    alter(folder, statement.format(lost))
    desk = reopened(folder, seed=9)
    with desk.client:
        page = desk.get(path, "reviewer-1").json()
        assert {each["recommendation_id"] for each in page["items"]} == every - {lost}
        assert page["altered"] == 1
        sign_in(desk)
        assert "1 case cannot be shown: the record was altered" in desk.client.get("/console").text


def test_one_promotion_that_was_altered_hides_no_other(tmp_path: Path) -> None:
    folder, path = used(tmp_path / "used"), "/v1/models/promotions"
    desk = reopened(folder)
    with desk.client:
        first, *others = (each["promotion_id"] for each in desk.get(path, "scientist").json()["items"])
    alter(folder, f"UPDATE promotions SET requested_at = 'abc' WHERE promotion_id = '{first}'")  # noqa: S608 - ours
    desk = reopened(folder, seed=9)
    with desk.client:
        told = desk.get(path, "scientist").json()
        assert ([each["promotion_id"] for each in told["items"]], told["unreadable"]) == (others, 1)
        assert desk.get(f"{path}/{first}", "scientist").json()["type"].endswith("record-altered")
        sign_in(desk)
        assert "1 promotion cannot be shown: the record was altered" in desk.client.get("/console/models").text


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


@pytest.mark.parametrize("what", ["file", "manifest", "signature"])
@pytest.mark.parametrize("deed", [damaged, Path.unlink], ids=["altered", "removed"])
def test_the_doctor_verifies_the_bundle_that_a_rollback_would_lead_to(
    tmp_path: Path, what: str, deed: Callable[[Path], None]
) -> None:
    folder = used(tmp_path / "used")
    settings = Settings(folder=folder, bundle=folder / "bundle")
    assert [each.verdict for each in examine(settings, NOON) if each.about == "rollback"] == ["good"]
    deed(part_of_rollback(folder, what))
    (found,) = [each for each in examine(settings, NOON) if each.about == "rollback"]
    assert (found.verdict, "from a backup" in found.mend) == ("wrong", True)


def test_the_doctor_names_the_file_that_must_come_back_and_advises_nothing_that_is_refused(tmp_path: Path) -> None:
    folder = used(tmp_path / "used")
    settings, path = Settings(folder=folder, bundle=folder / "bundle"), file_of(folder / "bundle", Task.STOCKOUT)
    damaged(path)
    (found,) = [each for each in examine(settings, NOON) if each.about == "bundle" and each.verdict == "wrong"]
    assert str(path) in found.says
    assert ("bring that file back" in found.mend, "train into" in found.mend) == (True, False)


@pytest.mark.parametrize("deed", [damaged, Path.unlink], ids=["altered", "removed"])
def test_the_doctor_tells_how_the_manifest_that_came_last_is_put_back(
    tmp_path: Path, deed: Callable[[Path], None]
) -> None:
    folder = used(tmp_path / "used")
    settings, manifest = Settings(folder=folder, bundle=folder / "bundle"), folder / "bundle" / "manifest.json"
    before = manifest.read_bytes()
    deed(manifest)
    (found,) = [each for each in examine(settings, NOON) if each.about == "bundle"]
    command, _, then = found.mend.partition("; ")
    assert then == "then restart"
    subprocess.run(shlex.split(command), check=True)
    assert manifest.read_bytes() == before
    assert [each.verdict for each in examine(settings, NOON) if each.about == "bundle"] == ["good"]


def part_of_rollback(folder: Path, what: str) -> Path:
    """A file of the bundle that served before, and that no other bundle has."""
    desk = reopened(folder)
    before = desk.get("/v1/models").json()["rollback_to"]
    desk.service.close()
    name = before.removeprefix("sha256:")
    if what == "file":
        return file_of(folder / "bundle", Task.STOCKOUT, digest=before)
    return folder / "bundle" / "manifests" / f"{name}.{'json' if what == 'manifest' else 'sig'}"
