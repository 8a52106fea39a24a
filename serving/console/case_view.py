"""From the records of one case to its page: every value in words, nothing decided here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from data.amounts import amount
from data.case import Case
from data.explanation import CalibrationStep, CheckStep, Contribution, ModelStep, Seen, Step
from data.horizons import within
from data.outcome import Outcome
from data.prediction import LabelPrediction, Predictions, RiskPrediction
from data.recommendation import Option, Receipt, Recommendation
from data.record import Amount, Unit
from data.review import Review, ReviewState, ReviewStatus
from data.vocabulary import Disposition, Role, ServedBy, Task
from serving.console import display
from serving.console.context import (
    Band,
    CheckView,
    Clock,
    ContributionView,
    Moment,
    OptionView,
    PredictionView,
    ReviewView,
    RulesAlone,
)
from serving.console.waterfall import waterfall

DISPOSITION_WORDS = {
    Disposition.PROCEED: "may proceed",
    Disposition.REVIEW: "a person must agree",
    Disposition.HOLD: "on hold",
}
STATE_WORDS = {
    ReviewState.NOT_REQUIRED: "nobody needs to agree",
    ReviewState.OPEN: "waits for a person",
    ReviewState.APPROVED: "approved",
    ReviewState.REJECTED: "rejected",
    ReviewState.OVERRIDDEN: "overridden",
    ReviewState.SUPERSEDED: "superseded by a newer event",
    ReviewState.CLOSED: "closed by its outcome",
}
ON_HOLD = "on hold"
_TITLES = {
    Task.EXCEPTION_TYPE: "What it is",
    Task.ROOT_CAUSE: "Why it happened",
    Task.SLA_BREACH: "Will the promise break?",
    Task.STOCKOUT: "Will the shelf run empty?",
}
_PASSED = "The promise has passed"
_ALREADY_BROKEN = "already broken"
SERVED_WORDS = {
    ServedBy.MODEL: "model",
    ServedBy.PREVIOUS_MODEL: "previous model",
    ServedBy.RULES: "rules",
    ServedBy.NONE: "not answered",
}
_REASONS = {
    "model_unavailable": "No usable model was in force.",
    "model_failed": "The model failed on this case.",
    "additivity_failed": "The model's explanation did not add up, so it was not used.",
    "no_promise": "No promise is known.",
    "no_stock_position": "No stock position was sent.",
    "no_rule": "No model could answer, and no rule applies.",
    "promise_passed": "",
}
"""Why a prediction is not the model's; a promise that has passed is told by its rule's sentence alone."""
_COST_PARTS = {
    "promise": "the promise at risk",
    "unsolved": "work that may stay unsolved",
    "labour": "work",
    "cash": "cash",
    "amount": "money given up",
    "goodwill": "goodwill",
    "review": "the reviewer's time",
}
_SHARES = ("sla_breach", "stockout", "remains")
"""What a check saw that is a probability, though its name does not say so."""
_OPTIONS = "options"
"""Where a gate says which options it concerns: their ranks, `1, 3`."""

_HOUR = 60


_UNDONE = (ReviewState.SUPERSEDED, ReviewState.CLOSED)
"""States that nobody decided on."""


def state_words(state: ReviewState, superseded_by: str | None, held_until: tuple[str, ...] = ()) -> str:
    """Where a case stands; what people decided before a newer event is called overtaken."""
    words = STATE_WORDS[state]
    if superseded_by is not None and state is not ReviewState.SUPERSEDED:
        return f"{words}, overtaken"
    if held_until and state is ReviewState.NOT_REQUIRED:
        return ON_HOLD
    return f"{words}, {ON_HOLD}" if held_until and state is not ReviewState.OPEN else words


def changed_words(status: ReviewStatus) -> str:
    """What became of a case while somebody read it."""
    by = f", by {status.reviews[-1].decided_by}" if status.reviews and status.state not in _UNDONE else ""
    return f"This case changed while you were reading: {STATE_WORDS[status.state]}{by}."


def moment(at: datetime, zone: str | None) -> Moment:
    """A moment on the clock of its place."""
    return Moment(display.moment(at, zone), display.utc(at))


def zone_of(case: Case) -> str | None:
    """The zone of the node, where the sender said it."""
    return case.node.zone if case.node else None


def clock(due: datetime | None, zone: str | None, now: datetime) -> Clock:
    """How the promise stands now."""
    minutes = (due - now).total_seconds() / 60 if due else None
    return Clock(band(minutes), display.to_promise(minutes), moment(due, zone) if due else None)


def band(minutes: float | None) -> Band:
    """How close the promise is."""
    if minutes is None:
        return "none"
    if minutes <= 0:
        return "late"
    return "soon" if minutes <= _HOUR else "later"


def at_stake(value: Amount | None) -> str:
    """The value at stake, in words."""
    return display.money(value.amount, value.currency) if value else "value not known"


def role_words(roles: Iterable[Role]) -> tuple[str, ...]:
    """Roles as people say them."""
    return tuple(display.words(role) for role in roles)


def option_views(answer: Recommendation, currency: str | None) -> tuple[OptionView, ...]:
    """Every option, in words, with what its cost is made of where the answer says so; `currency` is the case's."""
    costs = {
        step.saw["rank"]: step for step in answer.explanation if isinstance(step, CheckStep) and "rank" in step.saw
    }
    breach = answer.predictions.sla_breach
    return tuple(option_view(option, breach, costs.get(option.rank), currency) for option in answer.options)


def option_view(
    option: Option, breach: RiskPrediction, priced: CheckStep | None = None, currency: str | None = None
) -> OptionView:
    """One option, in words; `priced` is the step that says what its cost is made of."""
    cost = option.expected_cost
    chance = option.breach_probability
    return OptionView(
        rank=option.rank,
        action=display.action_words(option.action),
        parameters=parameter_words(option.parameters, currency),
        cost=display.money(cost.amount, cost.currency) if cost else "not priced",
        regret=_regret_words(option.regret),
        breach=_ALREADY_BROKEN if breach.settled else "" if chance is None else display.percent(chance),
        disposition=option.disposition.value,
        disposition_words=DISPOSITION_WORDS[option.disposition],
        roles=role_words(option.roles),
        held_until=option.held_until,
        says=display.sentence(option.says, option.action, currency),
        parts=_cost_parts(priced.saw, breach) if priced else (),
    )


def _regret_words(regret: Decimal | None) -> str:
    if not regret:
        return ""
    return f"{'+' if regret > 0 else ''}{display.money(regret)}"


def _cost_parts(saw: Mapping[str, Seen], breach: RiskPrediction) -> tuple[tuple[str, str], ...]:
    words = _COST_PARTS | ({"promise": f"the promise {_ALREADY_BROKEN}"} if breach.settled else {})
    amounts = {name: Decimal(str(saw[f"cost.{name}"])) for name in _COST_PARTS if f"cost.{name}" in saw}
    told = sorted(((amount, name) for name, amount in amounts.items() if amount), reverse=True)
    return tuple((words[name], display.money(amount)) for amount, name in told)


def parameter_words(parameters: Mapping[str, Any], currency: str | None) -> tuple[tuple[str, str], ...]:
    """An action's parameters as name and value; an amount is in the case's currency."""
    told = {name: value for name, value in parameters.items() if value is not None}
    return tuple((display.words(name), _parameter(name, str(value), currency)) for name, value in told.items())


def _parameter(name: str, value: str, currency: str | None) -> str:
    return display.money(Decimal(value), currency) if name == "amount" else value


def prediction_views(recommendation: Recommendation, case: Case) -> tuple[PredictionView, ...]:
    """The four predictions, the promise first: it is what a person can still change."""
    order = (Task.SLA_BREACH, Task.EXCEPTION_TYPE, Task.ROOT_CAUSE, Task.STOCKOUT)
    return tuple(_prediction_view(task, recommendation, case) for task in order)


def _prediction_view(task: Task, recommendation: Recommendation, case: Case) -> PredictionView:
    prediction = prediction_of(task, recommendation.predictions)
    model, calibration = _steps_of(task, recommendation.explanation)
    answered = model is not None and prediction.served_by in (ServedBy.MODEL, ServedBy.PREVIOUS_MODEL)
    step = model if answered else None
    probability = prediction.probability
    return PredictionView(
        task=task.value,
        title=_title(task, prediction),
        answer=_answer(task, prediction),
        probability="" if probability is None or _settled(prediction) else display.percent(probability),
        beside=_beside(prediction, zone_of(case)),
        remains=_remains(task, recommendation.explanation),
        served_by="settled" if _settled(prediction) else prediction.served_by.value,
        served_words=SERVED_WORDS[prediction.served_by],
        reason=_REASONS[prediction.reason] if prediction.reason else "",
        drawing=Markup(waterfall(step, calibration, prediction, case.currency)) if step else None,  # noqa: S704 escaped there
        base=display.signed(step.base) if step else "",
        contributions=tuple(_contribution(each, case.currency) for each in step.contributions) if step else (),
        others=display.signed(step.others) if step else "",
        raw=display.signed(step.raw) if step else "",
        calibration=calibration.says if step and calibration else "",
        rules=_rule_sentences(task, prediction, recommendation.explanation),
    )


def news(answer: Recommendation) -> tuple[str, ...]:
    """What no history told of, each once, whichever models say so."""
    told = (each for step in answer.explanation if isinstance(step, ModelStep) for each in step.news)
    return tuple(dict.fromkeys(told))


def prediction_of(task: Task, predictions: Predictions) -> LabelPrediction | RiskPrediction:
    """The prediction of a task."""
    found: LabelPrediction | RiskPrediction = getattr(predictions, task.value)
    return found


def _steps_of(task: Task, steps: Iterable[Step]) -> tuple[ModelStep | None, CalibrationStep | None]:
    own = [step for step in steps if step.id == task.value]
    model = next((step for step in own if isinstance(step, ModelStep)), None)
    return model, next((step for step in own if isinstance(step, CalibrationStep)), None)


def _title(task: Task, prediction: LabelPrediction | RiskPrediction) -> str:
    return _PASSED if _settled(prediction) else _TITLES[task]


def _settled(prediction: LabelPrediction | RiskPrediction) -> bool:
    return isinstance(prediction, RiskPrediction) and prediction.settled


def _answer(task: Task, prediction: LabelPrediction | RiskPrediction) -> str:
    if _settled(prediction):
        return "Promise broken"
    if isinstance(prediction, LabelPrediction):
        return display.heading(display.words(prediction.label)) if prediction.label else "Nothing could tell"
    if prediction.probability is None:
        return "Nothing could tell"
    return display.heading(display.words(task.value))


def _beside(prediction: LabelPrediction | RiskPrediction, zone: str | None) -> str:
    if isinstance(prediction, LabelPrediction):
        if not prediction.runner_up:
            return ""
        label, probability = prediction.runner_up
        return f"next likely: {display.words(label)}, {display.percent(probability)}"
    if prediction.due_at:
        return f"promised by {display.moment(prediction.due_at, zone)}"
    return within(prediction.horizon)


def _remains(task: Task, steps: Iterable[Step]) -> str:
    found = (step for step in steps if isinstance(step, CheckStep) and step.kind == "conformal")
    return next((display.heading(step.says) for step in found if step.id == task.value), "")


def _contribution(each: Contribution, currency: str | None) -> ContributionView:
    name = display.heading(each.called or display.words(each.feature))
    value = display.moved_by(each, currency)
    return ContributionView(name, value, display.signed(each.contribution), each.says, each.lever)


def _rule_sentences(task: Task, prediction: LabelPrediction | RiskPrediction, steps: Iterable[Step]) -> tuple[str, ...]:
    if prediction.served_by is not ServedBy.RULES:
        return ()
    rules = (step for step in steps if isinstance(step, CheckStep) and step.kind == "rule")
    return tuple(display.heading(step.says) for step in rules if task.value in step.id.split("."))


def check_views(steps: Iterable[Step], *kinds: str) -> tuple[CheckView, ...]:
    """The checks of these kinds, the most cautious verdict first."""
    found = [_check_view(step) for step in steps if isinstance(step, CheckStep) and step.kind in kinds]
    return tuple(sorted(found, key=lambda each: -_caution(each.verdict)))


def rules_alone(answer: Recommendation) -> RulesAlone:
    """What would have been recommended without models, and whether that agrees."""
    fallback, told = answer.fallback, check_views(answer.explanation, "fallback")
    words = DISPOSITION_WORDS[fallback.disposition]
    return RulesAlone(display.action_words(fallback.would_have), words, fallback.agrees, told[0] if told else None)


def _caution(verdict: str) -> int:
    return Disposition(verdict).caution if verdict else -1


def _check_view(step: CheckStep) -> CheckView:
    verdict = step.concluded if step.concluded in tuple(Disposition) else ""
    return CheckView(
        kind=step.kind,
        id=step.id,
        version=step.version,
        saw=tuple((display.words(name), _seen(name, value)) for name, value in step.saw.items() if name != _OPTIONS),
        concluded=DISPOSITION_WORDS[Disposition(verdict)] if verdict else display.saw(step.concluded),
        verdict=str(verdict),
        says=display.heading(step.says),
        missing=tuple(display.words(name) for name in step.missing),
        ranks=_ranks(step),
    )


def _seen(name: str, value: Seen) -> str:
    is_share = name in _SHARES or name.endswith("_probability")
    return amount(value, Unit.RATIO) if is_share and isinstance(value, float) else display.saw(value)


def _ranks(step: CheckStep) -> tuple[int, ...]:
    told = step.saw.get(_OPTIONS)
    return tuple(int(rank) for rank in told.split(", ")) if isinstance(told, str) else ()


def review_view(review: Review, zone: str | None) -> ReviewView:
    """One decision, in words."""
    return ReviewView(
        verdict=review.verdict.value,
        verdict_words={"approve": "approved", "reject": "rejected", "override": "overrode"}[review.verdict.value],
        by=review.decided_by,
        at=moment(review.decided_at, zone),
        action=display.action_words(review.action),
        reason=display.words(review.reason) if review.reason else "",
        comment=review.comment or "",
        roles=role_words(review.roles),
    )


def outcome_rows(outcome: Outcome, currency: str | None, zone: str | None) -> tuple[tuple[str, str], ...]:
    """What then happened: every fact of the outcome that was reported."""
    told = ((name, getattr(outcome, name)) for name in type(outcome).model_fields)
    return tuple((display.words(name), _told(value, currency, zone)) for name, value in told if value is not None)


def _told(value: datetime | Decimal | bool | str, currency: str | None, zone: str | None) -> str:
    match value:
        case datetime():
            return display.moment(value, zone)
        case Decimal():
            return display.money(value, currency)
        case _:
            return display.saw(value)


def receipt_rows(receipt: Receipt, predictions: Predictions) -> tuple[tuple[str, str], ...]:
    """What the answer came from, by digest; without a bundle, who answered in its place."""
    return tuple((name, digest or _no_bundle(predictions)) for name, digest in receipt)


def _no_bundle(predictions: Predictions) -> str:
    served = {prediction_of(task, predictions).served_by for task in Task}
    if ServedBy.PREVIOUS_MODEL in served:
        return "none could be read: an earlier bundle's models answered"
    return "none: no model answered"
