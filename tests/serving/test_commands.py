"""The commands: a card or the exact JSON without a server, keys, and a doctor that says how to mend things."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from sqlalchemy import text
from typer.testing import CliRunner, Result

from data.case import Case
from data.console import WIDTH, console
from data.recommendation import Recommendation, answer_digest
from data.vocabulary import Role, Task
from features.attributes import Declaration
from models.bundle import publish
from policies.policy import DEFAULT_FOLDER
from serving.commands import app
from serving.doctor import examine
from serving.keys import DEFAULT_PRINCIPALS
from serving.openapi import EXAMPLES
from serving.settings import Settings
from tests.fixtures.bundles import a_bundle, damage_manifest
from tests.fixtures.service import NOON, costly, open_desk
from tests.fixtures.task_models import coded_model


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


def test_recommend_shows_a_card(folder: Path) -> None:
    result = run("recommend", EXAMPLES / "exception.json", "--folder", folder)
    assert result.exit_code == 0, result.output
    for word in ("exc-77120", "Unavailable inventory", "expected cost", "Why", "rules", "disposition"):
        assert word in result.stdout
    assert "Not recorded" in result.stderr


def test_recommend_gives_the_answer_as_the_api_does(folder: Path) -> None:
    result = run("recommend", "-", "--folder", folder, "--json", stdin=(EXAMPLES / "exception.json").read_bytes())
    answer = Recommendation.model_validate_json(result.stdout)
    assert answer.receipt.answer == answer_digest(answer)
    assert answer.event.source == "oms-emea"


def test_the_card_tells_of_a_broken_promise(folder: Path) -> None:
    late = {**costly(), "promise": {"due_at": "2026-01-01T00:00:00Z"}}
    result = run("recommend", "-", "--folder", folder, stdin=json.dumps(late).encode())
    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.replace("│", " ").split())
    assert "broken since" in told
    assert "promise_passed" in told
    assert "the SLA is broken" in told
    assert "promise breaks" not in told


@pytest.mark.parametrize(("due", "told"), [({"days": -400}, "passed 400 days ago"), ({"days": -1}, "1 day ago")])
def test_a_case_whose_promise_is_long_past_is_told_how_to_try_it_now(
    folder: Path, tmp_path: Path, due: dict[str, float], told: str
) -> None:
    old = tmp_path / "an old case.json"
    old.write_text(json.dumps({**costly(), "promise": {"due_at": (datetime.now(UTC) + timedelta(**due)).isoformat()}}))
    result = run("recommend", old, "--folder", folder)
    assert told in result.stderr
    assert f"fairlead today '{old}' | fairlead recommend -" in result.stderr
    assert "fairlead today" not in result.stdout


def test_a_case_whose_promise_has_just_passed_waits_and_is_told_nothing(folder: Path) -> None:
    late = {**costly(), "promise": {"due_at": (datetime.now(UTC) - timedelta(hours=23)).isoformat()}}
    assert "fairlead today" not in run("recommend", "-", "--folder", folder, stdin=json.dumps(late).encode()).stderr


class TestABundleThatAServiceWouldNotAnswerBy:
    @pytest.fixture
    def served(self, folder: Path) -> Path:
        """The folder of a service that has begun with a bundle of its own."""
        open_desk(folder, bundle=a_bundle(folder / "bundle")).service.close()
        return folder

    @pytest.mark.parametrize("key", ["there", "lost"])
    def test_is_one_calm_line_where_it_was_just_trained(self, served: Path, tmp_path: Path, key: str) -> None:
        if key == "lost":
            shutil.rmtree(served / "keys")
        trained = a_bundle(tmp_path / "trained", seed=2)
        told = run("recommend", EXAMPLES / "exception.json", "--folder", served, "--bundle", trained).stderr
        assert "is not signed yet: a service signs" in told
        assert "would not answer" not in told
        assert "Put back" not in told

    def test_is_warned_of_where_its_signature_does_not_fit(self, served: Path, tmp_path: Path) -> None:
        open_desk(tmp_path / "others", bundle=a_bundle(tmp_path / "theirs", seed=2)).service.close()
        told = run("recommend", EXAMPLES / "exception.json", "--folder", served, "--bundle", tmp_path / "theirs").stderr
        assert f"The service with the folder {served} would not answer by it" in told
        assert "name another service's with --db or --folder" in told
        assert f"fairlead doctor --folder {served} --bundle {tmp_path / 'theirs'} says how" in told

    def test_is_warned_of_where_it_lies_in_the_place_of_what_served(self, served: Path) -> None:
        shutil.rmtree(served / "bundle")
        a_bundle(served / "bundle", seed=2)
        told = run("recommend", EXAMPLES / "exception.json", "--folder", served).stderr
        assert f"The service with the folder {served} would not answer by it" in told


def test_recommend_records_nothing(folder: Path) -> None:
    run("recommend", EXAMPLES / "exception.json", "--folder", folder)
    assert open_desk(folder).service.recommendations.queue().total == 0


def test_looking_creates_nothing(folder: Path) -> None:
    looked = run("recommend", EXAMPLES / "exception.json", "--folder", folder)
    assert looked.exit_code == 0
    assert f"no database at {folder / 'fairlead.db'}" in looked.stderr
    replayed = run("replay", "0193582a-6f3a-7c41-9e02-6a1be4a7d001", "--folder", folder)
    assert (replayed.exit_code, replayed.stdout) == (2, "")
    assert f"cannot replay: there is no database at {folder / 'fairlead.db'}" in replayed.stderr
    assert run("doctor", "--folder", folder).exit_code == 1
    assert not folder.exists()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, byte for byte."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def another_policy(folder: Path) -> Path:
    """The committed policy with another validity: one that no store has kept."""
    shutil.copytree(DEFAULT_FOLDER, folder)
    head = folder / "policy.yaml"
    head.write_text(head.read_text().replace("valid_minutes: 30", "valid_minutes: 45"))
    return folder


def test_looking_at_what_is_there_changes_no_byte(folder: Path, tmp_path: Path) -> None:
    desk = open_desk(folder, bundle=a_bundle(tmp_path / "bundle"))
    answered = desk.recommend(costly())["recommendation_id"]
    desk.service.close()
    where = ("--folder", folder, "--bundle", tmp_path / "bundle", "--policy", another_policy(tmp_path / "policy"))
    before = contents(tmp_path)
    assert run("recommend", EXAMPLES / "exception.json", *where).exit_code == 0
    assert run("replay", answered, *where).exit_code == 0
    assert run("replay", answered, "--current", *where).exit_code == 1
    assert contents(tmp_path) == before


@pytest.mark.parametrize(("version", "said"), [("0003", "start fairlead serve on it once"), ("9999", "newer Fairlead")])
def test_looking_at_a_database_of_another_version_says_what_to_do(folder: Path, version: str, said: str) -> None:
    desk = open_desk(folder)
    with desk.service.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    desk.service.close()
    before = contents(folder)
    for asked in (("recommend", EXAMPLES / "exception.json"), ("replay", "some-id")):
        result = run(*asked, "--folder", folder)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
    assert contents(folder) == before


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "postgresql://host/name"])
@pytest.mark.parametrize("command", ["recommend", "replay", "doctor"])
def test_a_database_that_is_no_sqlite_file_is_said(folder: Path, url: str, command: str) -> None:
    about: dict[str, tuple[str | Path, ...]] = {"recommend": (EXAMPLES / "exception.json",), "replay": ("some-id",)}
    result = run(command, *about.get(command, ()), "--folder", folder, "--db", url)
    assert result.exit_code == (1 if command == "doctor" else 2)
    assert "the database must" in result.output
    assert not folder.exists()


@pytest.mark.parametrize(
    ("content", "said"), [(b"{", "Not JSON"), (b"{}", "/event: this member"), (b'{"a": NaN}', "NaN"), (b"", "empty")]
)
def test_recommend_says_what_is_wrong_with_a_file(folder: Path, content: bytes, said: str) -> None:
    result = run("recommend", "-", "--folder", folder, stdin=content)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_recommend_says_that_a_file_is_missing(folder: Path) -> None:
    result = run("recommend", folder / "nothing.json", "--folder", folder)
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_today_prints_the_case_as_if_it_happened_now(folder: Path) -> None:
    content = (EXAMPLES / "exception.json").read_bytes()
    first, second = run("today", EXAMPLES / "exception.json"), run("today", "-", stdin=content)
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    cases = [Case.model_validate_json(each.stdout) for each in (first, second)]
    assert len({case.event.id for case in cases} | {case.exception_id for case in cases}) == 4
    for case in cases:
        assert abs(datetime.now(UTC) - case.event.time) < timedelta(minutes=1)
    answer = run("recommend", "-", "--folder", folder, "--json", stdin=first.stdout.encode())
    breach = json.loads(answer.stdout)["predictions"]["sla_breach"]
    assert (breach["served_by"], breach["reason"]) == ("rules", "model_unavailable"), "its promise is still to come"


def with_attributes(**told: Any) -> bytes:
    case = json.loads((EXAMPLES / "exception.json").read_bytes())
    return json.dumps({**case, "attributes": told}).encode()


def test_today_tells_parts_of_instants_anew_as_far_as_the_bundle_knows_them(tmp_path: Path) -> None:
    model = coded_model()
    hour = Declaration(kind="number", part="hour", zone="Asia/Tokyo")
    declared = model.attributes.model_copy(update={"attributes": {"promised_hour": hour}})
    served = replace(model, attributes=declared, columns=model.features().names)
    publish(tmp_path / "bundle", {Task.SLA_BREACH: served}, created_at=datetime(2026, 11, 1, tzinfo=UTC))
    content = with_attributes(promised_hours=30.0, promised_hour=99, promised_month=99)
    result = run("today", "-", "--bundle", tmp_path / "bundle", stdin=content)
    assert result.exit_code == 0, result.stderr
    case = Case.model_validate_json(result.stdout)
    promised = (case.event.time + timedelta(hours=30)).astimezone(ZoneInfo("Asia/Tokyo"))
    assert case.attributes == {"promised_hours": 30.0, "promised_hour": promised.hour, "promised_month": 99}
    assert "moment that has moved: promised_month." in " ".join(result.stderr.split())


def test_today_names_what_it_leaves_behind_and_a_bundle_that_is_none() -> None:
    said = " ".join(run("today", "-", stdin=with_attributes(promised_hour=7)).stderr.split())
    assert "moment that has moved: promised_hour. Name the bundle that reads them by --bundle" in said
    assert run("today", "-", stdin=with_attributes(size=7)).stderr == ""
    assert run("today", "-", "--bundle", "nowhere", stdin=with_attributes()).exit_code == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "Not JSON"),
        (b"{}", "/event: this member"),
        (
            b'{"event": {"source": "a", "id": "b", "time": "2000-01-01T00:00:00Z"}, "exception_id": "c",'
            b' "promise": {"due_at": "9999-12-31T00:00:00Z"}}',
            "the years 1 to 9999",
        ),
    ],
)
def test_today_says_what_is_wrong_with_a_case(content: bytes, said: str) -> None:
    result = run("today", "-", stdin=content)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize("command", ["today", "recommend"])
@pytest.mark.parametrize(
    ("times", "between", "said"), [(0, b"", "is empty"), (3, b"\n", "more than one"), (2, b"", "more")]
)
def test_a_file_that_does_not_hold_one_case_is_said(
    tmp_path: Path, command: str, times: int, between: bytes, said: str
) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(between.join([with_attributes(size=7)] * times))
    where = ("--folder", tmp_path / "var") if command == "recommend" else ()
    for named, result in (
        (file, run(command, file, *where)),
        ("standard input", run(command, "-", *where, stdin=file.read_bytes())),
    ):
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"{named} " in result.stderr
        assert said in result.stderr
        assert "give one case a file" in result.stderr


def test_an_answer_that_is_not_in_the_database_is_said_with_the_database(folder: Path) -> None:
    open_desk(folder).service.close()
    result = run("replay", "0193582a-6f3a-7c41-9e02-6a1be4a7d001", "--folder", folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"no recommendation has this id in {folder / 'fairlead.db'}; name the folder of the service" in result.stderr


def test_a_broken_policy_is_told_line_by_line(folder: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    shutil.copytree(DEFAULT_FOLDER, policy)
    (policy / "gates.yaml").write_text("table: [")
    result = run("recommend", EXAMPLES / "exception.json", "--folder", folder, "--policy", policy)
    assert result.exit_code == 2
    assert "gates.yaml" in result.stderr


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda folder: folder, "bundle none: every prediction comes from the rules"),
        (
            lambda folder: damage_manifest(a_bundle(folder)),
            "bundle none could be read: the models of an earlier one serve",
        ),
    ],
    ids=["no bundle", "a broken manifest"],
)
def test_serve_says_who_answers_where_no_bundle_is_in_force(
    folder: Path, tmp_path: Path, prepare: Callable[[Path], Path], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    result = run("serve", "--folder", folder, "--bundle", prepare(tmp_path / "bundle"), "--port", "0")
    assert result.exit_code == 0, result.output
    assert said in result.stderr


def test_commands_about_a_folder_find_the_bundle_that_was_served_from_elsewhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    served = run("serve", "--folder", folder, "--bundle", a_bundle(tmp_path / "mine"), "--port", "0")
    assert served.exit_code == 0, served.output
    healthy = run("doctor", "--folder", folder)
    assert healthy.exit_code == 0, healthy.output
    another = run("serve", "--folder", folder, "--bundle", a_bundle(tmp_path / "another", seed=2), "--port", "0")
    assert another.exit_code == 0, another.output
    assert (folder / "bundle").resolve() == tmp_path / "another"


def test_keys_names_files_and_shows_no_key(folder: Path) -> None:
    result = run("keys", "--folder", folder)
    assert result.exit_code == 0, result.output
    for file in (folder / "keys").iterdir():
        assert file.name in result.stdout
        assert file.read_text().strip() not in result.output


def test_tables_are_as_wide_as_a_pipe_takes_and_cut_no_path_short(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("serving.commands.out", console())
    for command in ("keys", "doctor"):
        told = run(command, "--folder", folder / ("deep" * 20)).stdout
        table, _, _ = told.partition("\nto mend it\n")
        assert max(map(len, table.splitlines())) == WIDTH
        assert "…" not in told


@pytest.mark.parametrize("content", ["", "short", "a" * 20 + "é" * 30, "with spaces " * 5])
def test_a_file_that_holds_no_key_is_said_and_opens_nothing(folder: Path, content: str) -> None:
    desk = open_desk(folder)
    (folder / "keys" / "orchestrator").write_text(content)
    for command in (("keys",), ("serve", "--port", "0")):
        result = run(*command, "--folder", folder)
        assert result.exit_code == 2, result.output
        assert "orchestrator holds no key" in " ".join(result.output.split())
    told = " ".join(run("doctor", "--folder", folder).stdout.split())
    assert "holds no key" in told
    assert desk.service.principals.by_key(content.strip()) is None


def test_a_key_that_was_never_written_whole_is_made_anew(folder: Path) -> None:
    folder.mkdir()
    (folder / "keys").mkdir()
    (folder / "keys" / ".auditor.1").write_text("cut")
    assert run("keys", "--folder", folder).exit_code == 0
    assert len((folder / "keys" / "auditor").read_text().strip()) == 43
    assert (folder / "keys" / "auditor").stat().st_mode & 0o777 == 0o600


def test_a_cut_session_secret_ends_the_start_with_what_to_do(folder: Path) -> None:
    open_desk(folder)
    (folder / "console.secret").write_bytes(b"cut")
    result = run("serve", "--folder", folder, "--port", "0")
    assert result.exit_code == 2, result.output
    assert "console.secret has 3 bytes" in " ".join(result.output.split())


def test_serve_says_which_bundle_it_signs_on_first_use(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    where = ("--folder", folder, "--bundle", a_bundle(tmp_path / "bundle"), "--port", "0")
    told = [run("serve", *where).stderr for _ in range(2)]
    assert ["is signed from now on" in each for each in told] == [True, False]


def test_keys_adds_a_principal(folder: Path) -> None:
    result = run("keys", "--folder", folder, "--add", "finance-anna", "--role", "store_finance")
    assert result.exit_code == 0, result.output
    principal = open_desk(folder).service.principals.by_name("finance-anna")
    assert principal is not None
    assert {role.value for role in principal.roles} == {"store_finance"}


def test_keys_replaces_roles_only_where_that_is_asked_for_and_says_since_when(folder: Path) -> None:
    service = open_desk(folder).service
    add = ("keys", "--folder", folder, "--add", "scientist", "--role", "model_owner")
    refused = run(*add)
    assert refused.exit_code == 2
    assert "scientist is there already and holds data_scientist: add --replace-roles" in refused.stderr
    kept = service.principals.by_name("scientist")
    assert kept is not None
    assert kept.roles == {Role.DATA_SCIENTIST}
    assert run(*add, "--replace-roles").exit_code == 0
    for result in (run("keys", "--folder", folder), run(*add)):
        row = rows_of(result.stdout)["scientist"]
        assert " model_owner " in row
        assert "2026-11-23" in row
        since = re.search(r"roles (20\d\d-\d\d-\d\d)", row)
        assert since
        assert since[1] != "2026-11-23", "its roles are newer than itself"
        assert "roles 20" not in rows_of(result.stdout)["auditor"]


@pytest.mark.parametrize("arguments", [("--add", "../up", "--role", "auditor"), ("--add", "x", "--role", "king")])
def test_keys_refuses_odd_names_and_roles(folder: Path, arguments: tuple[str, ...]) -> None:
    assert run("keys", "--folder", folder, *arguments).exit_code == 2
    assert not (folder / "up").exists()


class TestDoctor:
    def test_says_what_is_in_force_and_that_a_bundle_is_missing(self, folder: Path) -> None:
        run("keys", "--folder", folder)
        result = run("doctor", "--folder", folder)
        assert result.exit_code == 1
        for word in (
            "python",
            "fastapi",
            "policy",
            "sha256:",
            "bundle",
            "served by rules",
            "audit chain",
            "train into",
        ):
            assert word in " ".join(result.stdout.split()), word

    def test_says_which_kernel_answers(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FAIRLEAD_KERNEL", "numpy")
        found = {each.about: each for each in examine(Settings(folder=folder), NOON)}
        assert (found["kernel"].verdict, found["kernel"].says) == ("note", "numpy, as FAIRLEAD_KERNEL says")

    def test_sees_a_changed_audit_chain(self, folder: Path) -> None:
        desk = open_desk(folder)
        desk.recommend(costly())
        with desk.service.database.write() as connection:
            connection.execute(text("UPDATE audit_leaves SET principal = 'somebody'"))
        desk.service.close()
        result = run("doctor", "--folder", folder)
        assert "leaf 1 was altered" in result.stdout

    def test_creates_nothing(self, folder: Path) -> None:
        assert "serving creates it" in " ".join(run("doctor", "--folder", folder).stdout.split())
        assert not folder.exists()

    def test_sees_keys_that_others_can_read(self, folder: Path) -> None:
        open_desk(folder)
        (folder / "keys" / "auditor").chmod(0o644)
        assert "others can read auditor" in run("doctor", "--folder", folder).stdout
        (folder / "keys" / "auditor").chmod(0o600)
        assert "those of 6 principals" in " ".join(run("doctor", "--folder", folder).stdout.split())
        (folder / "keys" / "night-shift").write_bytes((folder / "keys" / "auditor").read_bytes())
        (folder / "keys" / "night-shift").chmod(0o644)
        assert "others can read night-shift" in run("doctor", "--folder", folder).stdout

    def test_names_the_key_that_signs_bundles_and_sees_one_that_is_open_cut_or_lost(
        self, folder: Path, tmp_path: Path
    ) -> None:
        def said() -> str:
            found = examine(Settings(folder=folder, bundle=tmp_path / "bundle"), NOON)
            return "; ".join(f"{each.verdict} {each.says} {each.mend}" for each in found if each.about == "bundle key")

        open_desk(folder, bundle=a_bundle(tmp_path / "bundle")).service.close()
        secret = folder / "keys" / "bundle-signing"
        key_id = secret.read_text().split("+")[3]
        assert f"good {key_id} signs bundles" in said()
        assert secret.read_text()[-20:] not in said()
        secret.chmod(0o640)
        assert "others can read bundle-signing" in said()
        secret.write_text("cut")
        assert "holds no key that signs bundles" in said()
        secret.unlink()
        assert "are signed: put the key back" in said()

    def test_sees_a_broken_policy_and_a_damaged_database(self, folder: Path, tmp_path: Path) -> None:
        folder.mkdir()
        (folder / "fairlead.db").write_bytes(b"not a database" * 500)
        result = run("doctor", "--folder", folder, "--policy", tmp_path)
        assert result.exit_code == 1
        assert "policy.yaml" in result.stdout
        assert "cannot be written" in " ".join(result.stdout.split())

    def test_names_the_principal_whose_roles_somebody_changed(self, folder: Path) -> None:
        with open_desk(folder).service.database.write() as connection:
            connection.execute(text("UPDATE principal_roles SET role = 'model_owner' WHERE principal = 'scientist'"))
        result = run("doctor", "--folder", folder)
        assert result.exit_code == 1
        assert "principal scientist is not as the audit chain tells of it" in " ".join(result.stdout.split())

    def test_says_that_a_newer_version_wrote_the_database(self, folder: Path) -> None:
        with open_desk(folder).service.database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        result = run("doctor", "--folder", folder)
        assert result.exit_code == 1
        assert "newer Fairlead" in " ".join(result.stdout.split())


def test_keys_lists_every_principal_of_the_store_with_when_it_was_added_and_no_key(folder: Path) -> None:
    added = datetime(2026, 3, 4, 12, tzinfo=UTC)
    service = open_desk(folder).service
    service.principals.put("zoe.elsewhere", {Role.AUDITOR, Role.PRICING_DESK}, KEY_OF_ZOE, added)
    assert run("keys", "--folder", folder, "--add", "finance-anna", "--role", "store_finance").exit_code == 0
    (folder / "keys" / "zoe.elsewhere").write_text(KEY_OF_ZOE.swapcase())
    for place in ("another lies", "not here"):
        result = run("keys", "--folder", folder)
        lines = rows_of(result.stdout)
        assert {"finance-anna", "zoe.elsewhere", *DEFAULT_PRINCIPALS} <= lines.keys()
        assert "2026-03-04" in lines["zoe.elsewhere"]
        assert {"auditor,", "pricing_desk"} <= {*lines["zoe.elsewhere"].split()}
        assert place in lines["zoe.elsewhere"]
        assert "not here" not in lines["finance-anna"]
        assert not [key for key in keys_of(folder) | {KEY_OF_ZOE} if key in result.output]
        (folder / "keys" / "zoe.elsewhere").unlink(missing_ok=True)


KEY_OF_ZOE = "z" * 43


def rows_of(table: str) -> dict[str, str]:
    """The rows of a table by their first word, each with the words that go on below it."""
    rows: dict[str, str] = {}
    for line in table.splitlines():
        if line[1:2].strip():
            rows[name := line.split()[0]] = ""
        if rows:
            rows[name] += " " + " ".join(line.split())
    return rows


def keys_of(folder: Path) -> set[str]:
    """What opens the service, of every file of keys."""
    return {file.read_text().strip() for file in (folder / "keys").iterdir()}


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAIRLEAD_PORT", "9090")
    monkeypatch.setenv("FAIRLEAD_FOLDER", str(tmp_path))
    settings = Settings()
    assert (settings.port, settings.bundle_folder) == (9090, tmp_path / "bundle")
    assert settings.database_url == f"sqlite:///{tmp_path / 'fairlead.db'}"


def test_json_output_is_json_alone(folder: Path) -> None:
    result = run("recommend", EXAMPLES / "exception.json", "--folder", folder, "--json")
    assert json.loads(result.stdout)["schema"] == "fairlead/recommendation/2"


def test_keys_says_who_may_do_what(folder: Path) -> None:
    said = " ".join(run("keys", "--folder", folder).stdout.split())
    for words in ("posts exceptions", "agrees for", "reads cases"):
        assert words in said
