"""What carries the scores: a feature that suddenly carries most of one was probably written after the fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from data.amounts import percent
from data.promotion import Check, CheckName, Difference, Finding, Share
from training.promotion.attested import OPTION, Attested, said_of
from training.promotion.kindred import ATTRIBUTE, MOST_NAMED, Carried, alone, together
from training.promotion.later import Floats
from training.promotion.news import New, news
from training.promotion.sides import Pair, Side
from training.report.verdict import suspects_of

ROWS = 150
"""Rows explained: shares of mean contributions settle soon."""
LISTED = 15
ASKED = 8
GAINERS = 3
NOTED = 6
"""Names in a note: whoever agrees reads them all; the dossier keeps the shares and what is answered for."""
POINT = 0.01
"""Less is no gain to speak of."""
CARRIES = 0.30
"""A feature with this share of a score carries it."""
GAINED = 0.20
"""How much more than the champion's it must be."""
NEW = GAINED / 4
"""With this share of a score, a feature that the champion does not know is one to ask about."""
TOO_GOOD = 0.25
"""A log loss so much lower comes from the outcome itself sooner than from a better model."""
BETTER = 0.05
"""A log loss so much lower is asked about where a feature that both know gained so many points of the score."""
ALIKE = 0.5
"""Rank correlation below which the two decide by other facts."""

_NOBODY_ANSWERS = f"What carries so much nobody can answer for by {OPTION}: train without it"

Shares = dict[str, float]


def explained(pair: Pair) -> tuple[Floats, Floats]:
    """What each feature contributes to the likeliest answer of either side, on rows spread over all: float64[m, k]."""
    champion, challenger = (_explained(side) for side in pair.sides)
    return champion, challenger


def shares(pair: Pair, contributions: tuple[Floats, Floats]) -> tuple[Share, ...]:
    """Each feature's share of the mean absolute contribution, the most important of either first."""
    champion, challenger = (_shares(*each) for each in zip(pair.sides, contributions, strict=True))
    names = sorted({*champion, *challenger}, key=lambda each: (-_largest(champion, challenger, each), each))
    return tuple(
        Share(
            task=pair.task,
            feature=name,
            champion=_rounded(champion.get(name)),
            challenger=_rounded(challenger.get(name)),
        )
        for name in names
    )


def check(pair: Pair, found: tuple[Share, ...], loss: Difference, attested: Attested | None = None) -> Check:
    """Whether a feature looks like the outcome, is new, or the two decide by other facts; kindred ones are one.

    Of what is new and decides somebody must say how it is known before the outcome (`attested`). A refusal names
    features exactly, for whoever asks looks them up; a note names them in words, for whoever agrees.
    """
    gained = -loss.difference > TOO_GOOD * loss.champion and loss.high < 0
    judged = together(found, pair)
    told = [each for each in alone(found, pair) if gained or each.champion is None]
    first = max([*judged, *told], key=lambda each: each.gained)
    suspects = first.challenger >= CARRIES and first.gained >= GAINED
    if suspects or (gained and first.gained >= NEW):
        answered = any(said_of(each, attested or {}) is not None for each in first.names)
        nobody = f". {_NOBODY_ANSWERS}" if answered else ""
        return _check(
            pair, Finding.REFUSED, f"suspected leak: {_carries(first)}; check that {_before_it(first)}{nobody}"
        )
    new = [each for each in news(found, pair) if each.carried.challenger >= NEW]
    unsaid = [each for each in new if each.told and said_of(each.name, attested or {}) is None]
    if unsaid:
        return _check(pair, Finding.REFUSED, _asked(unsaid))
    notes = [*_suspected(pair), *_better(judged, first, loss, gained)]
    if new:
        notes.append(_news(new, NOTED - GAINERS if notes else NOTED, attested or {}))
    if notes:
        return _check(pair, Finding.NOTED, "; ".join(notes))
    alike = rank_correlation(judged)
    if alike < ALIKE:
        other = f"the two decide by other facts (rank correlation {alike:.2f}); {_in_words(first)}"
        return _check(pair, Finding.NOTED, other)
    return _check(pair, Finding.PASSED, f"the two decide by the same facts (rank correlation {alike:.2f})")


def _suspected(pair: Pair) -> Iterator[str]:
    """What whoever trained it was told by the check."""
    columns = [column for column, _ in suspects_of(pair.challenger.model.lineage)]
    if columns:
        more = f" and {len(columns) - NOTED} more" if len(columns) > NOTED else ""
        yield (
            f"before it was trained, fairlead history check suspected {', '.join(columns[:NOTED])}{more} of holding "
            "what happened later: ask who knows the table"
        )


def rank_correlation(found: Sequence[Carried]) -> float:
    """Spearman's, of the features' shares in both; features that neither uses are left out."""
    used = [each for each in found if (each.champion or 0.0) + each.challenger > 0.0]
    if len(used) < 3:
        return 1.0
    ranks = [_ranks(np.array([getattr(each, side) or 0.0 for each in used])) for side in ("champion", "challenger")]
    if any(each.std() == 0 for each in ranks):
        return 0.0
    return float(np.asarray(np.corrcoef(np.stack(ranks)))[0, 1])


def _better(judged: Sequence[Carried], first: Carried, loss: Difference, gained: bool) -> Iterator[str]:
    """What to ask where the challenger is so much better that a column may have become the outcome a little."""
    lower = f"log loss is {percent(-loss.difference / loss.champion)} lower"
    if gained:
        yield f"{lower}: too good? {_in_words(first, GAINERS)}"
    elif loss.high < 0 and -loss.difference > BETTER * loss.champion:
        most = sorted((each for each in judged if each.champion is not None), key=lambda each: -each.gained)[:GAINERS]
        gainers = [each for each in most if each.gained >= POINT]
        told = "; ".join(_in_words(each, GAINERS // len(gainers)) for each in gainers)
        yield f"{lower}: ask what it is told more of, and when that is known. {told or 'Nothing known gained'}"


def _asked(unsaid: Sequence[New]) -> str:
    """What is new, and what whoever asks is to say of it."""
    told = "; ".join(_carries(each.carried) for each in unsaid[:ASKED])
    names = ",".join(each.name.removeprefix(ATTRIBUTE) for each in unsaid)
    they = "it is" if len(unsaid) == 1 else "they are"
    return (
        f"something new decides: {told}. What is written after the fact looks so too: say how {they} known before the "
        f'outcome, for whoever agrees to read ({OPTION} "{names}=HOW")'
    )


def _news(new: Sequence[New], most: int, attested: Attested) -> str:
    """What is new, the most important first, and how many others are."""
    more = [f"and {len(new) - most} more"] if len(new) > most else []
    return "something new decides: " + "; ".join([*(_answered(each, attested) for each in new[:most]), *more])


def _answered(new: New, attested: Attested) -> str:
    said = said_of(new.name, attested)
    known = "" if said is None else f" (known before the outcome, says whoever asks: “{said}”)"
    return f"{_in_words(new.carried)}{known}"


def _carries(told: Carried) -> str:
    return f"{told.says} {_shares_of(told)}"


def _in_words(told: Carried, most: int = MOST_NAMED) -> str:
    return f"{told.in_words(most)} {_shares_of(told)}"


def _shares_of(told: Carried) -> str:
    one = len(told.names) == 1
    before = "the champion does not know " + ("it" if one else "them")
    if told.champion is not None:
        before = f"{percent(told.champion)} of the champion's"
    return f"{percent(told.challenger)} of the score, {before}"


def _before_it(told: Carried) -> str:
    known = "it is known" if len(told.names) == 1 else "they are known"
    return f"{known} before the outcome: ask who fills it in, and when (fairlead history check finds plain leaks alone)"


def _explained(side: Side) -> Floats:
    rows = np.linspace(0, len(side.features) - 1, min(ROWS, len(side.features))).astype(np.intp)
    chosen = side.probabilities[rows].argmax(axis=1)
    answers = zip(rows, chosen, strict=True)
    return np.array([side.model.score.contributions(side.features[row], int(answer)) for row, answer in answers])


def _shares(side: Side, contributions: Floats) -> Shares:
    mean = np.abs(contributions).mean(axis=0)
    total = float(mean.sum()) or 1.0
    return {name: float(each) / total for name, each in zip(side.model.features().names, mean, strict=True)}


def _largest(champion: Shares, challenger: Shares, name: str) -> float:
    return max(champion.get(name, 0.0), challenger.get(name, 0.0))


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks, those of equal values averaged."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[where], np.float64)


def _check(pair: Pair, finding: Finding, says: str) -> Check:
    return Check(name=CheckName.ATTRIBUTION, task=pair.task, finding=finding, says=says[:2_000])
