"""A drift report and a recalibration for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models.drift_records import DriftReport, RegionDrift
from models.performance import Performance
from training.drift.recalibrate import Recalibrated

SHOWN = 12
"""Features listed; `--json` and `--html` have all."""
NAMES = ("n", "rate", "said", "log_loss", "brier", "roc_auc", "ece")


def report_for_people(report: DriftReport, title: str) -> RenderableType:
    """Alarms first, then regions, then the features that moved most."""
    return Group(summary_for_people(report, title), _regions(report), _features(report))


def summary_for_people(report: DriftReport, title: str) -> RenderableType:
    """How many cases, what they say together, and every alarm: what nobody should miss who has the rest elsewhere."""
    alarms = [Text(f"! {each.says}", style="bold red") for each in report.alarms]
    counted = f"{report.n:,} cases, {report.with_outcome:,} of them with an outcome that counts. "
    return Group(Text(title, style="italic"), Text(counted + report.says + "."), *alarms, *_priced(report))


def _priced(report: DriftReport) -> Iterator[Text]:
    """Whose money it is, where alarms tell any: the history may tell another currency, or none."""
    if any(each.per_1000 is not None for each in report.alarms):
        yield Text(
            f"Money is reckoned from {report.stake} {report.currency} a case, by the policy and in its currency."
        )


def _regions(report: DriftReport) -> Table:
    table = _table("region", "", "n", "rate", "said", "loss", "Brier", "AUC", "ECE")
    for region in report.regions:
        name = region.region or "all"
        for head, words, told in zip((name, "", ""), ("rehearsed", "claimed", "realised"), _sides(region), strict=True):
            table.add_row(head, words, *_numbers(told))
        table.add_section()
    return table


def _sides(region: RegionDrift) -> tuple[Performance | None, ...]:
    return region.rehearsed, region.claimed, region.realised


def _numbers(told: Performance | None) -> list[str]:
    values = [None if told is None else getattr(told, name) for name in NAMES]
    return ["" if each is None else f"{each:,}" if isinstance(each, int) else f"{each:.3f}" for each in values]


def _features(report: DriftReport) -> Table:
    table = _table("feature", "moved", "PSI", "KS", "FDR", "missing")
    for each in report.features[:SHOWN]:
        distance = "" if each.ks is None else f"{each.ks:.3f}"
        missing = f"{each.missing_was:.3f} to {each.missing_is:.3f}"
        table.add_row(each.feature, each.moved, f"{each.psi:.3f}", distance, f"{each.discovery:.2g}", missing)
    return table


def recalibration_for_people(again: Recalibrated, title: str) -> Table:
    """The old calibrator beside the new one on labels neither had seen."""
    table = _table("calibrator", "n", "rate", "said", "loss", "Brier", "AUC", "ECE", "AP")
    table.title = title
    for name, told, precision in zip(("old", "new"), (again.before, again.after), again.average_precision, strict=True):
        table.add_row(name, *_numbers(told), "" if precision is None else f"{precision:.3f}")
    low, high = again.gain.interval
    table.caption = f"the log loss falls by {again.gain.mean:.4f}, 95 % interval {low:.4f} to {high:.4f}"
    table.caption_justify = "left"
    return table


def _table(*headings: str) -> Table:
    table = Table(title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        if heading in ("feature", "region"):  # Names may be long: cut off they say nothing.
            table.add_column(heading, overflow="fold")
        else:
            table.add_column(
                heading, justify="left" if heading in ("", "moved", "calibrator") else "right", no_wrap=True
            )
    return table
