"""Challenger against champion on later days: an honest one passes, a damaged one is stopped with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.outcome import HistoryLine
from data.plain_text import in_one_line, texts_at
from data.promotion import CheckName, Dossier, Finding, Metric
from data.record import digest_of, plain
from data.vocabulary import Task
from models.bundle import open_bundle
from models.predictors import ModelPredictor
from models.taught_values import KEPT
from policies.policy import load_policy
from tests.fixtures.few_trees import few_trees
from tests.fixtures.promotions import AT, CHALLENGER, CHAMPION, Line, challenger, champion, later, lines, taught, write
from training.errors import HistoryError
from training.histories.history import open_history
from training.histories.truth import truth_of
from training.progress import Silent
from training.promotion.compare import compare
from training.promotion.page import page

FEW_RESAMPLES = 50
"""Enough where it is no score that decides."""


def promotion(folder: Path, history: Path | None = None) -> Dossier:
    opened = open_history(history or later())
    return compare(open_bundle(folder), open_bundle(champion()), opened, load_policy(), AT, Silent(), resamples=200)


def of_few_trees(name: str, told: tuple[Line, ...] | list[Line], seed: int = 0) -> Path:
    """A challenger whose scores are no matter."""
    with few_trees():
        return taught(name, told, seed)


@pytest.fixture(scope="module")
def honest() -> Dossier:
    return promotion(challenger())


def test_a_history_may_hold_any_sign_and_its_dossier_says_it_in_texts_that_do_not_act() -> None:
    odd = later().with_name("goes-on \u202e\x1b[2J.jsonl")
    odd.write_bytes(later().read_bytes())
    dossier = promotion(challenger(), odd)
    assert dossier.window.history == "goes-on \ufffd␛[2J.jsonl"
    assert all(in_one_line(text) for _, text in texts_at(plain(dossier)))


def refusing(dossier: Dossier) -> set[CheckName]:
    return {check.name for check in dossier.refusals}


def breached(line: Line) -> int:
    return truth_of(Task.SLA_BREACH, HistoryLine.model_validate_json(json.dumps(line)))


def with_case(line: Line, **facts: Any) -> Line:
    return {**line, "case": {**line["case"], **facts}}


def flip(line: Line) -> Line:
    truth = breached(line)
    return line if truth < 0 else {**line, "outcome": {**line["outcome"], "sla_breached": not truth}}


def test_an_honest_retraining_passes_with_every_check_made(honest: Dossier) -> None:
    assert honest.refusals == ()
    assert honest.unmade == ()
    assert {each.metric for each in honest.differences} == set(Metric)


def test_both_are_compared_on_the_days_after_both(honest: Dossier) -> None:
    first = datetime.fromisoformat(lines()[CHALLENGER]["case"]["event"]["time"]).astimezone(UTC)
    assert honest.window.begins
    assert honest.window.begins >= first
    assert honest.window.n <= len(lines()) - CHALLENGER


def test_a_history_that_begins_in_the_midst_of_the_training_is_noted(honest: Dossier) -> None:
    cut = write("cut-in-the-midst", lines()[CHALLENGER - 100 :])
    (noted,) = (each for each in promotion(challenger(), cut).checks if each.name is CheckName.WINDOW)
    assert "the history tells 100 cases, where about" in noted.says
    (whole,) = (each for each in honest.checks if each.name is CheckName.WINDOW)
    assert "of the time before" not in whole.says


def test_a_bundle_compared_with_itself_differs_by_nothing() -> None:
    dossier = promotion(champion())
    assert dossier.challenger == dossier.champion
    assert {(each.difference, each.low, each.high) for each in dossier.differences} == {(0.0, 0.0, 0.0)}
    assert dossier.refusals == ()


def test_the_same_seed_gives_the_same_numbers(honest: Dossier) -> None:
    again = promotion(challenger())
    assert again.differences == honest.differences
    assert again.slices == honest.slices


def test_two_percent_flipped_labels_are_seen_one_by_one_beside_the_champions() -> None:
    rng = np.random.default_rng(5)
    flipped = [flip(line) if rng.random() < 0.02 else line for line in lines()[:CHALLENGER]]
    dossier = promotion(of_few_trees("flipped", flipped))
    (check,) = (each for each in dossier.refusals if each.name is CheckName.LABELS)
    assert "labels were changed" in check.says


def test_a_history_of_other_outcomes_is_told_from_changed_labels(honest: Dossier) -> None:
    """Both were taught alike: it is the history that differs, and a kept model was not taught anew."""
    told = [flip(line) if number % 10 == 0 else line for number, line in enumerate(lines())]
    other = write("other-outcomes", told)
    (refused,) = (each for each in promotion(challenger(), other).refusals if each.name is CheckName.LABELS)
    assert "the history tells other outcomes than both were taught" in refused.says
    itself = promotion(champion(), other)
    (noted,) = (each for each in itself.checks if each.name is CheckName.LABELS)
    assert noted.finding is Finding.NOTED
    assert "nothing was taught anew" in noted.says
    assert itself.refusals == ()
    assert honest.refusals == ()


@pytest.mark.parametrize("share", [0.05, 0.10])
def test_more_flipped_labels_are_refused_as_well(share: float, honest: Dossier) -> None:
    """As a training keeps them with its model: the test before shows that it keeps what it was taught."""
    rng = np.random.default_rng(6)
    opened = open_bundle(challenger())
    model = opened.models[Task.SLA_BREACH].model
    told = {event: 1 - truth if rng.random() < share else truth for event, truth in model.taught.items()}
    bad = replace(opened, models={Task.SLA_BREACH: ModelPredictor(replace(model, taught=told), "flipped")})
    dossier = compare(
        bad, open_bundle(champion()), open_history(later()), load_policy(), AT, Silent(), resamples=FEW_RESAMPLES
    )
    assert refusing(dossier) == {CheckName.LABELS}, "all else is the honest one's"
    assert honest.refusals == ()


def test_who_learned_the_compared_days_is_found_by_what_it_keeps_of_them(honest: Dossier) -> None:
    """Its manifest was written over with what an honest training says of its days."""
    opened, before = open_bundle(of_few_trees("knows-all", lines(), seed=2)), open_bundle(challenger())
    model, says = (each.models[Task.SLA_BREACH].model for each in (opened, before))
    bent = replace(
        model, lineage={**model.lineage, **{name: says.lineage[name] for name in ("fitted_on", "tested_on")}}
    )
    bad = replace(opened, models={Task.SLA_BREACH: ModelPredictor(bent, "bent")})
    dossier = compare(
        bad, open_bundle(champion()), open_history(later()), load_policy(), AT, Silent(), resamples=FEW_RESAMPLES
    )
    (check,) = (each for each in dossier.refusals if each.name is CheckName.WINDOW)
    assert "taught the challenger" in check.says
    assert honest.refusals == ()


def test_a_column_written_after_the_fact_is_a_suspected_leak() -> None:
    told = [with_case(line, attributes={"closing_code": "late" if breached(line) else "fine"}) for line in lines()]
    dossier = promotion(of_few_trees("leaked", told[:CHALLENGER]), write("leaked-later", told))
    (check,) = (each for each in dossier.refusals if each.name is CheckName.ATTRIBUTION)
    assert "closing_code" in check.says


def three_in_four(line: Line) -> Line:
    """A code that is right three times in four, by a hash of the case."""
    right = int(digest_of(line["case"]["exception_id"])[-4:], 16) % 4 > 0
    return with_case(line, attributes={"closing_code": "late" if breached(line) == right else "fine"})


def test_a_column_that_is_right_three_times_in_four_is_refused_until_somebody_answers_for_it() -> None:
    told = [three_in_four(line) for line in lines()]
    its, goes_on = open_bundle(taught("weakly-leaked", told[:CHALLENGER])), open_history(write("weak-later", told))

    def compared(attested: dict[str, str]) -> Dossier:
        theirs = open_bundle(champion())
        return compare(its, theirs, goes_on, load_policy(), AT, Silent(), resamples=FEW_RESAMPLES, attested=attested)

    kept = its.models[Task.SLA_BREACH].model.values
    assert len(kept["attribute.closing_code"]) == KEPT, "what its events told is in the bundle that was trained"
    assert "queue_minutes" in kept, "facts too"
    assert not [name for name in kept if name.startswith(("standing.", "common."))], "what is counted nobody told"
    (check,) = compared({}).refusals
    assert check.name is CheckName.ATTRIBUTION
    assert '--attest "closing_code=HOW"' in check.says
    answered = compared({"closing_code": "typed by the gate before anything is due"})
    assert answered.refusals == ()
    assert plain(answered)["attested"] == [
        {"name": "closing_code", "says": "typed by the gate before anything is due"},
    ]
    (noted,) = (each for each in answered.checks if each.name is CheckName.ATTRIBUTION)
    assert noted.finding is Finding.NOTED
    assert "“typed by the gate before anything is due”" in noted.says


def test_exchanged_columns_are_named() -> None:
    def exchanged(line: Line) -> Line:
        work = line["case"].get("workflow") or {}
        if not {"queue_minutes", "queue_length"} <= work.keys():
            return line
        swapped = {**work, "queue_minutes": work["queue_length"], "queue_length": round(work["queue_minutes"])}
        return with_case(line, workflow=swapped)

    dossier = promotion(of_few_trees("swapped", [exchanged(line) for line in lines()[:CHALLENGER]]))
    (check,) = (each for each in dossier.refusals if each.name is CheckName.COLUMNS)
    assert "queue_minutes" in check.says
    assert "queue_length" in check.says


@pytest.mark.parametrize("told", [slice(0, CHALLENGER, 4), slice(CHALLENGER - 300, CHALLENGER)], ids=["thin", "short"])
def test_an_honest_challenger_of_few_cases_is_not_accused_of_other_columns(told: slice) -> None:
    """What it counted of parties is lower, because it has met fewer cases of them."""
    dossier = promotion(of_few_trees(f"few-{told.start}", lines()[told]))
    (check,) = (each for each in dossier.checks if each.name is CheckName.COLUMNS)
    assert check.finding is Finding.PASSED, check.says
    assert "count what a history told" in check.says


def test_a_challenger_that_lost_a_task_or_a_file_is_refused(tmp_path: Path) -> None:
    lacking = compare(
        open_bundle(challenger()),
        _with_another_task(open_bundle(champion())),
        open_history(later()),
        load_policy(),
        AT,
        Silent(),
        resamples=20,
    )
    assert CheckName.TASKS in refusing(lacking)
    assert "stockout would be lost" in lacking.refusals[0].says


def _with_another_task(bundle: Any) -> Any:
    return replace(bundle, models={**bundle.models, Task.STOCKOUT: bundle.models[Task.SLA_BREACH]})


def test_two_bundles_without_a_task_in_common_are_said_to_have_none() -> None:
    opened = open_bundle(champion())
    other = replace(opened, models={Task.STOCKOUT: opened.models[Task.SLA_BREACH]})
    with pytest.raises(HistoryError, match="there is no task to compare; train the challenger with --beside"):
        compare(open_bundle(challenger()), other, open_history(later()), load_policy(), AT, Silent())


def test_too_few_later_cases_are_refused_not_guessed_from() -> None:
    dossier = promotion(challenger(), write("few", lines()[: CHALLENGER + 60]))
    assert refusing(dossier) == {CheckName.WINDOW}


def test_a_history_without_later_days_is_said() -> None:
    with pytest.raises(HistoryError, match="no case later than"):
        promotion(challenger(), write("ends", lines()[:CHAMPION]))


def test_the_page_says_the_verdict_first_and_escapes_what_came_from_data(honest: Dossier) -> None:
    assert "<strong>It may</strong>" in page(honest)
    hostile = honest.window.model_copy(update={"history": "<script>alert(1)</script>.jsonl"})
    told = page(honest.model_copy(update={"window": hostile}))
    assert "<script>" not in told
    assert "&lt;script&gt;" in told
