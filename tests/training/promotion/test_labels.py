"""How many answers may differ before labels count as changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.promotion import Finding
from data.vocabulary import Task
from models.taught import KEPT, event_key, sample
from tests.fixtures.task_models import task_model
from training.promotion.attested import Attested
from training.promotion.labels import ANSWERABLE, FEWEST, Agreement, check
from training.promotion.sides import Pair, Side

Answers = dict[str, int]


@pytest.mark.parametrize("share", [0.02, 0.05, 0.10])
@pytest.mark.parametrize("common", [1_000, 4_000])
def test_flipped_labels_are_refused_however_the_dice_fall(share: float, common: int) -> None:
    rng = np.random.default_rng(1)
    drawn = rng.binomial(common, share, size=200)
    assert np.mean([Agreement("it", common, int(differ)).refuses for differ in drawn]) >= (
        1.0 if common == 4_000 else 0.95
    )


def test_a_few_corrections_of_the_books_are_not_a_reason() -> None:
    rng = np.random.default_rng(2)
    assert not any(Agreement("it", 3_000, int(d)).refuses for d in rng.binomial(3_000, 0.003, size=200))
    assert not Agreement("it", 3_000, 0).refuses


def test_too_few_events_in_common_prove_nothing() -> None:
    assert not Agreement("it", 99, 99).refuses


def test_two_samples_of_overlapping_events_have_most_in_common() -> None:
    keys = [event_key("oms", f"e-{number}") for number in range(12_000)]
    earlier, all_of_them = sample(keys[:9_000], [0] * 9_000), sample(keys, [1] * 12_000)
    assert len(earlier) == len(all_of_them) == KEPT
    assert len(earlier.keys() & all_of_them.keys()) > 0.6 * KEPT


def test_an_events_key_does_not_tell_its_name_and_keeps_source_and_id_apart() -> None:
    assert "e-1" not in event_key("oms", "e-1")
    assert event_key("oms1", "1") != event_key("oms", "11")


def answers(n: int = 1_000, wrong: int = 0) -> Answers:
    """What happened in so many events, told wrongly of the first."""
    return {f"event {number}": int(number % 3 == 0) ^ int(number < wrong) for number in range(n)}


def judged(
    its: Answers,
    champion: Answers,
    history: Answers,
    kept: bool = False,
    attested: Attested | None = None,
    task: Task = Task.SLA_BREACH,
) -> tuple[Finding, str]:
    nothing = np.zeros((1, 1))
    one, other = (Side(replace(task_model(task), taught=taught), nothing, nothing) for taught in (champion, its))
    pair = Pair(task, np.zeros(1, np.int64), np.arange(1), np.arange(1), one, other)
    told = check(pair, {task: history}, kept, attested)
    return told.finding, told.says


CHANGED, UNLIKE = "labels were changed before the challenger learned", "the history tells other outcomes than both"
NOTHING: Answers = {}


@pytest.mark.parametrize(
    ("its", "champion", "history", "finding", "says"),
    [
        (answers(), answers(), answers(), Finding.PASSED, "it was taught what happened: 0 of 1,000 differ from what"),
        (answers(wrong=5), answers(), answers(), Finding.PASSED, "5 of 1,000 differ from what the champion was taught"),
        (answers(wrong=20), answers(), answers(), Finding.REFUSED, CHANGED),
        (answers(wrong=20), answers(), answers(wrong=20), Finding.REFUSED, CHANGED),
        (answers(wrong=20), NOTHING, answers(), Finding.REFUSED, CHANGED),
        (answers(wrong=20), answers(FEWEST - 1, 20), answers(), Finding.REFUSED, CHANGED),
        (answers(), answers(), answers(wrong=20), Finding.REFUSED, UNLIKE),
        (answers(), answers(), NOTHING, Finding.PASSED, "0 of 1,000 differ from what the champion was taught"),
        (answers(), NOTHING, answers(), Finding.PASSED, "0 of 1,000 differ from what the history tells"),
        (answers(), NOTHING, NOTHING, Finding.NOTED, "so wrong labels cannot be told: give a history with them"),
        (answers(wrong=50), answers(FEWEST - 1), NOTHING, Finding.NOTED, "50 of 99 differ from what the champion"),
    ],
)
def test_the_challenger_s_answers_are_held_against_whoever_knows_enough_of_them(
    its: Answers, champion: Answers, history: Answers, finding: Finding, says: str
) -> None:
    told = judged(its, champion, history)
    assert told[0] is finding
    assert says in told[1]


def test_of_a_kept_model_another_history_is_noted_and_of_a_new_one_refused() -> None:
    told = judged(answers(), answers(), answers(wrong=20), kept=True)
    assert told[0] is Finding.NOTED
    assert "the champion's own model, so nothing was taught anew" in told[1]
    assert judged(answers(), answers(), answers(), kept=True)[0] is Finding.PASSED


WHY = {"outcomes": "the carrier corrected its scans in May"}


def test_of_outcomes_that_the_history_tells_as_it_was_taught_somebody_says_why() -> None:
    corrected, unsaid = answers(wrong=20), judged(answers(wrong=20), answers(), answers(wrong=20))
    assert unsaid[0] is Finding.REFUSED
    assert "20 of 1,000 differ from what the champion was taught" in unsaid[1]
    assert "(13 from no to yes, 7 from yes to no)" in unsaid[1]
    assert '--attest "outcomes=WHY"' in unsaid[1]
    said = judged(corrected, answers(), corrected, attested=WHY)
    assert said[0] is Finding.NOTED
    assert "because “the carrier corrected its scans in May”: 20 of 1,000 differ" in said[1]
    assert "(13 from no to yes, 7 from yes to no)" in said[1]


def test_which_way_labels_were_changed_is_said_of_risks_alone() -> None:
    corrected = answers(wrong=20)
    told = judged(corrected, answers(), corrected, task=Task.ROOT_CAUSE)
    assert told[0] is Finding.REFUSED
    assert "from no to yes" not in told[1]
    assert judged(corrected, answers(), corrected, attested=WHY, task=Task.ROOT_CAUSE)[0] is Finding.NOTED


@pytest.mark.parametrize(
    ("its", "champion", "history"),
    [
        (answers(wrong=20), answers(), answers()),
        (answers(wrong=20), answers(), NOTHING),
        (answers(wrong=20), answers(), answers(FEWEST - 1, 20)),
        (answers(), answers(), answers(wrong=20)),
        (answers(wrong=51), answers(), answers(wrong=51)),
    ],
)
def test_nobody_answers_for_labels_that_the_history_does_not_tell_or_for_too_many(
    its: Answers, champion: Answers, history: Answers
) -> None:
    told = judged(its, champion, history, attested=WHY)
    assert told[0] is Finding.REFUSED
    assert "--attest" not in told[1]


def test_up_to_one_answer_in_twenty_can_be_answered_for() -> None:
    most = int(ANSWERABLE * 1_000)
    told = judged(answers(wrong=most), answers(), answers(wrong=most), attested=WHY)
    assert told[0] is Finding.NOTED


def test_what_is_said_of_something_else_does_not_answer_for_outcomes() -> None:
    told = judged(answers(wrong=20), answers(), answers(wrong=20), attested={"attribute.outcomes": "known at once"})
    assert told[0] is Finding.REFUSED


def test_outcomes_that_nobody_changed_need_no_answer() -> None:
    assert judged(answers(), answers(), answers(), attested=WHY)[0] is Finding.PASSED


@pytest.mark.parametrize(("known", "finding"), [(900, Finding.NOTED), (950, Finding.PASSED)])
def test_events_that_nobody_else_knows_are_told(known: int, finding: Finding) -> None:
    """A challenger that learned these days under other names has many of them."""
    told = judged(answers(), answers(600), answers(known))
    assert told[0] is finding
    assert told[1].startswith("it was taught what happened: 0 of 600 differ from what the champion was taught; 0 of ")
    assert ("; 100 of 1,000 events that it learned from are known to neither" in told[1]) == (known == 900)
