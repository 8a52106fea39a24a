"""From a trained challenger to the next answer by the command line, over real HTTP; and what is said when it fails."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from data.promotion import Dossier, Finding
from data.record import digest_of, plain
from models.bundle import open_bundle
from models.files import SERVED, mark_served
from policies.policy import DEFAULT_FOLDER
from serving.app import create_app
from tests.fixtures.bundles import a_bundle
from tests.fixtures.dossiers import a_dossier, send
from tests.fixtures.promotions import challenger, champion, later, lines, write
from tests.fixtures.service import NOON, Desk, open_desk
from training.commands import promotion as commands
from training.commands.promotion import app
from training.commands.train import opened
from training.promotion.asking import refusal

pytestmark = pytest.mark.filterwarnings("ignore")

WHY = ("--reason", "learned two more weeks")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def words(result: Result) -> str:
    return " ".join((result.stdout + result.stderr).split())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A service whose clock is not behind that of the commands, which is the machine's own."""
    shutil.copytree(champion(), tmp_path / "bundle")
    opened_now = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    opened_now.clock.now = max(NOON, datetime.now(UTC) + timedelta(hours=1))
    return opened_now


@pytest.fixture
def server(desk: Desk) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    served = uvicorn.Server(uvicorn.Config(create_app(desk.service), log_config=None, access_log=False))
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]})
    thread.start()
    while not served.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    served.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def its(tmp_path: Path) -> Path:
    return Path(shutil.copytree(challenger(), tmp_path / "challenger"))


def key(desk: Desk, name: str) -> tuple[str, Path]:
    return "--key", desk.service.settings.key_folder / name


def test_a_dossier_s_folder_that_cannot_be_made_is_said_before_anything_is_compared(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    none = tmp_path / "none"
    asked = run("promote", none, "--champion", none, "--history", none, "--out", tmp_path / "a-file" / "dossier", *WHY)
    assert asked.exit_code == 1
    assert "a-file is a file: name another folder with --out" in words(asked)


def test_promote_approve_and_roll_back(
    desk: Desk, server: str, its: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bundle, before = tmp_path / "bundle", desk.service.in_force.predictors.digest
    asked = run(
        "promote", its, "--champion", bundle, "--history", later(), "--server", server, *key(desk, "scientist"), *WHY
    )
    assert asked.exit_code == 0, words(asked)
    assert "is proposed" in words(asked)
    assert (its / "dossier.json").is_file()
    assert "<h1>" in (its / "dossier.html").read_text(encoding="utf-8")
    (promotion,) = desk.service.promotions.listing().items

    mine = run("approve-promotion", promotion.promotion_id, "--server", server, *key(desk, "scientist"), *WHY)
    assert mine.exit_code == 1
    assert "role model_owner" in words(mine)
    others = run("approve-promotion", promotion.promotion_id, "--server", server, *key(desk, "reviewer-1"), *WHY)
    assert (others.exit_code, others.stdout, others.stderr.count("\n")) == (1, "", 1), "the refusal stands alone"
    assert "with the role model_owner agree or not; those with data_scientist may only withdraw" in others.stderr
    assert desk.service.in_force.predictors.digest == before

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    agreed = run("approve-promotion", promotion.promotion_id, "--server", server, *key(desk, "model-owner"), *WHY)
    assert agreed.exit_code == 0, words(agreed)
    assert "alias has not moved" in words(agreed)
    assert "--no-track" not in words(agreed)
    finish = f"fairlead promotions --apply --server {server} --key {key(desk, 'model-owner')[1]}"
    assert f"Finish with: {finish}\n" in agreed.stderr
    unanswered = run(*shlex.split(finish)[1:])
    assert unanswered.exit_code == 1
    assert "Start it, or set MLFLOW_TRACKING_URI" in words(unanswered)
    assert "--no-track" not in words(unanswered)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    finished = run(*shlex.split(finish)[1:])
    assert finished.exit_code == 0, words(finished)
    assert f"finish with {finish}\n" in finished.stderr
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert desk.service.in_force.predictors.digest == open_bundle(its).digest

    listed = run("promotions", "--server", server, *key(desk, "auditor"))
    assert "approved" in words(listed)
    back = run("rollback", "--server", server, *key(desk, "scientist"), *WHY, "--no-track")
    assert back.exit_code == 0, words(back)
    assert desk.service.in_force.predictors.digest == before

    listed = run("promotions", "--server", server, *key(desk, "auditor"))
    assert f"{promotion.promotion_id}  approved, rolled back since" in listed.stdout
    as_json = run("promotions", "--json", "--server", server, *key(desk, "auditor"))
    told = json.loads(as_json.stdout)
    assert told.pop("in_force") == desk.get("/v1/models").json()
    assert told == desk.get("/v1/models/promotions").json()
    assert (told["items"][0]["state"], told["items"][0]["rolled_back"]["by"]) == ("approved", "scientist")


def test_what_the_service_would_refuse_is_said_before_anything_is_compared(
    desk: Desk, server: str, its: Path, tmp_path: Path
) -> None:
    """A second asking must not overwrite the dossier that the first one's promotion names."""
    asked = "promote", its, "--history", later(), *key(desk, "scientist"), *WHY
    nobody = run(*asked, "--champion", champion(), "--server", "http://127.0.0.1:9")
    assert nobody.exit_code == 1
    assert "no service answers at http://127.0.0.1:9" in words(nobody)
    stale = run(*asked, "--champion", a_bundle(tmp_path / "stale", seed=5), "--server", server)
    assert stale.exit_code == 1
    assert "nothing was compared. Name the folder of the bundle in force with --champion" in words(stale)
    assert not (its / "dossier.json").exists()
    first = run(*asked, "--champion", champion(), "--server", server)
    assert first.exit_code == 0, words(first)
    (promotion,) = desk.service.promotions.listing().items
    named = (its / "dossier.json").read_bytes()
    again = run(*asked, "--champion", champion(), "--server", server)
    assert again.exit_code == 1
    assert f"a promotion of this bundle waits already, {promotion.promotion_id}" in words(again)
    assert (its / "dossier.json").read_bytes() == named
    assert digest_of(Dossier.model_validate_json(named)) == promotion.dossier


def test_what_whoever_asks_answers_for_reaches_whoever_agrees(desk: Desk, server: str, its: Path) -> None:
    asked = "promote", its, "--champion", champion(), "--history", later(), "--server", server
    attested = "--attest", "queue_minutes=read at the gate", "--attest", "queue_length,retries=counted before"
    result = run(*asked, *key(desk, "scientist"), *WHY, *attested)
    assert result.exit_code == 0, words(result)
    (promotion,) = desk.service.promotions.listing().items
    sent = desk.get(f"/v1/models/promotions/{promotion.promotion_id}/dossier").json()
    assert [each["name"] for each in sent["attested"]] == ["queue_length", "queue_minutes", "retries"]
    again = run(
        *("verify-promotion", promotion.promotion_id, "--history", later(), "--server", server),
        *key(desk, "model-owner"),
    )
    assert again.exit_code == 0, words(again)
    live = "the service says: queue minutes is told by 0 of the newest 0 cases that came in"
    assert live in words(again)
    deciding = "approve-promotion", promotion.promotion_id, "--server", server, "--no-track"
    agreed = run(*deciding, *key(desk, "model-owner"), *WHY)
    assert agreed.exit_code == 0, words(agreed)
    assert live in words(agreed)


@pytest.mark.parametrize(
    ("options", "next_step"),
    [
        ((), "--history FILE --server"),
        (
            ("--mapping", "m.yaml", "--policy", str(DEFAULT_FOLDER)),
            "--history FILE --mapping FILE --policy DIR --server",
        ),
    ],
)
def test_the_next_step_names_what_the_dossier_was_made_with(
    desk: Desk, server: str, its: Path, options: tuple[str, ...], next_step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "opened", lambda history, mapping: opened(history, None))
    asked = "promote", its, "--champion", champion(), "--history", later(), "--server", server
    result = run(*asked, *key(desk, "scientist"), *WHY, *options)
    assert result.exit_code == 0, words(result)
    (asked_for,) = desk.service.promotions.listing().items
    assert f"fairlead verify-promotion {asked_for.promotion_id} {next_step} {server} --key FILE" in words(result)


@pytest.mark.parametrize(
    ("attested", "says"),
    [
        ("queue_minuts=read at the gate", "speaks of queue_minuts, which the challenger does not read"),
        ("no", "expected"),
    ],
)
def test_an_attestation_that_says_nothing_is_told_before_anything_is_compared(
    its: Path, attested: str, says: str
) -> None:
    asked = run("promote", its, "--champion", champion(), "--history", later(), *WHY, "--attest", attested)
    assert asked.exit_code == 1
    assert says in words(asked)
    assert not (its / "dossier.json").exists()


def propose(desk: Desk, its: Path, dossier: Dossier) -> str:
    """Ask for a promotion with any dossier; returns the promotion's id."""
    send(desk, its)
    answer = desk.post("/v1/models/promotions", {"dossier": plain(dossier), "reason": "learned more"}, "scientist")
    assert answer.is_success, answer.text
    return str(answer.json()["promotion_id"])


def test_whoever_agrees_makes_the_dossier_again_and_finds_what_was_forged(
    desk: Desk, server: str, its: Path, tmp_path: Path
) -> None:
    run("promote", its, "--champion", champion(), "--history", later(), *WHY)
    true = Dossier.model_validate_json((its / "dossier.json").read_bytes())
    asked = "--server", server, *key(desk, "model-owner")
    honest = propose(desk, its, true)
    holds = run("verify-promotion", honest, "--history", later(), *asked, "--out", tmp_path / "again")
    assert (holds.exit_code, "every number is as it was sent" in words(holds)) == (0, True), words(holds)
    assert (tmp_path / "again" / "dossier.html").is_file()

    fewer = "--history", write("fewer", lines()[:1_420])
    other = run("verify-promotion", honest, *fewer, *asked)
    assert (other.exit_code, "not the history that the dossier names" in words(other)) == (1, True), words(other)
    meant = run("verify-promotion", honest, *fewer, *asked, "--another-history")
    sent = "the dossier that was sent says: sla_breach: only 318 later cases tell the truth of it"
    told = " ".join(meant.output.split())
    assert told.index(sent) < told.index("another history than was sent"), "before the comparison with this one"
    assert sent not in told[told.index("another history than was sent") :]
    assert "another history than was sent" in words(meant)
    assert meant.exit_code == (1 if "refused" in words(meant) else 0)

    assert desk.post(
        f"/v1/models/promotions/{honest}/approvals", {"verdict": "reject", "reason": "ask again"}, "scientist"
    ).is_success
    loss = true.differences[0]
    better = loss.model_copy(
        update={"challenger": round(loss.challenger - 0.1, 6), "difference": round(loss.difference - 0.1, 6)}
    )
    forged = propose(desk, its, true.model_copy(update={"differences": (better, *true.differences[1:])}))
    found = run("verify-promotion", forged, "--history", later(), *asked)
    assert found.exit_code == 1
    assert f"difference {loss.task} {loss.metric}: challenger" in words(found)
    assert "do not agree to it" in words(found)

    path = f"/v1/models/promotions/{forged}/approvals"
    assert desk.post(path, {"verdict": "reject", "reason": "its numbers are not so"}, "model-owner").is_success
    late = run("verify-promotion", forged, "--history", later(), *asked)
    assert late.exit_code == 1
    assert "once nobody can agree to it. This promotion is rejected." in words(late)


def test_only_who_looks_after_models_reads_their_files(desk: Desk) -> None:
    digest = desk.service.in_force.predictors.digest
    path = f"/v1/models/files/{digest}"
    assert desk.get(path, "auditor").content == (desk.service.settings.bundle_folder / "manifest.json").read_bytes()
    assert [desk.get(path, name).status_code for name in ("orchestrator", "scientist", "model-owner")] == [
        403,
        200,
        200,
    ]
    assert desk.get(f"/v1/models/files/{digest_of(b'nothing')}", "auditor").status_code == 404


def test_a_bundle_is_not_compared_with_itself(its: Path) -> None:
    """A folder that was served holds what was promoted there: a rollback of that would change nothing."""
    result = run("promote", its, "--champion", its, "--history", later(), *WHY)
    assert result.exit_code == 1
    assert f"both hold {open_bundle(its).digest}: there is nothing to promote" in words(result)
    assert not (its / "dossier.json").exists()


def test_without_a_server_it_only_compares(its: Path, tmp_path: Path) -> None:
    asked = ("promote", its, "--champion", champion(), "--history", later())
    result = run(*asked, *WHY, "--out", tmp_path / "dossiers")
    assert result.exit_code == 0, words(result)
    assert (tmp_path / "dossiers" / "dossier.json").is_file()
    assert not (its / "dossier.json").exists()


@pytest.mark.parametrize(("count", "says"), [(1, "refused by one check:"), (3, "refused by 3 checks:")])
def test_the_checks_that_refuse_are_counted(
    its: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, says: str
) -> None:
    whole = a_dossier(open_bundle(its).digest, open_bundle(champion()).digest)
    checks = [each.model_copy(update={"finding": Finding.REFUSED}) for each in whole.checks[:count]]
    bad = whole.model_copy(update={"checks": (*checks, *whole.checks[count:])})
    monkeypatch.setattr("training.promotion.compare.compare", lambda *_, **__: bad)
    result = run("promote", its, "--champion", champion(), "--history", later(), *WHY, "--out", tmp_path)
    assert result.exit_code == 1
    assert f"{says} the champion serves on" in words(result)


def test_a_service_that_does_not_answer_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret-of-mine")
    result = run("rollback", "--server", "http://127.0.0.1:9", "--key", tmp_path / "key", *WHY)
    assert result.exit_code == 1
    assert "no service answers at http://127.0.0.1:9" in words(result)
    assert "nothing was changed" in words(result)
    assert "secret-of-mine" not in words(result)


@pytest.mark.parametrize("command", [("approve-promotion", "some-id"), ("rollback",), ("promote", "its")])
@pytest.mark.parametrize(
    "reason",
    [(), ("--reason", ""), ("--reason", "v2"), ("--reason", "x" * 501)],
    ids=["none", "empty", "short", "long"],
)
def test_a_reason_that_is_missing_or_says_nothing_is_refused_before_anything_is_done(
    command: tuple[str, ...], reason: tuple[str, ...]
) -> None:
    also = ("--champion", "theirs", "--history", "later.jsonl") if command[0] == "promote" else ()
    result = run(*command, *also, *reason)
    assert result.exit_code == 2
    assert "say why in 3 to 500 characters" in words(result)


def test_a_reason_that_would_act_on_a_screen_is_refused_before_anybody_is_asked() -> None:
    result = run("rollback", "--reason", "fine \x1b[2J")
    assert result.exit_code == 2
    assert "and without bidirectional" in words(result)


def test_a_key_that_is_not_there_is_said(tmp_path: Path) -> None:
    result = run("promotions", "--key", tmp_path / "nobody")
    assert result.exit_code == 1
    assert "fairlead keys" in words(result)


@pytest.mark.parametrize("odd", ["nope", "01a21e81-fe3…", "../approvals"])
def test_what_is_no_id_is_said_in_one_line_before_anybody_is_asked(odd: str) -> None:
    result = run("approve-promotion", odd, "--server", "http://127.0.0.1:9", *WHY)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert f"{odd} is no promotion's id: expected 36 letters, digits and hyphens" in result.stderr
    assert "fairlead promotions lists them" in result.stderr


def test_what_the_service_refused_in_a_body_is_said_without_the_name_of_a_member() -> None:
    faults = [{"pointer": "/reason", "expected": "at least 3 characters"}]
    problem = {"title": "Cannot be read", "detail": "See `errors` for what was expected where.", "errors": faults}
    assert refusal(422, json.dumps(problem).encode()) == "Cannot be read (422): /reason: at least 3 characters"
    problem["detail"] = "The dossier is incomplete."
    assert "The dossier is incomplete. /reason: at least" in refusal(422, json.dumps(problem).encode())


def test_what_is_served_is_not_trained_into(its: Path, tmp_path: Path) -> None:
    from training.commands.train import app as training_app

    mark_served(its)
    assert (its / SERVED).exists()
    before = open_bundle(its).digest
    options = ["train", "sla_breach", "--history", str(later()), "--out", str(its), "--no-track", "--trials", "0"]
    result = CliRunner().invoke(training_app, options)
    assert result.exit_code == 1
    assert "changes by promotion only" in words(result)
    assert open_bundle(its).digest == before


def test_what_is_served_is_not_recalibrated_in_place(its: Path) -> None:
    from training.commands.drift import app as drift_app

    mark_served(its)
    before = open_bundle(its).digest
    options = ["recalibrate", str(its), "--task", "sla_breach", "--history", str(later())]
    result = CliRunner().invoke(drift_app, options)
    assert result.exit_code == 1
    assert "name another folder with --out" in words(result)
    assert open_bundle(its).digest == before
