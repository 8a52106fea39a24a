"""What was recommended, decided and told leaves the service as a history that training reads."""

from __future__ import annotations

import errno
import gzip
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from data.outcome import HistoryLine
from data.vocabulary import ReviewVerdict
from serving.history_commands import app, told
from serving.history_export import MOST_WEIGHT, CannotExport, export_history, stratified
from tests.fixtures.service import Desk, an_exception, costly

OUTCOME = {"recorded_at": "2026-11-23T12:00:00Z", "resolved_at": "2026-11-23T11:58:00Z", "sla_breached": False}


def lines_of(file: Path) -> list[HistoryLine]:
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [HistoryLine.model_validate_json(line) for line in content.splitlines()]


def used(desk: Desk) -> list[dict[str, Any]]:
    """Three cases with money to guard, one of which is rejected and told; and a later one that nobody looked at."""
    answers = [desk.recommend(costly(number, minutes=-number)) for number in (1, 2, 3)]
    answers.append(desk.recommend(an_exception(4, reported_type="split_shipment")))
    path = f"/v1/recommendations/{answers[0]['recommendation_id']}"
    review = desk.get(f"{path}/reviews")
    verdict = {"verdict": "reject", "reason": "facts_wrong", "comment": "c4n4ry"}
    done = desk.post(f"{path}/reviews", verdict, "reviewer-1", **{"If-Match": review.headers["etag"]})
    assert done.status_code in (200, 201), done.text
    told = desk.post(f"{path}/outcomes", OUTCOME)
    assert told.status_code == 200, told.text
    return answers


def test_every_recommendation_is_a_line_in_the_order_of_events(desk: Desk, tmp_path: Path) -> None:
    answers = used(desk)
    done = export_history(desk.service.settings, tmp_path / "use.jsonl")
    lines = lines_of(tmp_path / "use.jsonl")
    assert (done.cases, done.known, done.reviewed) == (4, 1, 1)
    assert [line.case.event.id for line in lines] == ["evt-3", "evt-2", "evt-1", "evt-4"]
    by_event = {line.case.event.id: line for line in lines}
    for number, answer in enumerate(answers, start=1):
        line = by_event[f"evt-{number}"]
        file = desk.service.recommendations.case_file(answer["recommendation_id"])
        assert (line.case, line.standing, line.outcome) == (file.case, file.standing, file.outcome)
        assert line.served is not None
        assert line.served.action == answer["options"][0]["action"]
        assert line.served.policy == answer["receipt"]["policy"]


def test_what_people_decided_is_a_signal_without_names_or_comments(desk: Desk, tmp_path: Path) -> None:
    used(desk)
    export_history(desk.service.settings, tmp_path / "use.jsonl")
    (decided,) = [line for line in lines_of(tmp_path / "use.jsonl") if line.served and line.served.people]
    assert decided.served is not None
    assert decided.served.people[0].verdict is ReviewVerdict.REJECT
    assert decided.outcome is not None
    assert decided.outcome.action is None  # a decision is no label: only what was told as outcome is
    content = (tmp_path / "use.jsonl").read_text(encoding="utf-8")
    assert "c4n4ry" not in content
    assert "reviewer-1" not in content


def test_a_case_without_an_outcome_stays_as_context(desk: Desk, tmp_path: Path) -> None:
    used(desk)
    export_history(desk.service.settings, tmp_path / "use.jsonl")
    untold = [line for line in lines_of(tmp_path / "use.jsonl") if line.outcome is None]
    assert len(untold) == 3
    assert all(line.selection is not None and line.selection.observed == 0.0 for line in untold)
    assert all(line.selection is not None and line.selection.weight is None for line in untold)


def test_an_outcome_counts_for_those_alike_that_did_not_tell() -> None:
    strata = stratified(Counter({"proceed/not_reviewed": 80, "review/reviewed": 20}), Counter())
    assert all(each.weight is None for each in strata)
    cases = Counter({"proceed/not_reviewed": 80, "review/reviewed": 20})
    known = Counter({"proceed/not_reviewed": 10, "review/reviewed": 20})
    weights = {each.name: each.weight for each in stratified(cases, known)}
    assert weights == pytest.approx({"proceed/not_reviewed": 0.3 * 8, "review/reviewed": 0.3})
    total = sum(weight * known[name] for name, weight in weights.items() if weight)
    assert total == pytest.approx(30)  # as many cases' worth as outcomes that are known
    share = weights["proceed/not_reviewed"] * 10 / 30 if weights["proceed/not_reviewed"] else 0
    assert share == pytest.approx(0.8)  # and each stratum counts for its share of all cases


def test_a_stratum_that_hardly_ever_tells_does_not_speak_through_one_case() -> None:
    strata = stratified(Counter({"a": 100_000, "b": 1_000}), Counter({"a": 1, "b": 1_000}))
    assert strata[0].weight == MOST_WEIGHT


def test_the_same_use_gives_the_same_bytes_packed_or_not(desk: Desk, tmp_path: Path) -> None:
    used(desk)
    for name in ("one.jsonl", "two.jsonl", "one.jsonl.gz", "two.jsonl.gz"):
        export_history(desk.service.settings, tmp_path / name)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.jsonl.gz").read_bytes()) == (tmp_path / "one.jsonl").read_bytes()


def test_a_full_disk_leaves_what_was_there(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used(desk)
    out = tmp_path / "out" / "use.jsonl.gz"
    out.parent.mkdir()
    out.write_bytes(b"before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("serving.history_export.os.fsync", full)
    with pytest.raises(CannotExport, match="No space left on device"):
        export_history(desk.service.settings, out)
    assert [each.name for each in out.parent.iterdir()] == ["use.jsonl.gz"]
    assert out.read_bytes() == b"before"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "use.jsonl"], "there is no database at"),
        (["--out", "/dev/null/use.jsonl"], "cannot be written, for /dev/null takes no files"),
        (["--out", "use.csv"], "a native history is .jsonl or .jsonl.gz"),
        (["--out", "use.jsonl", "--db", "postgresql://nowhere"], "must be a SQLite file"),
    ],
)
def test_what_is_in_the_way_is_one_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(app, ["history", "export", "--folder", str(tmp_path / "none"), *arguments])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "none").exists()


def test_the_command_says_what_each_stratum_counts_for(desk: Desk, tmp_path: Path) -> None:
    used(desk)
    out = tmp_path / "use.jsonl"
    done = CliRunner().invoke(app, ["history", "export", "--folder", str(tmp_path / "var"), "--out", str(out)])
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    assert f"4 cases in {out}: 1 with an outcome, 1 decided on by people" in done.stderr
    assert "review/reviewed: 1 of 1 known, each counts for 0.25" in done.stderr


def by_hand(desk: Desk, statement: str) -> None:
    with desk.service.database.write() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outcomes SET received_at = received_at - 1",
        "UPDATE outcomes SET content = (SELECT input FROM recommendations LIMIT 1)",
        "UPDATE documents SET content = x'00' WHERE digest IN (SELECT content FROM outcomes)",
    ],
)
def test_an_outcome_that_somebody_altered_is_left_out_and_said(desk: Desk, tmp_path: Path, statement: str) -> None:
    used(desk)
    by_hand(desk, statement)
    done = export_history(desk.service.settings, tmp_path / "use.jsonl")
    assert (done.cases, done.known, done.altered_cases, done.altered_outcomes) == (4, 0, 0, 1)
    assert not any(line.outcome for line in lines_of(tmp_path / "use.jsonl"))
    assert "left out: 1 outcomes that somebody altered" in told(done, tmp_path / "use.jsonl")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE recommendations SET issued_at = issued_at - 1 WHERE event_id = 'evt-2'",
        "UPDATE recommendations SET issued_at = 'abc' WHERE event_id = 'evt-2'",
        "UPDATE recommendations SET bundle = policy WHERE event_id = 'evt-2'",
        "UPDATE recommendations SET requested_by = 'auditor' WHERE event_id = 'evt-4'",
        "UPDATE documents SET content = x'00' WHERE digest IN "
        "(SELECT input FROM recommendations WHERE event_id = 'evt-2')",
        "UPDATE reviews SET decided_at = decided_at - 1",
    ],
)
def test_a_case_that_somebody_altered_is_left_out_and_said(desk: Desk, tmp_path: Path, statement: str) -> None:
    used(desk)
    by_hand(desk, statement)
    done = export_history(desk.service.settings, tmp_path / "use.jsonl")
    assert (done.cases, done.altered_cases, len(lines_of(tmp_path / "use.jsonl"))) == (3, 1, 3)
    assert "left out: 1 cases that somebody altered" in told(done, tmp_path / "use.jsonl")
