"""Who must agree to an option, and what must clear first.

A gate is a table that gives a disposition; every gate is asked about every option, and the verdicts are combined by
taking the most cautious. No row that matches means no objection; a row that lacks a fact means `review` by its role.
So a gate can make an option more cautious and never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from data.actions import ActionId
from data.explanation import CheckStep, Seen
from data.vocabulary import Disposition, Role, most_cautious
from policies.policy import Policy
from policies.situation import told
from policies.tables.rows import Hit, NotEvaluable
from policies.tables.table import Table

PER_SYSTEM: Final = "system"
"""A gate that reads this fact is asked once for each system the option posts to."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of an option, and what it saw."""

    id: str
    version: str
    disposition: Disposition
    role: Role | None
    until: str | None
    saw: Mapping[str, Seen]
    says: str
    missing: tuple[str, ...] = ()

    def step(self, options: str) -> CheckStep:
        """The finding as a step of the explanation; `options` are the ranks it concerns, in place of their actions."""
        saw = {name: value for name, value in self.saw.items() if name != "action"}
        return CheckStep(
            kind="gate",
            id=self.id,
            version=self.version,
            saw=told({**saw, "options": options}),
            concluded=self.disposition.value,
            says=self.says,
            missing=self.missing,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings on one option, and what they come to. Without any, nobody objects: `proceed`."""

    findings: Sequence[Finding] = ()
    disposition: Disposition = field(init=False)
    roles: tuple[Role, ...] = field(init=False)
    """Who must agree, in the order of the vocabulary."""
    held_until: tuple[str, ...] = field(init=False)
    """The named conditions that must clear first, each once."""

    def __post_init__(self) -> None:
        said = most_cautious((Disposition.PROCEED, *(each.disposition for each in self.findings)))
        asked = {each.role for each in self.findings if each.disposition is not Disposition.PROCEED}
        until = dict.fromkeys(each.until for each in self.findings if each.until is not None)
        object.__setattr__(self, "disposition", said)
        object.__setattr__(self, "roles", tuple(role for role in Role if role in asked) if asked else ())
        object.__setattr__(self, "held_until", tuple(until))

    def and_also(self, finding: Finding | None) -> Verdict:
        """The verdict with one more finding."""
        return self if finding is None else Verdict((*self.findings, finding))


def gate_option(
    action: ActionId, facts: Mapping[str, Any], systems: Iterable[Mapping[str, Any]], policy: Policy
) -> Verdict:
    """Ask every gate that concerns the action. `facts` are the case's, the predictions' and the option's."""
    views = tuple(systems)
    findings: list[Finding] = []
    for gate in policy.gates_for(action):
        if PER_SYSTEM in gate.inputs:
            for system in views:
                findings.extend(
                    _findings(gate, {name: system.get(name, facts.get(name)) for name in gate.inputs}, policy)
                )
        else:
            findings.extend(_findings(gate, facts, policy))
    return Verdict(tuple(findings))


def _findings(gate: Table, facts: Mapping[str, Any], policy: Policy) -> Iterator[Finding]:
    result = gate.evaluate(facts)
    for hit in result.hits:
        yield _found(gate, hit, facts, policy)
    for row in result.not_evaluable:
        yield _undecided(gate, row, policy)


def _found(gate: Table, hit: Hit, facts: Mapping[str, Any], policy: Policy) -> Finding:
    disposition = Disposition(str(hit.outputs["disposition"]))
    sentence = policy.until.get((gate.name, hit.row))
    until = sentence.render(facts) if sentence and disposition is Disposition.HOLD else None
    return Finding(f"{gate.name}.{hit.row}", gate.version, disposition, _role(hit.outputs), until, hit.saw, hit.says)


def _undecided(gate: Table, row: NotEvaluable, policy: Policy) -> Finding:
    """A check that could not be made: a person looks, whatever the row would have said."""
    role = _role(row.outputs) or policy.settings.review.role
    id_ = f"{gate.name}.{row.row}"
    return Finding(id_, gate.version, Disposition.REVIEW, role, None, row.saw, row.says, row.missing)


def _role(outputs: Mapping[str, Any]) -> Role | None:
    role = outputs.get("role")
    return None if role is None else Role(role)
