"""The forms a person decides with: what they offer, and how a posted one becomes a review.

Nothing is decided here. The service checks role, version and gates again, whoever posts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from data.actions import CATALOGUE, ActionId
from data.case import Case
from data.plain_text import IN_LINES, IN_ONE_LINE, in_lines, in_one_line
from data.recommendation import Option, Recommendation
from data.record import plain
from data.review import Review, ReviewRequestBody
from data.vocabulary import RejectReason, ReviewVerdict, Role
from serving.console import display
from serving.console.case_view import option_view, parameter_words, role_words
from serving.console.context import ActionView, Choice, DecisionForms, FieldView
from serving.console.foresight import Foresee, with_gates_of
from serving.recommendations.schemas import CaseFile

LONGEST_COMMENT = 2000
_Word = TypeVar("_Word", bound=StrEnum)
_SAYS = {
    "node": "node",
    "sku": "article (SKU)",
    "line_id": "order line",
    "amount": "amount",
    "supplier": "supplier",
    "purchase_order": "purchase order",
    "carrier": "carrier",
    "service": "service",
    "system": "system",
    "quantity": "units",
    "from_node": "from node",
    "needed_by": "needed by (such as 2026-11-23T09:00:00Z)",
}


_RANK = ":"
"""Between an action and the rank of the option it was priced as, in the value of a choice."""


@dataclass(frozen=True)
class Proposal:
    """An action with its parameters: what a person agrees to."""

    action: ActionId
    parameters: dict[str, Any]


class FormProblem(Exception):
    """A posted form that is no review yet; `fields` says what each parameter should be."""

    def __init__(self, says: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(says)
        self.says = says
        self.fields = dict(fields or {})


def read_review(form: Mapping[str, str]) -> ReviewRequestBody:
    """The review a posted form stands for. Raises FormProblem."""
    verdict = _word(ReviewVerdict, form.get("verdict", ""), "Choose approve, reject or override.")
    comment = form.get("comment", "").replace("\r\n", "\n").strip() or None
    if comment and len(comment) > LONGEST_COMMENT:
        raise FormProblem(f"A comment has at most {LONGEST_COMMENT} characters.")
    if comment and not in_lines(comment):
        raise FormProblem(f"A comment is {IN_LINES}.")
    if verdict is ReviewVerdict.APPROVE:
        return ReviewRequestBody(verdict=verdict, comment=comment)
    reason = _word(RejectReason, form.get("reason", ""), "Choose a reason.")
    if verdict is ReviewVerdict.REJECT:
        return ReviewRequestBody(verdict=verdict, reason=reason, comment=comment)
    choice = form.get("action", "")
    action = _word(ActionId, choice.partition(_RANK)[0], "Choose the action to take instead.")
    parameters = _read_parameters(action, choice, form)
    return ReviewRequestBody(verdict=verdict, reason=reason, comment=comment, action=action, parameters=parameters)


def under_decision(recommendation: Recommendation, reviews: Iterable[Review]) -> Proposal:
    """What approving would agree to: what the last override chose, else the first option."""
    chosen = [review for review in reviews if review.verdict is ReviewVerdict.OVERRIDE]
    source = chosen[-1] if chosen else recommendation.options[0]
    return Proposal(source.action, source.parameters)


def decision_forms(
    file: CaseFile,
    own: Iterable[Role],
    allowed: Iterable[ActionId],
    foresee: Foresee,
    typed: Mapping[str, str],
    problem: FormProblem | None = None,
) -> DecisionForms:
    """The forms for a case that waits, with what was posted still in them.

    `own` are the roles one may agree for, `allowed` the actions the policy allows, `foresee` says what each would mean.
    """
    recommendation, status = file.recommendation, file.status
    proposal = under_decision(recommendation, status.reviews)
    alternatives = [each for each in recommendation.options if Proposal(each.action, each.parameters) != proposal]
    priced = {option.action for option in recommendation.options}
    writer = _FieldWriter(file, foresee, typed, problem.fields if problem else {})
    return DecisionForms(
        post_to=f"/console/cases/{recommendation.recommendation_id}/reviews",
        version=status.version,
        approve=display.action_words(proposal.action),
        parameters=parameter_words(proposal.parameters, file.case.currency),
        agree_for=role_words(own),
        reasons=tuple(Choice(each, display.words(each), typed.get("reason") == each) for each in RejectReason),
        comment=typed.get("comment", ""),
        priced=tuple(writer.priced(option) for option in alternatives),
        others=tuple(writer.unpriced(each) for each in allowed if each not in priced),
        open_form=_open_form(typed),
        problem=problem.says if problem else "",
    )


class _FieldWriter:
    """Writes actions and their parameters as form fields: what was posted, else proposed, else known of the case."""

    def __init__(self, file: CaseFile, foresee: Foresee, typed: Mapping[str, str], problems: Mapping[str, str]) -> None:
        self.known = _known(file.case)
        self.currency = file.case.currency
        self.breach = file.recommendation.predictions.sla_breach
        self.foresee = foresee
        self.typed = typed
        self.problems = problems

    def priced(self, option: Option) -> ActionView:
        """An alternative with its recorded money and the parameters it was priced with."""
        now = self.foresee(option.action, option.parameters)
        choice = f"{option.action}{_RANK}{option.rank}"
        return self._action(option.action, choice, with_gates_of(option, now), option.parameters)

    def unpriced(self, action: ActionId) -> ActionView:
        """Any other action of the catalogue, with what the case suggests."""
        declared = CATALOGUE[action].parameters.model_fields
        proposed = {name: start for name, field in declared.items() if (start := self._start(name, field))}
        return self._action(action, action.value, self.foresee(action, proposed), proposed)

    def _action(
        self, action: ActionId, choice: str, foreseen: Option | None, proposed: Mapping[str, Any]
    ) -> ActionView:
        declared = CATALOGUE[action].parameters.model_fields
        fields = tuple(self._field(choice, name, field, proposed.get(name)) for name, field in declared.items())
        chosen = self.typed.get("action") == choice
        shown = option_view(foreseen, self.breach, currency=self.currency) if foreseen else None
        return ActionView(choice, display.action_words(action), shown, fields, chosen)

    def _start(self, name: str, field: FieldInfo) -> str:
        """What the case suggests for a parameter that must be given."""
        known = self.known.get(name, ())
        return known[0] if known and field.is_required() else ""

    def _field(self, choice: str, name: str, field: FieldInfo, proposed: Any) -> FieldView:
        full = field_name(choice, name)
        start = str(proposed) if proposed is not None else self._start(name, field)
        return FieldView(
            name=full,
            label=self._label(name),
            value=self.typed.get(full, start),
            numeric=name in ("amount", "quantity"),
            required=field.is_required(),
            suggestions=self.known.get(name, ()),
            problem=self.problems.get(full, ""),
        )

    def _label(self, name: str) -> str:
        says = _SAYS.get(name, display.words(name))
        return f"{says} ({self.currency})" if name == "amount" and self.currency else says


def field_name(choice: str, parameter: str) -> str:
    """The form field of a parameter: the same action may be offered more than once."""
    return f"{choice}.{parameter}"


_SOMETHING_ELSE = "The action needs something else in the marked fields."


def _read_parameters(action: ActionId, choice: str, form: Mapping[str, str]) -> dict[str, Any]:
    schema = CATALOGUE[action].parameters
    typed = {name: form.get(field_name(choice, name), "").strip() for name in schema.model_fields}
    given = {name: _integer(text) if name == "quantity" else text for name, text in typed.items() if text}
    try:
        read = plain(schema.model_validate_json(json.dumps(given)))
    except ValidationError as error:
        problems = {field_name(choice, str(each["loc"][0])): _expected(each["type"]) for each in error.errors()}
        raise FormProblem(_SOMETHING_ELSE, problems) from None
    if acting := [name for name, text in typed.items() if not in_one_line(text)]:
        expected = f"Another value is expected: {IN_ONE_LINE}."
        raise FormProblem(_SOMETHING_ELSE, {field_name(choice, name): expected for name in acting})
    return read


def _integer(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def _expected(kind: str) -> str:
    if kind == "missing":
        return "This is needed."
    if kind.startswith(("decimal", "greater", "less")):
        return "An amount such as 12.50 is expected."
    if kind.startswith("int"):
        return "A whole number is expected."
    if kind.startswith(("datetime", "timezone", "value_error")):
        return "A moment in UTC such as 2026-11-23T09:00:00Z is expected."
    return "Another value is expected: up to 128 characters, no line breaks."


def _word(words: type[_Word], text: str, otherwise: str) -> _Word:
    try:
        return words(text)
    except ValueError:
        raise FormProblem(otherwise) from None


def _open_form(typed: Mapping[str, str]) -> Any:
    verdict = typed.get("verdict", "")
    return cast(Any, verdict if verdict in ("reject", "override") else "approve")


def _known(case: Case) -> dict[str, tuple[str, ...]]:
    """What the case itself can suggest for a parameter, the likeliest first."""
    lines = [*case.affected_lines, *(case.order.lines if case.order else ())]
    nodes = [*([case.node.id] if case.node else []), *(each.node for each in case.stock)]
    supplier, carrier = case.supplier, case.carrier
    found: dict[str, list[str | None]] = {
        "node": list(nodes),
        "from_node": list(nodes[1:]),
        "sku": [*(each.sku for each in case.stock), *(line.sku for line in lines)],
        "line_id": [line.line_id for line in lines],
        "supplier": [*(each.id for each in supplier.alternatives), supplier.id] if supplier else [],
        "purchase_order": [supplier.purchase_order] if supplier else [],
        "carrier": [*(each.id for each in carrier.alternatives), carrier.id] if carrier else [],
        "service": [carrier.service] if carrier else [],
        "system": [each.system for each in case.dependencies],
    }
    return {name: tuple(dict.fromkeys(str(each) for each in values if each)) for name, values in found.items()}
