"""A drift report as one page of HTML that needs nothing else: no script, no style sheet, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from models.drift_records import DriftReport
from models.performance import Performance

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}th,td{padding:.2rem .8rem;text-align:right;"
    "border-bottom:1px solid #ccc}td:first-child,th:first-child{text-align:left}.alarm{color:#a00;font-weight:600}"
    "h1,li,p{overflow-wrap:anywhere}.wide{overflow-x:auto}td{vertical-align:top}"
    "td:nth-child(2){white-space:nowrap;text-align:left}th:nth-child(2){text-align:left}"
    "td:first-child{min-width:11rem;overflow-wrap:anywhere}"
)
VIEWPORT = "<meta name='viewport' content='width=device-width,initial-scale=1'>"
OF_PERFORMANCE = ("n", "rate", "said", "log_loss", "brier", "roc_auc", "ece")


def page(report: DriftReport, history: str) -> str:
    """The whole report: alarms, every region, every feature."""
    title = escape(f"{report.task.value} on {history}")
    alarms = "".join(f"<li class='alarm'>{escape(each.says)}</li>" for each in report.alarms)
    stake = "not told" if report.stake is None else f"{report.stake} {report.currency}"
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'>{VIEWPORT}<title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1><p>{report.n:,} cases, {report.with_outcome:,} with an outcome: {escape(report.says)}.</p>"
        f"<ul>{alarms}</ul><p>What hangs on one prediction, by the policy's cost table and in its currency: "
        f"{escape(stake)}. A worse Brier score costs half of that per case and point.</p>"
        f"<h2>Regions</h2>{_table('Regions', ('region', 'numbers', *OF_PERFORMANCE), _regions(report))}"
        f"<h2>Features</h2>{_table('Features', _OF_FEATURE, _features(report))}</html>\n"
    )


def _regions(report: DriftReport) -> Iterable[Sequence[object]]:
    for each in report.regions:
        for name, told in (("rehearsed", each.rehearsed), ("claimed", each.claimed), ("realised", each.realised)):
            if told is not None:
                yield each.region or "all", name, *_numbers(told)


def _numbers(told: Performance) -> list[object]:
    return [getattr(told, name) for name in OF_PERFORMANCE]


_OF_FEATURE = ("feature", "moved", "psi", "ks", "false discovery", "missing was", "missing is")


def _features(report: DriftReport) -> Iterable[Sequence[object]]:
    for each in report.features:
        yield each.feature, each.moved, each.psi, each.ks, each.discovery, each.missing_was, each.missing_is


def _table(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th scope='col'>{escape(each.replace('_', ' '))}</th>" for each in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(_text(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<div class='wide' tabindex='0' role='region' aria-label='{name}'>{table}</div>"


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
