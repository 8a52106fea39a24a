"""What answers in the shadow of what serves, and what it would have said."""

from __future__ import annotations

from collections.abc import Iterable

from serving.console import display
from serving.console.models.context import (
    Evidence,
    ShadowRow,
    ShadowView,
)
from serving.console.models.view import bundle_name
from serving.models.shadow_report import ShadowReport, ShadowTask


def evidence(told: Iterable[ShadowTask]) -> Evidence:
    """What the shadow tells of the two; that it tells nothing, where it does."""
    rows = tuple(map(_shadow_row, told))
    if rows:
        return Evidence("What the challenger would have said of cases that the champion answered, live.", rows)
    return Evidence("The challenger has not answered in the shadow of this champion.", ())


def shadow_view(report: ShadowReport) -> ShadowView | None:
    """The shadow beside what serves; None where the service was given none."""
    if report.challenger is None:
        return None
    return ShadowView(bundle_name(report.challenger), _shadow_does(report), tuple(map(_shadow_row, report.tasks)))


def _shadow_does(report: ShadowReport) -> str:
    """What the shadow does, in words that go on after its name."""
    if report.challenger == report.champion:
        return "serves now: nothing answers in the shadow until the service starts with another bundle there."
    if report.champion is None:
        return "waits: no bundle is in force that it could answer beside."
    return f"answers beside it, without effect. {_shadow_saw(report)}"


def _shadow_saw(report: ShadowReport) -> str:
    missed = [
        f"{count:,} {what}"
        for count, what in ((report.dropped, "not seen because it was behind"), (report.failures, "failed"))
        if count
    ]
    seen = f"{report.answers:,} answers" + (f" and {report.shelves:,} shelves" if report.shelves else "")
    due = " An outcome counts once its promise is due; while others are missing, for those of its kind too."
    return f"It saw {seen} since the service started{''.join(f', {each}' for each in missed)}.{due}"


def _shadow_row(told: ShadowTask) -> ShadowRow:
    return ShadowRow(
        task=display.heading(display.words(told.task)),
        answers=f"{told.answers:,}",
        apart=f"{100 * told.mean_difference:.1f} points",
        others=f"{told.disagreements:,}",
        outcomes=f"{told.outcomes:,}",
        champion=_loss(told.champion_log_loss),
        challenger=_loss(told.challenger_log_loss),
    )


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
