"""A drift report as one page of HTML that needs nothing else: no script, no style sheet, no network.

What somebody who runs stores needs comes first: whether these cases can tell, what to do, why. Then the numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from data.amounts import percent
from models.drift_records import Alarm, DriftReport, FeatureDrift
from models.performance import Performance
from training.sideways import SIDEWAYS

STYLE = (
    ":root{color-scheme:light dark;--rule:#ccd4d7;--soft:#50626b;--late:#9d1c17;--note:#fff3d6;--ink:#14232b}"
    "@media(prefers-color-scheme:dark){:root{--rule:#3a4a53;--soft:#a0b2ba;--late:#ffa59c;--note:#3a3013;"
    "--ink:#e4ecef}}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin:2rem 0 .5rem}p,li{max-width:75ch}"
    "li{margin-bottom:.3rem}"
    ".note{background:var(--note);color:var(--ink);padding:.7rem 1rem;border-radius:6px;font-weight:600}"
    ".alarm{color:var(--late);font-weight:600}.soft{color:var(--soft);font-size:.92rem}summary{cursor:pointer}"
    "table{border-collapse:collapse;margin:.7rem 0;font-variant-numeric:tabular-nums}"
    "th,td{padding:.25rem .8rem;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}"
    "th{font-weight:500;color:var(--soft);vertical-align:bottom}td:first-child,th:first-child{text-align:left}"
    "h1,li,p{overflow-wrap:anywhere}.wide{overflow-x:auto}"
    "td:not(:first-child){white-space:nowrap}td:nth-child(2),th:nth-child(2){text-align:left}"
    "td span{display:block;min-width:10rem;overflow-wrap:anywhere}"
    ".sideways{display:none;margin:.5rem 0 0;color:var(--soft);font-size:.92rem}"
    "@media screen and (max-width:36rem){.sideways{display:block}}"
)
VIEWPORT = "<meta name='viewport' content='width=device-width,initial-scale=1'>"
SMALLEST_SHOWN = 0.001

RECALIBRATE = (
    "Give the latest labels to `fairlead recalibrate`: it fits anew what the scores come to and leaves "
    "the order of the cases as it is. It publishes nothing that is not surely better."
)
RETRAIN = (
    "Train again with the latest cases (`fairlead train`) and compare both before one takes over (`fairlead promote`)."
)
LOOK = (
    "Look at the features that moved, below, and ask who sends them whether what they mean has changed. Whether the "
    "model does worse, only outcomes tell."
)
OTHER_CASES = (
    "Give cases that the model did not learn from (--history). These are not all new to it, or nobody can tell, so "
    "neither an alarm on this page nor the want of one tells how it does on new cases."
)
_MENDS = ((("rate", "calibration"), RECALIBRATE), (("performance",), RETRAIN), (("inputs",), LOOK))


def page(report: DriftReport, history: str, taught: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole report: what to do, alarms, every region, every feature.

    `taught` tells whether the cases taught the model, where that is a question: see `not_later` and `taught` of --json.
    """
    title = escape(f"{report.task.value.replace('_', ' ')} on {history}: is the model still right?")
    notes = "".join(f"<p class='note' role='note'>{escape(each['says'])}.</p>" for each in taught.values())
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'>{VIEWPORT}<title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1>{notes}"
        f"<p>{report.n:,} cases, {report.with_outcome:,} with an outcome that counts: {escape(report.says)}.</p>"
        f"<h2>What to do</h2>{_list(_to_do(report, _may_have_taught(taught)))}"
        f"{_alarms(report, _may_have_taught(taught))}{_how_it_does(report)}{_features(report)}</html>\n"
    )


def _may_have_taught(taught: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether some of the cases taught the model, or nobody knows that none did."""
    return any(each.get("taught", 1) for each in taught.values())


def _to_do(report: DriftReport, taught: bool) -> Iterator[str]:
    """What mends the alarms, the quickest first."""
    if taught:
        yield OTHER_CASES
        return
    found = {each.about for each in report.alarms}
    yield from (says for about, says in _MENDS if found & set(about))
    if not found:
        known = any(each.realised for each in report.regions)
        yield (
            "Nothing. Look again with the next days." if known else "Nothing yet. Look again once more outcomes count."
        )


def _alarms(report: DriftReport, taught: bool) -> str:
    """Those of all cases; those of single regions beside them are closed."""
    if not report.alarms:
        return ""
    whole = [each for each in report.alarms if each.region is None]
    parts = [each for each in report.alarms if each.region is not None]
    heading = "What would be an alarm if all these cases were new to it" if taught else "Why"
    kind = "" if taught else "alarm"
    money = f"Money is reckoned from {report.stake} {report.currency} a case, by the policy and in its currency."
    told = _list(map(_says, whole or parts), kind)
    if whole and parts:
        told += (
            f"<details><summary>The same by region: {len(parts)}</summary>{_list(map(_says, parts), kind)}</details>"
        )
    priced = any(each.per_1000 is not None for each in report.alarms)
    return f"<h2>{heading}</h2>{told}" + (f"<p class='soft'>{escape(money)}</p>" if priced else "")


def _says(alarm: Alarm) -> str:
    return alarm.says[0].upper() + alarm.says[1:] if alarm.region is None else alarm.says


def _list(items: Iterable[str], kind: str = "") -> str:
    mark = f" class='{kind}'" if kind else ""
    return f"<ul>{''.join(f'<li{mark}>{_code(each)}</li>' for each in items)}</ul>"


def _code(text: str) -> str:
    """Escaped, with what stands between backquotes as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))


_OF_PERFORMANCE = ("cases", "came true", "said", "log loss", "Brier", "AUC", "ECE")


def _how_it_does(report: DriftReport) -> str:
    right = "" if report.task.is_risk else "A case came true where its likeliest label was right. "
    says = (
        "Rehearsed is what it did on cases that its rehearsal had not seen; claimed is what its probabilities say of "
        "themselves; realised is what happened."
    )
    return (
        f"<h2>How it does</h2>{_table('Regions', ('region', '', *_OF_PERFORMANCE), _regions(report))}"
        f"<p class='soft'>{says} {right}Log loss, Brier score and ECE are better the smaller, AUC the "
        "larger.</p>"
    )


def _regions(report: DriftReport) -> Iterable[Sequence[str]]:
    for each in report.regions:
        for name, told in (("rehearsed", each.rehearsed), ("claimed", each.claimed), ("realised", each.realised)):
            if told is not None:
                yield escape(each.region or "all"), name, *_numbers(told)


def _numbers(told: Performance) -> list[str]:
    shares = [percent(told.rate), percent(told.said)]
    return [f"{told.n:,}", *shares, *(_short(each) for each in (told.log_loss, told.brier, told.roc_auc, told.ece))]


_OF_FEATURE = ("feature", "moved", "PSI", "KS", "by chance", "missing then", "missing now")


def _features(report: DriftReport) -> str:
    """Those that moved are shown, the others closed."""
    moved = [each for each in report.features if each.level != "none"]
    others = [each for each in report.features if each.level == "none"]
    told = _table("Features that moved", _OF_FEATURE, map(_feature, moved)) if moved else "<p>None has moved.</p>"
    says = (
        "PSI is how far it lies from where it was (from 0.1 moderate, from 0.25 large), KS the largest distance of the "
        "cumulated shares, by chance the share of false alarms in calling this one and all surer ones moved. "
        "Prediction is what the model itself said."
    )
    rest = _table("Features that have not moved", _OF_FEATURE, map(_feature, others))
    closed = f"<details><summary>{len(others):,} that have not moved</summary>{rest}</details>" if others else ""
    return f"<h2>Features that moved: {len(moved):,}</h2>{told}<p class='soft'>{says}</p>{closed}"


def _feature(each: FeatureDrift) -> Sequence[str]:
    named = f"<span title='{escape(each.feature)}'>{escape(each.called)}</span>"
    numbers = (_short(each.psi), _short(each.ks), _chance(each.discovery))
    return named, each.moved, *numbers, percent(each.missing_was), percent(each.missing_is)


def _chance(share: float) -> str:
    return "under 0.001" if share < SMALLEST_SHOWN else f"{share:.3f}"


def _table(name: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML."""
    head = "".join(f"<th scope='col'>{escape(each)}</th>" for each in headings)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"{SIDEWAYS}<div class='wide' tabindex='0' role='region' aria-label='{name}'>{table}</div>"


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
