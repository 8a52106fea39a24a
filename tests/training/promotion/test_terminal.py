"""A list of promotions in a terminal: ids and refusals whole, every reason beside the name of who gave it."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from data.console import console as terminal
from data.promotion import (
    Check,
    CheckName,
    ComingInForce,
    Decided,
    Finding,
    InForceNow,
    Lapse,
    Promotion,
    Promotions,
    PromotionState,
    RolledBack,
    ToldLive,
)
from data.record import digest_of
from data.vocabulary import Task
from tests.data.test_plain_text import FORGED
from tests.fixtures.dossiers import a_dossier, noted
from training.promotion.terminal import in_force_words, one_line_each, tell_notes, tell_promotions, tell_verified

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
ID = "01a21e81-fe30-7b1e-8a44-5f0c2f6f9d11"
REFUSAL = f"sla_breach: {'a long sentence about a slice ' * 5}(difference +0.031, 95 % from +0.012 to +0.050)"
AGREED = Decided(verdict="approve", by="model-owner", at=AT, reason="no slice is worse")
BACK = RolledBack(by="auditor-2", at=AT, reason="complaints since noon")


def promotion(state: PromotionState, **also: Any) -> Promotion:
    return Promotion(
        promotion_id=ID,
        state=state,
        challenger=digest_of(b"new"),
        champion=digest_of(b"old"),
        requested_by="scientist",
        requested_at=AT,
        reason="another seed",
        dossier=digest_of(b"dossier"),
        **also,
    )


def shown(*items: Promotion, width: int = 80, unreadable: int = 0) -> str:
    console = Console(width=width, file=StringIO())
    tell_promotions(Promotions(items=items, unreadable=unreadable), console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("lapsed", "says"),
    [
        (None, "proposed"),
        (Lapse.OTHER_CHAMPION, "proposed, compared with another bundle than the one that serves now"),
        (Lapse.FILES_GONE, "proposed, its files are not here any more"),
    ],
)
def test_one_that_waits_and_that_nobody_can_agree_to_says_why(lapsed: Lapse | None, says: str) -> None:
    told = shown(promotion(PromotionState.PROPOSED, lapsed=lapsed), width=200)
    assert told.splitlines()[0] == f"{ID}  {says}"


@pytest.mark.parametrize("width", [20, 80, 200])
def test_an_id_stands_whole_on_its_line_at_any_width(width: int) -> None:
    assert shown(promotion(PromotionState.PROPOSED), width=width).splitlines()[0].split() == [ID, "proposed"]


def test_a_refusal_is_told_to_its_end() -> None:
    told = shown(promotion(PromotionState.REFUSED, refusals=(REFUSAL, "bundle: too large")))
    assert " ".join(f"refused: {REFUSAL} refused: bundle: too large".split()) in " ".join(told.split())
    assert max(map(len, told.splitlines())) <= 80


def test_everybody_stands_beside_their_own_reason() -> None:
    told = shown(promotion(PromotionState.APPROVED, decided=AGREED))
    assert "scientist asked: another seed" in told
    assert "model-owner agreed: no slice is worse" in told
    assert "rolled back" not in told


def test_one_that_was_taken_back_says_so_and_by_whom() -> None:
    told = shown(promotion(PromotionState.APPROVED, decided=AGREED, rolled_back=BACK))
    assert f"{ID}  approved, rolled back since" in told
    assert "auditor-2 rolled back: complaints since noon" in told


@pytest.mark.parametrize(
    ("state", "deed"),
    [(PromotionState.REJECTED, "did not agree"), (PromotionState.WITHDRAWN, "withdrew it")],
)
def test_a_no_of_another_is_told_apart_from_one_s_own(state: PromotionState, deed: str) -> None:
    no = AGREED.model_copy(update={"verdict": "reject"})
    assert f"{AGREED.by} {deed}: {AGREED.reason}" in shown(promotion(state, decided=no))


def test_one_whose_record_was_altered_says_so_before_all_else() -> None:
    told = shown(promotion(PromotionState.PROPOSED, altered="nobody can agree to it"))
    assert told.splitlines()[1].strip() == "altered: nobody can agree to it"


def test_nothing_of_what_was_recorded_before_acts_on_the_terminal_of_whoever_agrees(
    capsys: pytest.CaptureFixture[str],
) -> None:
    back = BACK.model_copy(update={"reason": f"complaints {FORGED}"})
    decided = AGREED.model_copy(update={"reason": f"fine {FORGED}"})
    odd = promotion(PromotionState.APPROVED, decided=decided, rolled_back=back, refusals=(f"labels {FORGED}",))
    tell_promotions(Promotions(items=(odd.model_copy(update={"reason": f"better {FORGED}"}),)), terminal())
    sent = a_dossier(digest_of(b"new"), digest_of(b"old"))
    forged = tuple(each.model_copy(update={"says": f"0 differ {FORGED}\u202e"}) for each in sent.checks)
    turned = sent.window.model_copy(update={"history": f"full.jsonl{FORGED}"})
    assert not tell_verified(sent.model_copy(update={"checks": forged, "window": turned}), sent, False, terminal())
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert told.count("␛[2J␛[H") >= 5
    assert told.splitlines()[-1] == "on the same history this is not what was sent: do not agree to it"


def test_those_that_cannot_be_shown_are_counted() -> None:
    assert "2 cannot be shown: their record was altered" in " ".join(shown(unreadable=2).split())


def test_none_is_said() -> None:
    assert "no promotion" in shown()


def test_what_is_in_force_names_who_agreed_and_who_asked_each_with_the_reason() -> None:
    now = InForceNow(bundle=digest_of(b"new"), came=ComingInForce.PROMOTION, since=AT, by="model-owner", reason="good")
    asked = now.model_copy(update={"requested_by": "scientist", "requested_because": "another seed"})
    assert in_force_words(asked).endswith("2026-11-23 09:00 UTC, by model-owner: good; scientist asked: another seed")
    assert in_force_words(now).endswith("by model-owner: good")


def test_a_task_whose_checks_all_say_the_same_is_one_line_and_another_keeps_its_own() -> None:
    def check(name: CheckName, task: Task, says: str) -> Check:
        return Check(name=name, task=task, finding=Finding.PASSED, says=says)

    names = (CheckName.LOG_LOSS, CheckName.LABELS, CheckName.SLICES)
    same = [
        check(name, task, "the champion's own model") for task in (Task.STOCKOUT, Task.ROOT_CAUSE) for name in names
    ]
    apart = [check(name, Task.SLA_BREACH, f"what {name.value} found") for name in names]
    told = [(each.task, name) for each, name in one_line_each([*same, *apart])]
    assert told[:2] == [(Task.STOCKOUT, "3 checks"), (Task.ROOT_CAUSE, "3 checks")]
    assert told[2:] == [(Task.SLA_BREACH, name.value) for name in names]


def test_what_was_noted_is_told_as_the_words_of_the_dossier_that_was_sent() -> None:
    sent = a_dossier(digest_of(b"new"), digest_of(b"old"), checks=tuple(noted("only 640 later cases")))
    live = promotion(PromotionState.PROPOSED, told_live=(ToldLive(name="dock_slot", told=3, cases=200),))
    console = Console(width=80, file=StringIO())
    tell_notes(sent, live, console)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().splitlines() == [
        "the dossier that was sent says: sla_breach: only 640 later cases",
        "the service says: dock slot is told by 3 of the newest 200 cases that came in",
    ]


def test_the_same_words_of_two_findings_are_two_lines() -> None:
    both = [
        Check(name=name, task=Task.STOCKOUT, finding=finding, says="few cases")
        for name, finding in ((CheckName.LABELS, Finding.NOTED), (CheckName.SLICES, Finding.REFUSED))
    ]
    assert [name for _, name in one_line_each(both)] == ["labels", "slices"]
