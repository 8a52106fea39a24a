"""A model's card: one HTML page, complete in itself, that somebody who runs stores can read.

Everything on it stands in the bundle: metrics, lineage, report, the sentences of the features. Nothing is computed
anew, so the card of a tracked run and the one printed later from the bundle are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from data.amounts import percent, together
from data.horizons import within_the_next
from data.vocabulary import Task
from features.definition import Feature
from features.instant_parts import cyclic
from models.drift import LARGE
from models.predictors import MESSAGE_PREFIX
from models.task_model import TaskModel
from training.histories.split import without_times
from training.report import windows
from training.report.verdict import (
    MENDS,
    closer,
    closer_than_known,
    doubt,
    stands_alone,
    suspects_of,
    unexplained,
    wrong_level,
)

HERE = Path(__file__).parent
TEMPLATE = "card.html"
NAME = "model_card.html"

PREDICTS = {
    Task.SLA_BREACH: "how likely the promise to the customer breaks: the work is not done by the moment it is due",
    Task.STOCKOUT: "how likely the shelf at stake runs empty",
    Task.EXCEPTION_TYPE: "which kind of exception it is, whatever its sender called it",
    Task.ROOT_CAUSE: "why the work left its normal path",
}
ASKS = {
    Task.SLA_BREACH: "Will the promise break?",
    Task.STOCKOUT: "Will the shelf run empty?",
    Task.EXCEPTION_TYPE: "What kind of exception is it?",
    Task.ROOT_CAUSE: "Why did it happen?",
}
EVENT = {Task.SLA_BREACH: "the promise broke", Task.STOCKOUT: "the shelf ran empty"}
RIGHT = "the likeliest label was right"
FEWEST_STEADY = 1_000
"""Measured cases below which the card says that the numbers may be chance."""
MOST_WEAK = 12
MOST_MOVED = 5
MOST_LEVELS = 4


@dataclass(frozen=True)
class Standing:
    """One line of the results: who predicts, and its scores as people read them."""

    name: str
    closer: str
    """How much closer to what happened than the base rate of what was learned from, as a share of its log loss."""
    found: str
    """Precision among the tenth ranked highest, or accuracy."""
    ranking: str


@dataclass(frozen=True)
class Point:
    """One dot of the reliability picture: coordinates in a square of 100, radius, and its sentence."""

    x: float
    y: float
    says: str


@dataclass(frozen=True)
class Card:
    """What the page receives; every text is ready to be read."""

    task: str
    asks: str
    predicts: str
    window: tuple[tuple[str, str], ...]
    verdict: str
    results: tuple[Standing, ...]
    found_heading: str
    base: str
    """What who knows no more than the base rate says of every case: `the past's 63 %`."""
    sentences: tuple[str, ...]
    rates: str
    """Of which cases the rates of the rules are."""
    no_report: str
    """Why nothing of the report is shown; empty where there is one."""
    points: tuple[Point, ...]
    points_heading: str
    strongest: tuple[tuple[str, str], ...]
    level: str
    """What was said of all cases and what came true, where the two differ by more than chance explains; else empty."""
    weak: tuple[str, ...]
    """The groups that differ from all cases."""
    sliced: int
    limits: tuple[str, ...]
    bundle: str | None
    origins: tuple[tuple[str, str], ...]


def card(model: TaskModel, bundle: str | None = None) -> str:
    """The card of a model as HTML; `bundle` is the digest of the bundle it was published in, where that is known."""
    return render(card_of(model, bundle))


def render(content: Card) -> str:
    """The page of a card."""
    return _template().render({field.name: getattr(content, field.name) for field in fields(content)}) + "\n"


def card_of(model: TaskModel, bundle: str | None = None) -> Card:
    """The content of a model's card. A bundle that was published before reports existed leaves parts of it empty."""
    told, report = model.metrics, model.metrics.get("report", {})
    slices, base = _groups(report.get("slices", []), told["n"]), _base(model)
    return Card(
        task=model.task.value,
        asks=ASKS[model.task],
        predicts=" ".join(filter(None, (PREDICTS[model.task], within_the_next(model.horizon)))),
        window=tuple(_window(model)),
        verdict=_verdict(model),
        results=tuple(_results(model.task, told, report)),
        found_heading="right among its highest tenth" if model.task.is_risk else "right",
        base=base,
        sentences=tuple(_sentences(model.task, told, report, base)),
        rates=windows.rates_of(model.lineage),
        no_report="" if report else windows.no_report(model.lineage),
        points=tuple(_points(model.task, report.get("reliability", []))),
        points_heading=EVENT.get(model.task, RIGHT),
        strongest=tuple(_strongest(model, report.get("strongest", []))),
        level=wrong_level(model.task, told),
        weak=tuple(_weak(model, each) for each in slices if each["weak"])[:MOST_WEAK],
        sliced=len(slices),
        limits=tuple(_limits(model, report.get("moved", []))),
        bundle=bundle,
        origins=tuple(_origins(model.lineage)),
    )


@cache
def _template() -> Template:
    made = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return made.get_template(TEMPLATE)


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _window(model: TaskModel) -> Iterator[tuple[str, str]]:
    if model.lineage.get("says"):
        yield "asked", model.lineage["says"]
    yield from windows.windows(model.lineage, model.metrics["n"])


def _results(task: Task, told: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[Standing]:
    for side, name in (("model", "this model"), ("rules", "the rules"), ("base", "the base rate alone")):
        found = report.get("top_tenth", {}).get(side) if task.is_risk else told[side].get("accuracy")
        area = told[side].get("roc_auc")
        yield Standing(
            name=name,
            closer="" if side == "base" else percent(closer(told, side)),
            found="" if found is None else percent(found),
            ranking="" if area is None else percent(area),
        )


def _base(model: TaskModel) -> str:
    """Whose rate the base rate is, which need not be that of the measured cases; its number where a bundle tells it."""
    whose = "the other cases'" if without_times(model.lineage) else "the past's"
    if not model.task.is_risk:
        return f"{whose} rates"
    said = model.metrics["base"].get("said")
    return f"{whose} rate" if said is None else f"{whose} {percent(said)}"


def _beside_the_base(task: Task, told: Mapping[str, Any], base: str) -> str:
    """How much closer it is than who knows the rate of before, and than who had known that of the measured cases."""
    says = f"It lies {_nearer(closer(told, 'model'))} what happened than who says {base} of every case"
    known = closer_than_known(task, told)
    if known is None:
        return f"{says}."
    own = f"who had known that it is {percent(told['base_rate'])} this time, which nobody does before"
    return f"{says}, and {_nearer(known)} it than {own}."


def _nearer(share: float) -> str:
    if not share:
        return "no closer to"
    return f"{percent(share)} closer to" if share > 0 else f"{percent(-share)} further from"


def _sentences(task: Task, told: Mapping[str, Any], report: Mapping[str, Any], base: str) -> Iterator[str]:
    event = EVENT.get(task)
    if event:
        yield f"In {percent(told['base_rate'])} of the {told['n']:,} measured cases {event}."
    else:
        yield f"The commonest label was that of {percent(told['base_rate'])} of the {told['n']:,} measured cases."
    yield _beside_the_base(task, told, base)
    top = report.get("top_tenth")
    if event and top:
        yield (
            f"Of the tenth that it ranked highest, {event} in {percent(top['model'])}; "
            f"of the tenth that the rules ranked highest, in {percent(top['rules'])}."
        )
    if not event:
        model, rules = told["model"]["accuracy"], told["rules"]["accuracy"]
        yield f"Its likeliest label was right in {percent(model)} of the cases, that of the rules in {percent(rules)}."
    if told["model"].get("roc_auc") is not None:
        pair = "a case where it happened and one where it did not" if event else "a case of a label and one of another"
        yield f"Given {pair}, it ranks the right one higher {percent(told['model']['roc_auc'])} of the time."
    gap = 100.0 * told["model"]["ece"]
    level = wrong_level(task, told)
    why = f": {level}, more than chance explains. {MENDS}." if level else "."
    if asked := stands_alone(told):
        yield f"{asked[0].upper()}{asked[1:]}"
    yield f"What it says lies {gap:.1f} percentage points beside what comes true, on average{why}"


def _points(task: Task, bins: list[list[float]]) -> Iterator[Point]:
    for said, seen, n in bins:
        says = f"said {percent(said)}, came true in {percent(seen)} of {int(n):,} cases"
        yield Point(round(100 * said, 1), round(100 * (1 - seen), 1), says)


def _strongest(model: TaskModel, told: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    by_name, turning = {each.name: each for each in model.features().features}, cyclic(model.attributes)
    for each in told:
        feature = by_name[each["feature"]]
        # December is not more than January: what it does to the risk is no trend, whatever the ranks say.
        more = 0 if feature.name in turning else each["more"]
        says = _levels(model, feature) if feature.kind == "category" else _direction(feature, more)
        yield feature.about, " ".join(filter(None, (says, _usual(model, feature))))


def _direction(feature: Feature, more: int) -> str:
    if not more:
        return ""
    if feature.kind == "flag":
        return f"Where so, the risk is {'higher' if more > 0 else 'lower'}."
    return f"The more, the {'higher' if more > 0 else 'lower'} the risk."


def _levels(model: TaskModel, feature: Feature) -> str:
    """The words that occurred in what it learned from, the commonest few by name; of an older bundle all it knows."""
    named = [_plain(level) for level in _occurred(model, feature)]
    more = f" and {len(named) - MOST_LEVELS:,} more" if len(named) > MOST_LEVELS else ""
    return f"One of {len(named):,}: {', '.join(named[:MOST_LEVELS])}{more}."


def _occurred(model: TaskModel, feature: Feature) -> Sequence[str]:
    profiles = model.profile.features if model.profile else ()
    told = next((each for each in profiles if each.name == feature.name), None)
    if told is None or told.codes is None:
        return feature.levels
    shares = dict(zip(told.codes, told.shares[1:], strict=False))
    named = sorted((code for code in told.codes if shares[code]), key=lambda code: -shares[code])
    others = [level for code, level in enumerate(feature.levels) if code not in shares] if told.shares[-1] else []
    return [*(feature.levels[code] for code in named), *others]


def _usual(model: TaskModel, feature: Feature) -> str:
    quantiles = model.reference.get(feature.name)
    if quantiles is None or feature.name.startswith(MESSAGE_PREFIX):
        return ""
    low, middle, high = together(quantiles, feature.unit)
    return f"Usually {low} to {high}, in the middle {middle}." if low != high else f"Usually {middle}."


def _groups(slices: list[dict[str, Any]], measured: int) -> list[dict[str, Any]]:
    """The slices that are part of the measured cases: a group that is all of them is none."""
    return [each for each in slices if each["n"] < measured]


def _weak(model: TaskModel, told: Mapping[str, Any]) -> str:
    called = {each.name: each.called for each in model.features().features}.get(told["feature"])
    name = called or _plain(told["feature"].removeprefix("attribute."))
    where = f"{name} {_plain(told['level'])}, {told['n']:,} cases"
    beside = f"said {percent(told['said'])} on average, came true in {percent(told['rate'])}"
    poor = told["log_loss"] >= told["base_log_loss"]
    return f"{where}: {beside}" + ("; no better here than the base rate" if poor else "")


def _verdict(model: TaskModel) -> str:
    told, suspects = model.metrics, unexplained([column for column, _ in suspects_of(model.lineage)])
    return " ".join(filter(None, (suspects, doubt(told) or _praise(told))))


def _praise(told: Mapping[str, Any]) -> str:
    """Rules that say the base rate of every case have no row that fits one."""
    if told["rules"]["log_loss"] == told["base"]["log_loss"]:
        return "It did better than the base rate; the rules say no more than that of such cases."
    return "It did better than the base rate and better than the rules."


def _limits(model: TaskModel, moved: list[list[Any]]) -> Iterator[str]:
    told, lineage = model.metrics, model.lineage
    for column, against in suspects_of(lineage):
        yield f"The column {column} may hold what happened later: {against}."
    if told["n"] < FEWEST_STEADY:
        yield f"It was measured on {told['n']:,} cases: numbers of so few may be off by several points."
    yield from windows.counted(lineage)
    yield from windows.knows_until(lineage)
    if model.record_share:
        way = percent(model.record_share)
        yield f"Where fewer or more come true of late than it said, its next answers move {way} of the way there."
    far = [] if without_times(lineage) else [each[0] for each in moved if _has_moved(each)]
    if other := _other_facts(model, far):
        yield (
            f"In the latest days some facts were not what they had been: {'; '.join(other[:MOST_MOVED])}. Only cases "
            "with a known outcome are looked at; where slow ones were not known yet, that alone can do it."
        )
    yield "What moves a score is not what causes the outcome: changing the fact need not change what happens."
    yield "A source, code, carrier or party that what it learned from did not hold is new to it; the answer says so."
    yield "It decides nothing. The policy prices the options and says who must agree, with this number or without it."


def _has_moved(told: list[Any]) -> bool:
    """Whether a feature has, of its name, its index and the verdict; a bundle of before tells no verdict."""
    return bool(told[2] != "none") if len(told) > 2 else bool(told[1] > LARGE)


def _other_facts(model: TaskModel, moved: Sequence[str]) -> list[str]:
    """What the features that moved are about, of those that can tell whether cases are other ones."""
    telling = model.telling if moved else frozenset()
    about = {each.name: each.about for each in model.features().features}
    return [about[name][0].lower() + about[name][1:] for name in moved if name in telling]


def _origins(lineage: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, name in (("data", "data"), ("mapping", "mapping"), ("policy", "policy")):
        if lineage.get(key):
            yield name, str(lineage[key])
    again = lineage.get(windows.AGAIN, {})
    for key, name in (("data", "recalibrated on"), ("bundle", "recalibrated from")):
        if again.get(key):
            yield name, str(again[key])
    yield "libraries", ", ".join(f"{name} {number}" for name, number in lineage.get("versions", {}).items())
