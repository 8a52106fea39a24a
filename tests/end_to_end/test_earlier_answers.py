"""Answers that an earlier version of the code gave are made again, byte for byte, by the code of today.

Where one of these tests fails, answers that people have acted on can no longer be questioned. See `UNFAITHFUL`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

import features.catalogue as catalogue
import serving.replay as replay_module
from data.record import Unit
from data.vocabulary import Task
from features.definition import Feature
from policies.policy import Policy, policy_of
from policies.tables.problems import PolicyError
from serving.in_force import Basis, InForce, read_basis
from serving.replay import CannotReplay, Replay, replay_by, replay_exactly
from serving.store import audit, consistency, decisions, policies
from serving.store import policies as kept_policies
from serving.store.engine import Database
from tests.fixtures.bundles import republish
from tests.fixtures.earlier_answers import BY_MODELS, BY_RULES, LATE, NAMES, PASSED, brought_back

UNFAITHFUL = """
the code of today makes another answer than the one that was given, by the same case, standing, bundle and policy:

{differences}

If the change of the answer is not meant, mend the code. If it is meant, what was given before must be told apart:
- a rule, a cost or a gate: change the YAML, not its meaning; every answer names its policy and keeps it;
- what a feature means: give it another name, so that the fingerprint of its set changes and old models are refused;
- anything else: raise RECOMMENDATION_SCHEMA in data/recommendation.py and say in CHANGELOG.md what it changes.
Replay then says that it cannot make the old answers again, in place of making others silently. Last, write these
answers anew: python -m scripts.write_earlier_answers
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The earlier service's folder, its database brought up to date as every service does when it starts."""
    return tmp_path_factory.mktemp("earlier") / "var"


@pytest.fixture(scope="module")
def ids(folder: Path) -> dict[str, str]:
    return brought_back(folder)


@pytest.fixture
def store(folder: Path, ids: dict[str, str]) -> Iterator[Connection]:
    database = Database(f"sqlite:///{folder / 'fairlead.db'}")
    database.migrate()
    with database.read() as connection:
        yield connection
    database.close()


def pointers(replay: Replay) -> list[str]:
    return [each.pointer for each in replay.differences()]


def changed(replay: Replay) -> str:
    return "\n".join(f"{each.pointer}: {each.stored} -> {each.now}" for each in replay.differences())


@pytest.mark.parametrize("name", NAMES)
def test_is_made_again_byte_for_byte(store: Connection, folder: Path, ids: dict[str, str], name: str) -> None:
    try:
        replay = replay_exactly(store, folder / "bundle", ids[name])
    except CannotReplay as why:
        pytest.fail(UNFAITHFUL.format(differences=f"{name}: cannot replay: {why}"))
    if not replay.same:
        pytest.fail(UNFAITHFUL.format(differences=f"{name}\n{changed(replay)}"))


def test_the_answers_are_of_every_kind(store: Connection, folder: Path, ids: dict[str, str]) -> None:
    """Written anew, they still hold what they are kept for."""
    told = {name: json.loads(replay_exactly(store, folder / "bundle", ids[name]).stored) for name in NAMES}
    for name in BY_MODELS:
        assert {served(told[name], task) for task in Task} <= {("model", None), ("none", "no_stock_position")}
    assert served(told["empty-shelf"], Task.STOCKOUT) == ("model", None)
    for name in BY_RULES:
        assert served(told[name], Task.ROOT_CAUSE) == ("rules", "model_unavailable")
    assert served(told[BY_RULES[0]], Task.STOCKOUT) == ("rules", "model_unavailable")
    assert served(told[PASSED], Task.SLA_BREACH) == ("rules", "promise_passed")
    assert told[LATE]["disposition"] == "hold"
    assert {"linear", "text"} <= {name.split()[1] for name in manifest(folder)}


def served(answer: dict[str, Any], task: Task) -> tuple[str, str | None]:
    prediction = answer["predictions"][task.value]
    return prediction["served_by"], prediction.get("reason")


def manifest(folder: Path) -> list[str]:
    (path,) = (folder / "bundle" / "manifests").glob("*.json")
    tasks = json.loads(path.read_text(encoding="utf-8"))["tasks"]
    return [f"{task} {name}" for task, entry in tasks.items() for name in entry["files"]]


def test_the_records_beside_them_hold(store: Connection, ids: dict[str, str]) -> None:
    assert list(audit.faults(store)) == []
    assert list(consistency.faults(store)) == []


def of_then(store: Connection, recommendation_id: str) -> Policy:
    decision = decisions.by_id(store, recommendation_id)
    assert decision
    return policies.get(store, decision.policy)


def in_force(policy: Policy, bundle: Path) -> InForce:
    basis: Basis = read_basis(bundle, policy)
    return InForce(basis)


def test_by_another_policy_it_says_what_differs(store: Connection, tmp_path: Path, ids: dict[str, str]) -> None:
    sources = dict(of_then(store, ids[BY_RULES[0]]).sources)
    sources["policy.yaml"] = sources["policy.yaml"].replace("valid_minutes: 30", "valid_minutes: 45")
    replay = replay_by(store, in_force(policy_of(sources), tmp_path), ids[BY_RULES[0]])
    assert pointers(replay) == ["/valid_until", "/receipt/policy", "/receipt/answer"]


def test_by_another_model_it_says_what_differs(store: Connection, tmp_path: Path, ids: dict[str, str]) -> None:
    republish(tmp_path / "bundle", seed=1, at=datetime(2026, 11, 1, tzinfo=UTC))
    policy = of_then(store, ids["empty-shelf"])
    told = pointers(replay_by(store, in_force(policy, tmp_path / "bundle"), ids["empty-shelf"]))
    assert {"/predictions/sla_breach/probability", "/receipt/bundle", "/receipt/features"} <= {*told}
    assert not {"/receipt/policy", "/receipt/input", "/receipt/standing"} & {*told}


def test_a_feature_learned_since_changes_no_answer(
    store: Connection, folder: Path, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    added = changed_first_feature(name="learned_since")
    monkeypatch.setattr(catalogue, "CASE_FEATURES", (added, *catalogue.CASE_FEATURES))
    assert pointers(replay_exactly(store, folder / "bundle", ids["empty-shelf"])) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "named_anew"}, r"reads features that this Fairlead does not compute: \w+; retrain it"),
        ({"unit": Unit.MINUTE}, r"was trained on features sha256:\w+, this Fairlead computes sha256:"),
    ],
)
def test_where_a_feature_is_another_one_it_says_that_the_models_are_of_before(
    store: Connection,
    folder: Path,
    ids: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    says: str,
) -> None:
    first = changed_first_feature(**change)
    monkeypatch.setattr(catalogue, "CASE_FEATURES", (first, *catalogue.CASE_FEATURES[1:]))
    with pytest.raises(CannotReplay, match=says):
        replay_exactly(store, folder / "bundle", ids["empty-shelf"])


def changed_first_feature(**change: Any) -> Feature:
    return Feature(**{**vars(catalogue.CASE_FEATURES[0]), **change})


def test_where_the_record_is_another_one_it_says_that_other_code_answered(
    store: Connection, folder: Path, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_module, "RECOMMENDATION_SCHEMA", "fairlead/recommendation/3")
    with pytest.raises(CannotReplay, match=r"is a fairlead/recommendation/2 and this Fairlead makes .*/3"):
        replay_exactly(store, folder / "bundle", ids[BY_RULES[0]])


def test_a_policy_that_this_fairlead_cannot_read_is_said(
    store: Connection, folder: Path, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: object) -> Policy:
        raise PolicyError([])

    monkeypatch.setattr(kept_policies, "policy_of", refused)
    with pytest.raises(CannotReplay):
        replay_exactly(store, folder / "bundle", ids[BY_RULES[0]])
