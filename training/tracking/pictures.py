"""Pictures of a model on the latest days: does it come true, does it rank, what it costs, what moves it, what moved.

SHAP's own plots draw our exact contributions, those that stand in every answer.
"""

from __future__ import annotations

import math
import textwrap
import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("Agg")

import shap
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, precision_recall_curve

from data.amounts import percent
from data.units import own_word
from data.vocabulary import Task
from features.catalogue import FeatureSet
from features.definition import Feature
from models.drift_records import MODERATE, FeatureDrift
from models.task_model import TaskModel
from policies.policy import Policy
from training.histories.split import is_timeless
from training.learning.learn import Learned
from training.learning.moved import moved
from training.report.cost_curve import Prices, cost_curve, prices
from training.report.metrics import calibration_bins
from training.report.rehearsal import Explained, Rehearsal
from training.report.report import strength
from training.report.shifts import course
from training.tables.units import TIMES

Floats = NDArray[np.float64]

warnings.filterwarnings("ignore", "All-NaN slice encountered", RuntimeWarning)
"""SHAP colours a feature by what is usual of it, also one that no explained case has."""

SHOWN = 15
DEPENDENCES = 3
MOVED = 12
MOST_NAMED = 24
LARGEST_DOT = 60.0
"""Square points of the dot of the period with the most cases: part of a week at an end of a course is no spike."""
MOST_DATES = 6
"""Dates under the picture of a course: slanted, so many lie apart."""
NO_COURSE = "all cases carry one moment, so there are no weeks to follow and no later days that could have moved"
LONGEST_NAME = 30
"""Levels beside one another under a picture, and the letters of each."""
LONGEST_LABEL = 40
"""Letters of a line beside a bar."""
STAYED = "grey: no further than in training, or next to nothing"
ROOM = 1.5
"""Of the furthest value, up to where an axis in powers of ten goes."""
RAW = "contribution to the raw score"

GREY = "grey: categories, which are neither low nor high, and what is not known"
FAR_OUT = 20.0
"""How many times the middle size the furthest value must be before an axis is drawn in powers of ten."""


def draw(folder: Path, learned: Learned, policy: Policy) -> None:
    """Every picture that the task has, as PNG files of the folder; a .txt says why one is not there."""
    model, rehearsal = learned.model, learned.rehearsal
    reliability(folder / "reliability.png", model.task, rehearsal)
    summary(folder / "shap_summary.png", model, learned.explained)
    dependence(folder / "shap_dependence.png", model, learned.explained)
    precision_recall(folder / "precision_recall.png", model.task, rehearsal)
    if is_timeless(rehearsal.rows.times):
        (folder / "drift.txt").write_text(f"No drift.png: {NO_COURSE}.\n", encoding="utf-8")
    else:
        drift(folder / "drift.png", model, rehearsal)
    if why := no_cost(model, policy, rehearsal):
        (folder / "cost.txt").write_text(f"No cost.png: {why}.\n", encoding="utf-8")
    else:
        cost(folder / "cost.png", rehearsal, prices(policy, model.features(), rehearsal.latest.features))


def no_cost(model: TaskModel, policy: Policy, rehearsal: Rehearsal) -> str:
    """Why no threshold can be priced; empty where one can."""
    if model.task is not Task.SLA_BREACH:
        return f"the curve prices acting on a promise, so {Task.SLA_BREACH.value} alone has one"
    features, rows = model.features(), rehearsal.latest.features
    if prices(policy, features, rows).acts:
        return ""
    place = features.names.index("reported_type") if "reported_type" in features.names else None
    if place is None or np.isnan(rows[:, place]).all():
        return (
            "the policy's actions go by the reported type, and no case tells one: give the mapping "
            "reported_type: {constant: ...} or a column"
        )
    return "the policy prices no action for the reported types of these cases (candidates, action_costs, effects)"


def cases(rehearsal: Rehearsal) -> str:
    """How many cases were measured, and which: the latest, or where all carry one moment some others."""
    which = "other" if is_timeless(rehearsal.rows.times) else "latest"
    return f"{len(rehearsal.latest.truth):,} {which} cases"


def reliability(path: Path, task: Task, rehearsal: Rehearsal) -> None:
    """Draw probability against observed rate, bin by bin; of the likeliest label where the task has labels."""
    truth, probabilities = rehearsal.latest.truth, rehearsal.probabilities
    happened = truth if task.is_risk else probabilities.argmax(axis=1) == truth
    bins = calibration_bins(happened, probabilities.max(axis=1), counts=rehearsal.latest.selection)
    figure, axes = _figure(1)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="what is said comes true")
    points = "cases in bins of equal size" if task.is_risk else "the likeliest label, cases in bins of equal size"
    axes.plot([each[0] for each in bins], [each[1] for each in bins], marker="o", label=points, clip_on=False)
    axes.set(xlabel="probability said", ylabel="share that came true", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(f"{task.value}: {cases(rehearsal)}")
    _legend_below(figure, axes, 2)
    _save(figure, path)


def precision_recall(path: Path, task: Task, rehearsal: Rehearsal) -> None:
    """Draw precision over recall of model and rules beside the base rate; of all labels in one count for labels."""
    truth = rehearsal.latest.truth
    figure, axes = _figure(1)
    for name, said in (("model", rehearsal.probabilities), ("rules", rehearsal.rules)):
        happened = truth if task.is_risk else np.eye(said.shape[1])[truth].ravel()
        precision, recall, _ = precision_recall_curve(happened, said.ravel())
        area = average_precision_score(happened, said.ravel())
        axes.plot(recall, precision, label=f"{name}, average {area:.2f}", drawstyle="steps-post")
    rate = float(np.mean(happened))
    axes.axhline(rate, color="0.7", linewidth=1, label=f"base rate, {rate:.2f}")
    axes.set(xlabel="share of what happened that is found", ylabel="share of what is named that happened")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), title=f"{task.value}: {cases(rehearsal)}")
    _legend_below(figure, axes, 3)
    _save(figure, path)


def cost(path: Path, rehearsal: Rehearsal, at: Prices) -> None:
    """Draw the expected cost per 1,000 cases over the threshold; how it is reckoned stands in `cost_curve`."""
    truth = rehearsal.latest.truth
    figure, axes = _figure(1)
    for name, said in (("model", rehearsal.probabilities), ("rules", rehearsal.rules)):
        curve = cost_curve(truth, said[:, 0], at)
        threshold, least = curve.cheapest
        (line,) = axes.plot(curve.thresholds, curve.costs, label=f"{name}, least {least:,.0f} from {threshold:.2f} on")
        axes.plot([threshold], [least], marker="o", color=line.get_color())
    axes.axhline(curve.costs[-1], color="0.7", linewidth=1, label=f"never act, {curve.costs[-1]:,.0f}")
    axes.axhline(curve.costs[0], color="0.7", linewidth=1, linestyle=":", label=f"always act, {curve.costs[0]:,.0f}")
    axes.set(xlabel="act from this probability on", ylabel=f"{at.currency} per 1,000 cases", xlim=(0, 1))
    acting, left, breach = (float(each.mean()) for each in (at.acting, at.remains, at.breach))
    how = f"on average acting costs {acting:.2f} and leaves {percent(left)} of the risk, a breach costs {breach:.2f}"
    axes.set_title(f"{Task.SLA_BREACH.value}: {cases(rehearsal)}, by the policy's costs\n{how}", fontsize="small")
    _legend_below(figure, axes, 2)
    _save(figure, path)


def summary(path: Path, model: TaskModel, explained: Explained) -> None:
    """Draw what moves the raw score of the model's answer, over the explained rows; categories, no amounts, in grey."""
    amounts = explained.features.copy()
    amounts[:, list(model.features().categories)] = np.nan
    shap.summary_plot(
        explained.contributions,
        amounts,
        feature_names=_names(model.features()),
        max_display=SHOWN,
        show=False,
        rng=np.random.default_rng(0),
    )
    figure = pyplot.gcf()
    figure.axes[0].set_title(GREY, fontsize="small")
    figure.axes[0].set_xlabel(RAW)
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata={"Software": None})
    pyplot.close(figure)


def dependence(path: Path, model: TaskModel, explained: Explained) -> None:
    """Draw the contribution over the value of each of the three strongest features, by SHAP; levels by their names."""
    features = model.features()
    names = _names(features)
    strongest = np.argsort(-strength(explained), kind="stable")[:DEPENDENCES].tolist()
    figure, panels = pyplot.subplots(1, len(strongest), figsize=(5 * len(strongest), 5), layout="constrained")
    for column, axes in zip(strongest, np.atleast_1d(panels), strict=True):
        feature, values = features.features[column], explained.features.copy()
        values[:, column], levels = in_view(values[:, column], feature.levels)
        shap.dependence_plot(
            column,
            explained.contributions,
            values,
            feature_names=names,
            interaction_index=None,
            ax=axes,
            show=False,
        )
        axes.set(xlabel=axis_name(feature), ylabel=RAW)
        if levels:
            name_levels(axes, levels)
        elif core := dense_up_to(values[:, column]):
            axes.set_xscale("symlog", linthresh=core)
            if values[:, column].min() >= 0:  # Not so where one is missing: SHAP draws those left of all.
                axes.set_xlim(left=-core / 10)
            if (furthest := float(np.nanmax(values[:, column]))) > 0:
                axes.set_xlim(right=ROOM * furthest)  # In powers of ten the room that SHAP leaves is none.
            axes.set_xticks(powers_beyond(core, *axes.get_xlim()))
            axes.minorticks_off()
    figure.suptitle(f"{model.task.value}: marks at the left edge are cases in which it is not known", fontsize="small")
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def axis_name(feature: Feature) -> str:
    """What stands under the picture of a feature: its name, and the unit of its numbers where that has a word."""
    has_word = feature.unit in TIMES or own_word(feature.unit)
    return _name(feature) + (f" ({feature.unit})" if has_word else "")


def name_levels(axes: Axes, levels: Sequence[str]) -> None:
    """The levels of a category in place of their positions."""
    names = [_cut(each, LONGEST_NAME) for each in levels]
    axes.set_xticks(range(len(levels)), names, rotation=45, ha="right", rotation_mode="anchor")


def in_view(codes: Floats, levels: Sequence[str]) -> tuple[Floats, Sequence[str]]:
    """The positions float64[n] at which a category's levels are drawn, and what stands under each; none for numbers.

    Of more levels than can be told apart the commonest of these cases have one each, all others share the last.
    """
    if len(levels) <= MOST_NAMED:
        return codes, levels
    known = ~np.isnan(codes)
    often = Counter(codes[known].astype(int).tolist()).most_common()
    named = [code for code, _ in sorted(often, key=lambda each: (-each[1], each[0]))[: MOST_NAMED - 1]]
    places = {code: place for place, code in enumerate(sorted(named))}
    others = len(often) - len(named)
    drawn = codes.copy()
    drawn[known] = [places.get(code, len(places)) for code in codes[known].astype(int).tolist()]
    return drawn, [*(levels[code] for code in sorted(named)), *([f"{others} others"] if others else [])]


def dense_up_to(values: Floats) -> float | None:
    """Where a few values lie so far out that all others would be drawn at 0, what these reach up to; else None."""
    sizes = np.abs(values[~np.isnan(values) & (values != 0)])
    if not len(sizes) or sizes.max() <= FAR_OUT * (middle := float(np.median(sizes))):
        return None
    return middle


def powers_beyond(core: float, low: float, high: float) -> list[float]:
    """What is marked on an axis in powers of ten: 0 and those that do not lie close to it.

    Up to the core the axis is even, so that smaller powers would lie on one another.
    """
    furthest = max(abs(low), abs(high))
    powers = [10.0**each for each in range(math.ceil(math.log10(core / 3)), math.floor(math.log10(furthest)) + 1)]
    return [each for each in (*(-power for power in reversed(powers)), 0.0, *powers) if low <= each <= high]


def drift(path: Path, model: TaskModel, rehearsal: Rehearsal) -> None:
    """Draw base rate and mean score over time, and the features that moved most up to the latest cases."""
    figure, (over_time, shift) = _figure(2)
    told = course(model.task, rehearsal)
    middles = [datetime.fromtimestamp(each.middle, UTC) for each in told.periods]
    said = [np.nan if each.said is None else each.said for each in told.periods]
    rate = "base rate" if model.task.is_risk else "share that was right"
    many = np.array([each.n for each in told.periods])
    for course_of, label in (([each.rate for each in told.periods], rate), (said, "mean score")):
        (line,) = over_time.plot(middles, course_of, linewidth=1, label=label)
        over_time.scatter(middles, course_of, s=LARGEST_DOT * many / many.max(), color=line.get_color())
    over_time.axvline(datetime.fromtimestamp(told.line, UTC), color="0.7", linewidth=1)
    name_dates(over_time, middles[0], middles[-1])
    title = f"{model.task.value} by {told.by}, a dot by how many cases\nright of the line: the latest cases"
    over_time.set_title(title, fontsize="medium")
    over_time.set_ylabel("share of cases, and mean probability said")
    _legend_below(figure, over_time, 2, "left")
    _shift(shift, model.features(), moved(model.features(), rehearsal, model.telling))
    _save(figure, path)


def name_dates(axes: Axes, first: datetime, last: datetime) -> None:
    """Evenly spaced days from one to another: those that Matplotlib chooses begin anew with each month and collide."""
    begins, ends = (np.datetime64(each.date(), "D") for each in (first, last))
    step = max(1, math.ceil(int((ends - begins).astype(int)) / (MOST_DATES - 1)))
    days = np.arange(begins, ends + 1, step)
    axes.set_xticks(days, days.astype(str).tolist(), rotation=30, ha="right", rotation_mode="anchor")


def _shift(axes: Axes, features: FeatureSet, found: Sequence[FeatureDrift]) -> None:
    """How far features lie from where they were; those in grey by no more than chance explains, or by next to nothing.

    By place, not by name: two features may be called alike.
    """
    most = found[:MOVED][::-1]
    about = {each.name: _about(each) for each in features.features}
    axes.barh(range(len(most)), [each.psi for each in most], color=["0.75" if _stayed(each) else "C0" for each in most])
    axes.set_yticks(range(len(most)), [about[each.feature] for each in most], fontsize="small")
    axes.axvline(MODERATE, color="0.7", linewidth=1)
    count = sum(not _stayed(each) for each in found)
    axes.set_title(f"{count} of {len(found)} features have moved\n{STAYED}", fontsize="medium")
    axes.set_xlabel(f"population stability index (line: {MODERATE})")


def _stayed(told: FeatureDrift) -> bool:
    return told.level == "none"


def _about(feature: Feature) -> str:
    """What it is about, beside a bar: in one line or two."""
    first = feature.about.splitlines()[0].partition(":")[0].rstrip(".")
    return "\n".join(textwrap.wrap(first, LONGEST_LABEL, max_lines=2, placeholder=" …"))


def _names(features: FeatureSet) -> list[str]:
    return [_name(each) for each in features.features]


def _name(feature: Feature) -> str:
    return feature.called or feature.name.removeprefix("attribute.").replace("_", " ")


def _cut(name: str, longest: int) -> str:
    """A name that fits; a cut one says so."""
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _legend_below(figure: Figure, axes: Axes, columns: int, where: str = "center") -> None:
    """Below the picture, where no data can lie."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc=f"outside lower {where}", ncols=columns, fontsize="small", frameon=False)


def _figure(panels: int) -> tuple[Figure, Any]:
    figure = Figure(figsize=(5.5 * panels, 5), layout="constrained")
    return figure, figure.subplots(1, panels)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=120, metadata={"Software": None})
