"""Who must agree to an option, and what must clear first.

A gate is a table that gives a disposition; every gate is asked about every option, and the verdicts are combined by
taking the most cautious. No row that matches means no objection; a row that lacks a fact means `review` by its role.
So a gate can make an option more cautious and never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from data.explanation import CheckStep
from data.vocabulary import Disposition, Role, most_cautious
from policies.facts import shown_facts
from policies.policy import Policy
from policies.rows import Hit, NotEvaluable
from policies.table import Table, TableResult


@dataclass(frozen=True, slots=True)
class Finding:
    """What one row of a gate says of an option."""

    disposition: Disposition
    role: Role | None
    until: str | None
    step: CheckStep


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings on one option. Without any, nobody objects: `proceed`."""

    findings: tuple[Finding, ...] = ()

    @property
    def disposition(self) -> Disposition:
        """The most cautious of the findings."""
        return most_cautious((Disposition.PROCEED, *(each.disposition for each in self.findings)))

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who must agree, in the order of the vocabulary."""
        asked = {each.role for each in self.findings if each.disposition is not Disposition.PROCEED}
        return tuple(role for role in Role if role in asked)

    @property
    def held_until(self) -> tuple[str, ...]:
        """The named conditions that must clear first, each once."""
        return tuple(dict.fromkeys(each.until for each in self.findings if each.until is not None))

    @property
    def steps(self) -> tuple[CheckStep, ...]:
        """What each finding saw and concluded."""
        return tuple(each.step for each in self.findings)

    def and_also(self, finding: Finding | None) -> Verdict:
        """The verdict with one more finding."""
        return self if finding is None else Verdict((*self.findings, finding))


def gate_option(facts: Mapping[str, Any], systems: Iterable[Mapping[str, Any]], policy: Policy) -> Verdict:
    """Ask every gate about one option. `facts` are the case's, the predictions' and the option's.

    A gate that reads `system` is asked once for each system the option posts to, the others once.
    """
    views = [{**facts, **system} for system in systems]
    findings: list[Finding] = []
    for gate in policy.gates:
        for view in views if "system" in gate.inputs else (facts,):
            findings.extend(_findings(gate, gate.evaluate(view), view, policy))
    return Verdict(tuple(findings))


def _findings(gate: Table, result: TableResult, view: Mapping[str, Any], policy: Policy) -> Iterator[Finding]:
    for hit in result.hits:
        yield _found(gate, hit, view, policy)
    for row in result.not_evaluable:
        yield _undecided(gate, row, policy)


def _found(gate: Table, hit: Hit, view: Mapping[str, Any], policy: Policy) -> Finding:
    disposition = Disposition(str(hit.outputs["disposition"]))
    sentence = policy.until.get((gate.name, hit.row))
    until = sentence.render(view) if sentence and disposition is Disposition.HOLD else None
    return Finding(disposition, _role(hit.outputs), until, _step(gate, hit.row, hit.saw, disposition, hit.says, policy))


def _undecided(gate: Table, row: NotEvaluable, policy: Policy) -> Finding:
    """A check that could not be made: a person looks, whatever the row would have said."""
    role = _role(row.outputs) or policy.settings.review.role
    step = _step(gate, row.row, row.saw, Disposition.REVIEW, row.says, policy, row.missing)
    return Finding(Disposition.REVIEW, role, None, step)


def _role(outputs: Mapping[str, Any]) -> Role | None:
    role = outputs.get("role")
    return None if role is None else Role(role)


def _step(
    gate: Table,
    row: str,
    saw: Mapping[str, Any],
    concluded: Disposition,
    says: str,
    policy: Policy,
    missing: tuple[str, ...] = (),
) -> CheckStep:
    return CheckStep(
        kind="gate",
        id=f"{gate.name}.{row}",
        version=gate.version,
        saw=shown_facts(policy.columns, saw),
        concluded=concluded.value,
        says=says,
        missing=missing,
    )
