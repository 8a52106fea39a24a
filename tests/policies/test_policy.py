"""Loading a policy: the committed one always, a broken one never, and every problem at once with its place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from data.actions import ActionId
from policies.policy import DEFAULT_FOLDER, Policy, load_policy, policy_of
from policies.tables.problems import PolicyError

SOURCES = {path.name: path.read_text(encoding="utf-8") for path in sorted(DEFAULT_FOLDER.glob("*.yaml"))}


def changed(**files: str | None) -> dict[str, str]:
    """The committed policy with files replaced (`gates` is gates.yaml), or left out where None."""
    told = {**SOURCES, **{f"{name}.yaml": text for name, text in files.items() if text is not None}}
    return {name: text for name, text in told.items() if files.get(name.removesuffix(".yaml"), "") is not None}


def edited(name: str, old: str, new: str) -> dict[str, str]:
    """The committed policy with one text replaced."""
    assert old in SOURCES[f"{name}.yaml"]
    return {**SOURCES, f"{name}.yaml": SOURCES[f"{name}.yaml"].replace(old, new, 1)}


def problems(sources: dict[str, str]) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        policy_of(sources)
    return [str(problem) for problem in refused.value.problems]


def test_the_committed_policy_loads() -> None:
    policy = load_policy()
    assert policy.version == "1"
    assert policy.digest.startswith("sha256:")
    assert {gate.name for gate in policy.gates} >= {"finance", "returns", "pricing", "stock", "systems", "carriers"}


def test_a_policy_comes_back_from_its_sources() -> None:
    policy = load_policy()
    assert policy_of(policy.sources).digest == policy.digest


def test_comments_and_layout_do_not_change_the_digest() -> None:
    text = SOURCES["gates.yaml"].replace("# Actions that are", "# Those that are") + "\n# the end\n"
    assert policy_of(changed(gates=text)).digest == load_policy().digest


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("gates", '"> 200"', '"> 201"'),
        ("policy", "store: 24.00", "store: 24.50"),
        ("policy", "sunday: 00:00-24:00", "sunday: 00:00-23:59"),
        ("rules", "probability: 0.88", "probability: 0.89"),
        ("gates", "{role} must agree", "{role} may agree"),
    ],
)
def test_every_word_and_number_changes_it(name: str, old: str, new: str) -> None:
    assert policy_of(edited(name, old, new)).digest != load_policy().digest


def test_all_problems_are_told_at_once_each_with_its_place() -> None:
    sources = edited("gates", "role: pricing_desk", "role: pricing_dusk")
    sources["rules.yaml"] = sources["rules.yaml"].replace("probability: 0.88", "probability: 1.88", 1)
    first, second = problems(sources)
    assert "gates.yaml:" in first
    assert "table looking_into_it, row prices, column role" in first
    assert "'pricing_dusk'" in first
    assert "rules.yaml:" in second
    assert "row reported_supplier, column probability: expected 0 to 1, got 1.88" in second


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("promise", "calendar: office", "calendar: nights", "column calendar: policy.yaml knows"),
        ("costs", "labour: finance", "labour: robots", "column labour: policy.yaml knows"),
        ("actions", "remains: 0.45", "remains: 3", "column remains: expected 0 to 2, got 3"),
        ("gates", ', until: "{system} is up"', "", "hold without until never clears"),
        ("gates", 'until: "{system} is up"', 'until: "{planet} is up"', "column until: unknown placeholder {planet}"),
        (
            "gates",
            "inputs: [action, price_rise]",
            "inputs: [action, price_fall]",
            "is not a shared column",
        ),
        (
            "actions",
            "then: {action: replenish}",
            "then: {action: teleport}",
            "column action: expected one of",
        ),
        (
            "rules",
            "  - short_units\n",
            "  - short_units\n  - type_probability\n",
            "not known when exception_type is asked",
        ),
        ("costs", "table: action_costs", "table: other_costs", "nothing reads this table"),
        (
            "rules",
            "exception_type: split_shipment, probability: 0.75",
            "exception_type: unrecognised, probability: 0.75",
            "a rule names a type",
        ),
        ("policy", "    EUR: 1\n", "    EUR: 2\n", "currency: the rate of the reference currency is 1"),
        ("policy", "labour: office", "labour: nobody", "review.labour is one of store, office, finance"),
        ("policy", "monday: 09:00-20:00", "monday: 20:00-09:00", "closes before it opens"),
        ("policy", "monday: 09:00-20:00", "mondag: 09:00-20:00", "expected one of monday"),
        ("policy", "finds: 0.50", "finds: 1.50", "policy.yaml:38: review.finds:"),
        ("policy", "slack: 0.50", "slack: 0.50\n  speed: 3", "time.speed: Extra inputs are not permitted"),
        ("policy", "unrecognised_below: 0.40", "unrecognised_below: often", "thresholds.unrecognised_below:"),
    ],
)
def test_what_the_heart_could_not_use_is_refused(name: str, old: str, new: str, expected: str) -> None:
    assert any(expected in each for each in problems(edited(name, old, new)))


def test_an_action_without_a_price_or_an_effect_is_refused() -> None:
    found = problems(edited("costs", "action: queue_for_carrier", "action: replenish, root_cause: fraud_pattern"))
    assert any("action_costs" in each and "no row for queue_for_carrier" in each for each in found)


@pytest.mark.parametrize("name", ["rules", "actions", "costs", "promise", "replenishment"])
def test_a_missing_table_is_named(name: str) -> None:
    assert any("the table is missing" in each for each in problems(changed(**{name: None})))


def test_a_policy_without_its_head_is_refused() -> None:
    assert problems(changed(policy=None)) == ["policy.yaml: the file is missing: add it with the settings"]
    assert "expected one mapping" in problems(changed(policy="- a\n- b\n"))[0]
    assert "this is not YAML" in problems(changed(policy="a: [\n"))[0]


def test_a_table_may_not_stand_in_two_files() -> None:
    assert any("stands in gates.yaml too" in each for each in problems(changed(more=SOURCES["gates.yaml"])))


OWN = """
table: night_shift
version: "1"
hit: collect
inputs: [action, node_kind]
outputs: [disposition, role]
rows:
  - id: store
    when: {action: notify_delay, node_kind: store}
    then: {disposition: review, role: store_operations}
    says: "a {node_kind} is called in the morning"
"""


def test_a_gate_of_ones_own_is_asked_like_the_others() -> None:
    policy = policy_of(changed(own=OWN))
    assert "night_shift" in {gate.name for gate in policy.gates}
    assert "night_shift" in {gate.name for gate in policy.gates_for(ActionId.NOTIFY_DELAY)}
    assert "night_shift" not in {gate.name for gate in policy.gates_for(ActionId.ADD_LABOUR)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (", role: store_operations", "", "row store, column role: review without a role asks nobody"),
        ("disposition: review", "disposition: hold", "row store, column until: hold without until never clears"),
        ("hit: collect", "hit: priority", "table night_shift: a gate is first or collect, got priority"),
        ("hit: collect", "hit: unique", "table night_shift: a gate is first or collect, got unique"),
    ],
)
def test_a_gate_that_could_let_something_through_is_refused(old: str, new: str, expected: str) -> None:
    (found,) = problems(changed(own=OWN.replace(old, new)))
    assert expected in found


def test_a_folder_that_holds_no_policy_says_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(PolicyError, match=r"no \*\.yaml here"):
            load_policy(folder)
    (tmp_path / "policy.yaml").write_bytes(b"policy: \xff")
    with pytest.raises(PolicyError, match="not UTF-8"):
        load_policy(tmp_path)


def _with(policy: Policy, action: ActionId) -> set[str]:
    return {f"{gate.name}.{row.id}" for gate in policy.gates_for(action) for row in gate.rows}


@pytest.mark.parametrize("action", ActionId)
def test_gates_are_narrowed_to_the_rows_that_can_concern_an_action(action: ActionId) -> None:
    policy = load_policy()
    for gate in policy.gates:
        for row in gate.rows:
            named = [each for each in row.conditions if each.column.name == "action"]
            concerns = all(each.decide(action.value) is not False for each in named)
            assert (f"{gate.name}.{row.id}" in _with(policy, action)) is concerns


@pytest.mark.parametrize("content", [None, ""])
def test_a_policy_without_its_gates_is_refused(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(DEFAULT_FOLDER, folder)
    (folder / "gates.yaml").unlink()
    if content is not None:
        (folder / "gates.yaml").write_text(content)
    with pytest.raises(PolicyError) as caught:
        load_policy(folder)
    for name in ("finance", "systems", "confidence"):
        assert f"table {name}: the gate is missing" in str(caught.value)


def test_a_policy_written_before_sets_and_drift_keeps_its_digest_and_answers_without_them() -> None:
    policy = load_policy()
    head = policy.sources["policy.yaml"]
    sections = re.sub(r"^(conformal|drift):\n(?: .*\n)+\n", "", head, flags=re.MULTILINE)
    assert sections != head
    older = policy_of({**policy.sources, "policy.yaml": sections})
    assert (older.settings.conformal, older.settings.drift) == (None, None)
    told = older.settings.model_dump(mode="json", exclude_none=True)
    assert not {"conformal", "drift"} & set(told), "what is absent is not digested"
