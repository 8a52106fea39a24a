"""What earlier tasks say of a case comes from links that had not seen it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.vocabulary import Task
from features.attributes import EMPTY
from features.catalogue import feature_set
from training.histories.known import Known
from training.histories.rows import DAY
from training.learning.chain import Chain, earlier_tasks, fit_chain, with_chains

TYPE = Task.EXCEPTION_TYPE
N = 1_000
LABELS = 3


def _known(n: int = N, seed: int = 1) -> Known:
    """Cases whose type shows in a fact and in a word, each right two times of three."""
    dice = np.random.default_rng(seed)
    truth = dice.integers(0, LABELS, n)
    seen, said = (np.where(dice.random(n) < 0.67, truth, dice.integers(0, LABELS, n)) for _ in range(2))
    features = feature_set(TYPE, EMPTY)
    facts = np.full((n, len(features.names)), np.nan)
    facts[:, features.names.index("order_value")] = seen + dice.random(n) / 2
    messages: list[str | None] = [("split", "empty", "supplier")[word] if word != 0 else None for word in said]
    nothing: list[str | None] = [None] * n
    times = np.arange(float(n)) * DAY / 10
    return Known(times, truth, ["row"] * n, messages, facts, np.arange(n), nothing, np.full(n, np.nan))


def _chain(known: Known) -> Chain:
    chain = fit_chain(TYPE, known, EMPTY, threads=1, seed=0)
    assert chain is not None
    return chain


def test_it_tells_the_labels_of_cases_it_has_not_seen() -> None:
    known = _known()
    told = _chain(known).told(known, np.inf)
    assert np.isnan(told[: N // 5]).all(), "nothing had been learned before the first cut"
    later = told[N // 5 :]
    assert later.sum(axis=1) == pytest.approx(1.0)
    assert np.mean(later.argmax(axis=1) == known.truth[N // 5 :]) > 0.6


def test_what_is_said_of_a_case_does_not_depend_on_labels_from_its_part_on() -> None:
    known = _known()
    cut = 3 * N // 5
    other = replace(known, truth=np.where(np.arange(N) < cut, known.truth, 0))
    one, changed = (_chain(each).told(known, np.inf) for each in (known, other))
    assert np.array_equal(one[: cut + N // 5], changed[: cut + N // 5], equal_nan=True)
    assert not np.array_equal(one[cut + N // 5 :], changed[cut + N // 5 :])


def test_a_test_is_told_of_by_links_from_before_it() -> None:
    known = _known()
    test = float(known.times[N // 2])
    other = replace(known, truth=np.where(known.times < test, known.truth, 0))
    one, changed = (_chain(each).told(known, test) for each in (known, other))
    assert np.array_equal(one, changed, equal_nan=True)


def test_an_exception_that_goes_on_does_not_teach_what_tells_of_it() -> None:
    known = _known()
    going_on = known.exceptions.copy()
    going_on[: N // 5] = going_on[-N // 5 :]
    assert _chain(replace(known, exceptions=going_on)).until[0] > known.times[N // 5]


def test_the_link_that_ships_has_learned_from_every_case() -> None:
    known = _known()
    other = replace(known, truth=np.where(np.arange(N) < N - 100, known.truth, 0))
    one, changed = (_chain(each).whole.probabilities_batch(known.facts, known.messages) for each in (known, other))
    assert not np.array_equal(one, changed)


def test_a_link_says_of_a_history_what_it_will_say_when_it_serves() -> None:
    known = _known()
    chain = _chain(known)
    told, start = chain.told(known, np.inf), 4 * N // 5
    served = chain.links[-2].probabilities_batch(known.facts[start:], known.messages[start:])
    assert np.array_equal(told[start:], served), "to the last bit"


def test_a_later_task_finds_what_is_said_behind_its_facts() -> None:
    known, later = _known(), _known(seed=2)
    chain = _chain(known)
    both = with_chains(later, [chain], np.inf)
    k = later.facts.shape[1]
    assert np.array_equal(both.facts[:, :k], later.facts, equal_nan=True)
    assert np.array_equal(both.facts[:, k:], chain.told(later, np.inf), equal_nan=True)
    assert with_chains(later, [], np.inf) is later


@pytest.mark.parametrize("why", ["few cases", "one label", "no times", "no case"])
def test_what_cannot_teach_has_no_chain(why: str) -> None:
    known = _known()
    untold = {
        "few cases": known.at(np.arange(150)),
        "one label": replace(known, truth=np.zeros(N, np.int64)),
        "no times": replace(known, times=np.zeros(N)),
        "no case": known.at(np.arange(0)),
    }[why]
    assert fit_chain(TYPE, untold, EMPTY, threads=1, seed=0) is None


def test_a_chain_without_messages_reads_facts_alone() -> None:
    known = replace(_known(), messages=[None] * N)
    assert _chain(known).whole.text is None


def test_the_same_cases_give_the_same_links() -> None:
    one, other = (_chain(_known()).whole.trees.to_arrays() for _ in range(2))
    assert {name: array.tobytes() for name, array in one.items()} == {n: a.tobytes() for n, a in other.items()}


def test_the_tasks_that_others_read() -> None:
    assert earlier_tasks([Task.SLA_BREACH]) == (Task.EXCEPTION_TYPE, Task.ROOT_CAUSE)
    assert earlier_tasks([Task.ROOT_CAUSE, Task.STOCKOUT]) == (Task.EXCEPTION_TYPE,)
    assert earlier_tasks([Task.EXCEPTION_TYPE, Task.STOCKOUT]) == ()
