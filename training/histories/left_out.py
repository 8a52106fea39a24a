"""Cases that are in no score, or should be in none, because of their promise or their age: how many, by why."""

from __future__ import annotations

from collections.abc import Mapping

TAUGHT = "taught"
"""It is among those that teach."""
TELLS_NOTHING = "tells_nothing"
"""Its outcome tells of other tasks, or of none."""
PROMISE_PASSED = "promise_passed"
"""It had passed when the case was noticed: the service tells that breach as a fact."""
NO_OUTCOME = "no_outcome"
"""Nobody tells what came of it."""
PROMISE_OPEN = "promise_open"
"""It was not due when the history ended, of which kept ones are known and broken ones are not: left out."""
SCORED_OPEN = "promise_open_but_scored"
"""The same, where the cases are scored all the same, because somebody asked for the scores of just these."""
TOO_YOUNG = "too_young"
"""So young when the history ended that only what ends quickly could be known of them: left out."""
SCORED_YOUNG = "too_young_but_scored"
"""The same, where the cases are scored all the same."""
NOT_KNOWN_YET = "not_known_yet"
"""About so many cases are not known yet: those of them that are, of their outcome and age, count for them too."""


def counted(cases: Mapping[str, int]) -> dict[str, int]:
    """The kinds of which there are any."""
    return {kind: count for kind, count in cases.items() if count}


def left_out_words(cases: Mapping[str, int]) -> str:
    """How many were left out and why, to follow what says that too few are there; empty where none was."""
    told = reasons(cases)
    return f". Left out besides: {told}" if told else ""


def reasons(cases: Mapping[str, int]) -> str:
    """How many were left out and why, kind by kind; empty where none was."""
    return "; ".join(f"{count:,} {_WHY[kind]}" for kind, count in cases.items() if count and kind in _WHY)


_WHY = {
    NO_OUTCOME: "of which no outcome is told",
    TELLS_NOTHING: "whose outcome tells nothing of that",
    PROMISE_PASSED: "whose promise had passed when they were noticed, which leaves nothing to predict",
    PROMISE_OPEN: "whose promise is not due yet where the history ends, of which only kept ones can be known",
    TOO_YOUNG: "so young where the history ends that only what ends quickly can be known of them",
}
