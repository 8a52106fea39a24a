"""Whether the challenger was taught what happened: its answers beside the champion's and beside the history's own.

A few wrong labels in a hundred hardly move a score, so no score finds them surely. Laid side by side they are seen one
by one: both bundles keep the answers of some events, and the history that the promotion is asked with tells them too.

A history that agrees with the challenger against the champion is either a book that was corrected or one that was
flipped before the challenger learned: nobody but a person can tell, so whoever asks says which (`attested`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.promotion import OUTCOMES, Check, CheckName, Finding
from data.vocabulary import Task
from training.promotion.attested import OPTION, Attested
from training.promotion.sides import Pair

FEWEST = 100
"""Events in common below which nothing is told."""
ALLOWED = 0.005
"""Share of answers that corrections of the books change between two trainings."""
ERRORS = 3.0
"""Standard errors above the allowed share from which the labels count as changed."""
ANSWERABLE = 0.05
"""Share of other answers above which nobody can answer for them: that is another question, or another history."""
UNKNOWN = 0.05
"""Share of what it keeps of its training from which events that nobody else knows are told."""
_NOBODY_KNOWS = (
    "that it learned from are known to neither: give the history they are in, for the cases compared here may be among "
    "them under other names"
)
_CHANGED = "labels were changed before the challenger learned from them"
_OTHERS = "the history tells other outcomes than both were taught"
_UNLIKE = f"{_OTHERS}: name the history they learned from, or train again on this one if outcomes were corrected since"


@dataclass(frozen=True)
class Agreement:
    """Answers to the same events, and how many of them differ."""

    beside: str
    common: int
    differ: int

    @property
    def few(self) -> bool:
        """Whether they are too few to tell anything."""
        return self.common < FEWEST

    @property
    def refuses(self) -> bool:
        """Whether more differ than corrections and chance explain."""
        expected = self.common * ALLOWED
        return not self.few and self.differ > expected + ERRORS * (expected * (1 - ALLOWED)) ** 0.5

    @property
    def agrees(self) -> bool:
        """Whether enough are known, and no more differ than corrections and chance explain."""
        return not self.few and not self.refuses

    def __str__(self) -> str:
        return f"{self.differ:,} of {self.common:,} differ from {self.beside}"


def check(
    pair: Pair, answers: Mapping[Task, Mapping[str, int]], kept: bool = False, attested: Attested | None = None
) -> Check:
    """Whether the answers the challenger was taught are those that others know.

    `kept` is the champion's own model. Of outcomes that were corrected since the champion learned, and that the history
    tells as the challenger was taught them, somebody may say why (`attested`).
    """
    its, theirs = pair.challenger.model.taught, pair.champion.model.taught
    champion = _agreement("what the champion was taught", its, theirs)
    history = _agreement("what the history tells", its, answers.get(pair.task, {}))
    beside = champion, history
    told = "; ".join(str(each) for each in beside if each.common)
    if kept and history.refuses:
        return _check(pair, Finding.NOTED, f"the champion's own model, so nothing was taught anew; {_OTHERS}: {told}")
    if champion.refuses and history.agrees and champion.differ <= ANSWERABLE * champion.common:
        return _corrected(pair, f"{champion}{_which(pair)}; {history}", (attested or {}).get(OUTCOMES))
    if any(each.refuses for each in beside):
        return _check(pair, Finding.REFUSED, f"{_CHANGED if champion.refuses or champion.few else _UNLIKE}: {told}")
    if all(each.few for each in beside):
        says = "nobody else knows the events it learned from, so wrong labels cannot be told: give a history with them"
        return _check(pair, Finding.NOTED, f"{says}; {told}" if told else says)
    says = f"it was taught what happened: {told}"
    unknown = len(its.keys() - theirs.keys() - answers.get(pair.task, {}).keys())
    if unknown > UNKNOWN * len(its):
        return _check(pair, Finding.NOTED, f"{says}; {unknown:,} of {len(its):,} events {_NOBODY_KNOWS}")
    return _check(pair, Finding.PASSED, says)


def _corrected(pair: Pair, told: str, why: str | None) -> Check:
    if why is None:
        says = (
            f"{_CHANGED}: {told}. The history tells them as it was taught: either the books were corrected, or the "
            f'labels were changed in both; say which, for whoever agrees to read ({OPTION} "{OUTCOMES}=WHY")'
        )
        return _check(pair, Finding.REFUSED, says)
    return _check(
        pair,
        Finding.NOTED,
        f"outcomes were corrected since the champion learned, as whoever asks answers for, because “{why}”: {told}",
    )


def _which(pair: Pair) -> str:
    """Which way the answers of a risk were changed."""
    if not pair.task.is_risk:
        return ""
    its, theirs = pair.challenger.model.taught, pair.champion.model.taught
    changed = [its[each] for each in its.keys() & theirs.keys() if its[each] != theirs[each]]
    return f" ({sum(changed):,} from no to yes, {len(changed) - sum(changed):,} from yes to no)"


def _agreement(beside: str, its: Mapping[str, int], others: Mapping[str, int]) -> Agreement:
    common = its.keys() & others.keys()
    return Agreement(beside, len(common), sum(its[each] != others[each] for each in common))


def _check(pair: Pair, finding: Finding, says: str) -> Check:
    return Check(name=CheckName.LABELS, task=pair.task, finding=finding, says=says)
