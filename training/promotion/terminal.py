"""Checks, promotions and what is in force for a terminal of any width: an id is never cut, for it is typed again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from data.promotion import Check, Dossier, Finding, InForceNow, Promotion, Promotions, ToldLive
from data.vocabulary import Task
from features.definition import plain_name
from training.promotion.again import apart, same_history

SENT_SAYS = "the dossier that was sent says"
_INDENT = (0, 0, 0, 4)
_DIFFER = "on the same history this is not what was sent: do not agree to it"
_ANOTHER = (
    "this is not the history that the dossier names, so no number of it was verified: give that one, or say "
    "--another-history if you mean to ask the same of yours"
)
_SHORT = len("sha256:") + 12


def tell_promotions(found: Promotions, console: Console) -> None:
    """Each with its id on a line of its own, and what people said below it."""
    if not found.items and not found.unreadable:
        console.print("no promotion was asked for yet")
    if found.unreadable:
        others = f"{found.unreadable:,} cannot be shown: their record was altered; fairlead doctor says which"
        console.print(Text(others), soft_wrap=True)
    for each in found.items:
        console.print(Text(f"{each.promotion_id}  {state_words(each)}"), soft_wrap=True)
        for said in _said(each):
            console.print(Padding(Text(said, overflow="fold"), _INDENT))


def tell_verified(sent: Dossier, again: Dossier, another: bool, console: Console) -> bool:
    """Lay the dossier made again beside the one that was sent; whether it holds. `another` history may be meant."""
    found = tuple(apart(sent, again))
    if found:
        table = Table("what", "as sent", "made again", box=None)
        for each in found:
            table.add_row(Text(each.what), Text(each.sent), Text(each.again))
        console.print(table)
    holds, says = _verdict(sent, again, another, bool(found))
    console.print(Text(says, style="green" if holds else "red"), soft_wrap=True)
    return holds


def state_words(promotion: Promotion) -> str:
    """Where a promotion stands, and what has overtaken that: `approved, rolled back since`."""
    since = "rolled back since" if promotion.rolled_back else promotion.lapsed.says if promotion.lapsed else ""
    return f"{promotion.state}, {since}" if since else promotion.state.value


def _verdict(sent: Dossier, again: Dossier, another: bool, differ: bool) -> tuple[bool, str]:
    if same_history(sent, again):
        return not differ, _DIFFER if differ else "every finding and every number is as it was sent"
    if not another:
        return False, _ANOTHER
    of_yours = f"on {again.window.history}, {again.window.n:,} cases, another history than was sent"
    if not again.refusals:
        return True, f"{of_yours}: no check refuses the challenger"
    refused = "; ".join(f"{each.task or 'the bundle'}: {each.says}" for each in again.refusals)
    return False, f"{of_yours}: refused, {refused}"


def tell_notes(dossier: Dossier, promotion: Promotion, console: Console) -> None:
    """What whoever agrees should know: what checks of the dossier that was sent noted, and how many live cases tell
    what is new. Each line says whose words they are: a comparison made again says its own.
    """
    noted = [each for each, _ in one_line_each(dossier.checks) if each.finding is Finding.NOTED]
    for whose, says in (
        *((SENT_SAYS, f"{each.task or 'the bundle'}: {each.says}") for each in noted),
        *(("the service says", _in_words(each).says) for each in promotion.told_live or ()),
    ):
        console.print(Text.assemble((f"{whose}: ", "yellow"), says), soft_wrap=True)


def _in_words(told: ToldLive) -> ToldLive:
    return told.model_copy(update={"name": plain_name(told.name)})


def one_line_each(checks: Iterable[Check]) -> Iterator[tuple[Check, str]]:
    """The checks with their names; those of one task that found the same in the same words are one line."""
    alike = dict[tuple[Task | None, Finding, str], list[Check]]()
    for check in checks:
        alike.setdefault((check.task, check.finding, check.says), []).append(check)
    for same in alike.values():
        yield same[0], same[0].name.value if len(same) == 1 else f"{len(same)} checks"


def in_force_words(now: InForceNow) -> str:
    """What serves, who put it in force and why, and who had asked for it and why."""
    who = f" since {now.since:%Y-%m-%d %H:%M} UTC, by {now.by}: {now.reason}" if now.since else ""
    asked = f"; {now.requested_by} asked: {now.requested_because}" if now.requested_by else ""
    altered = f"; altered: {now.altered}" if now.altered else ""
    return f"in force: {now.bundle or 'no bundle'}{who}{asked}{altered}"


def _said(promotion: Promotion) -> Iterator[str]:
    if promotion.altered:
        yield f"altered: {promotion.altered}"
    yield f"challenger {promotion.challenger[:_SHORT]} in place of {promotion.champion[:_SHORT]}"
    yield f"{promotion.requested_by} asked: {promotion.reason}"
    for each in promotion.refusals:
        yield f"refused: {each}"
    if decided := promotion.decided:
        yield f"{decided.by} {promotion.state.deed}: {decided.reason}"
    if back := promotion.rolled_back:
        yield f"{back.by} rolled back: {back.reason}"
