"""A recommendation for a terminal: what happened, what to do, what else could be done, and why."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from data.amounts import percent
from data.explanation import Contribution, ModelStep, Step
from data.horizons import within
from data.prediction import LabelPrediction, RiskPrediction
from data.recommendation import Option, Recommendation
from data.record import money_text
from data.vocabulary import Disposition, Task
from serving.standing_back import why_behind

COLOUR = {Disposition.PROCEED: "green", Disposition.REVIEW: "yellow", Disposition.HOLD: "red"}
REASONS_SHOWN = 4
"""Contributions per model step: the card is for a glance, `--json` has all."""


def card(recommendation: Recommendation) -> RenderableType:
    """The whole answer at a glance. Everything is plain text: nothing a sender wrote is markup."""
    disposition = recommendation.disposition
    title = Text(f" {disposition.value} · {recommendation.exception_id} ", style=f"bold {COLOUR[disposition]}")
    parts: list[RenderableType] = [
        Text(recommendation.says),
        _predictions(recommendation),
        *(Text(sentence, style="dim") for sentence in _what_sets_are(recommendation.explanation)),
        _options(recommendation),
        *(Text(sentence, style="dim") for sentence in why_behind(recommendation.options)),
        Text("Why", style="bold"),
        *(Text(f"· {sentence}") for sentence in dict.fromkeys(_sentences(recommendation.explanation))),
        _footer(recommendation),
    ]
    return Panel(Group(*parts), title=title, title_align="left", border_style=COLOUR[disposition], box=box.ROUNDED)


def _predictions(recommendation: Recommendation) -> Table:
    table = Table("prediction", "answer", "probability", "set", "served by", box=box.SIMPLE, pad_edge=False)
    for task in Task:
        prediction = getattr(recommendation.predictions, task.value)
        served = prediction.served_by.value + (f" ({prediction.reason})" if prediction.reason else "")
        table.add_row(
            _words(task.value), _answer(prediction), _percent(prediction.probability), _set(prediction), served
        )
    return table


def _answer(prediction: LabelPrediction | RiskPrediction) -> str:
    if isinstance(prediction, LabelPrediction):
        return _words(prediction.label or "unknown")
    if prediction.due_at is not None:
        return f"{'broken since' if prediction.settled else 'by'} {prediction.due_at:%Y-%m-%d %H:%M} UTC"
    return within(prediction.horizon)


def _set(prediction: LabelPrediction | RiskPrediction) -> str:
    """What cannot be ruled out; empty where whoever served has no sets."""
    if prediction.set is None:
        return ""
    return ", ".join(map(_words, prediction.set)) or "none: unusual"


def _what_sets_are(steps: tuple[Step, ...]) -> Iterator[str]:
    """What a set is and what it promises, where there is one."""
    rate = next((step.saw.get("error_rate") for step in steps if step.kind == "conformal"), None)
    if isinstance(rate, float):
        yield (
            "set: every answer that cannot be ruled out, made so that it holds the true one in "
            f"{percent(1.0 - rate)} of cases, whichever that is; several: not settled, none: unusual"
        )


def _options(recommendation: Recommendation) -> Table:
    table = Table(
        "#", "action", "expected cost", "regret", "disposition", "who must agree", box=box.SIMPLE, pad_edge=False
    )
    for option in recommendation.options:
        agree = ", ".join(_words(role.value) for role in option.roles) or "; ".join(option.held_until)
        verdict = Text(option.disposition.value, style=COLOUR[option.disposition])
        table.add_row(str(option.rank), Text(_action(option)), _cost(option), _regret(option), verdict, Text(agree))
    return table


def _action(option: Option) -> str:
    parameters = ", ".join(f"{name} {value}" for name, value in option.parameters.items())
    return _words(option.action.value) + (f" ({parameters})" if parameters else "")


def _cost(option: Option) -> str:
    cost = option.expected_cost
    return f"{money_text(cost.amount)} {cost.currency}" if cost else "unpriced"


def _regret(option: Option) -> str:
    return money_text(option.regret) if option.regret is not None else ""


def _sentences(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, ModelStep):
            yield from (f"{_towards(step, each)}: {each.says}" for each in step.contributions[:REASONS_SHOWN])
            yield from step.news
        elif step.kind in ("rule", "gate", "promise", "fallback"):
            yield step.says


def _towards(step: ModelStep, told: Contribution) -> str:
    """Which way it moved the answer: `raises sla breach`, `against address problem`."""
    up = told.contribution >= 0
    if step.label is None:
        return f"{'raises' if up else 'lowers'} {_words(step.id)}"
    return f"{'for' if up else 'against'} {_words(step.label)}"


def _footer(recommendation: Recommendation) -> Text:
    receipt = recommendation.receipt
    bundle = receipt.bundle[:19] if receipt.bundle else "none"
    unused = (
        f" · unused attributes: {', '.join(recommendation.unused_attributes)}"
        if recommendation.unused_attributes
        else ""
    )
    return Text(f"bundle {bundle} · policy {receipt.policy[:19]}{unused}", style="dim")


def _percent(probability: float | None) -> str:
    return "" if probability is None else percent(probability)


def _words(label: str) -> str:
    return label.replace("_", " ")
