"""Which cases a card's numbers are of, from the windows of a lineage."""

from __future__ import annotations

from typing import Any

import pytest

from training.report.windows import counted, knows_until, no_report, rates_of, windows

DAY = 86_400.0
TRAINED: dict[str, Any] = {
    "history": "first.jsonl",
    "fitted_on": {"n": 900, "from": 0.0, "to": 100 * DAY},
    "tested_on": {"n": 90, "from": 91 * DAY, "to": 100 * DAY},
}
AGAIN: dict[str, Any] = {
    "history": "second.jsonl",
    "n": 600,
    "from": 101 * DAY,
    "to": 150 * DAY,
    "measured_on": {"n": 300, "from": 120 * DAY, "to": 150 * DAY},
}


def recalibrated(trained: dict[str, Any] = TRAINED, **more: Any) -> dict[str, Any]:
    return {**trained, "recalibrated_on": {**AGAIN, **more}}


ONE_MOMENT = {
    "history": "first.csv",
    "fitted_on": {"n": 900, "from": 5.0, "to": 5.0},
    "tested_on": {"n": 90, "from": 5.0, "to": 5.0},
}


def test_a_training_was_measured_on_its_latest_days() -> None:
    told = dict(windows(TRAINED, 90))
    assert told == {
        "learned from": "900 cases of first.jsonl, 1 January 1970 to 11 April 1970",
        "measured on": "90 cases it had not seen, 2 April 1970 to 11 April 1970",
    }
    assert next(knows_until(TRAINED)).startswith("It knows nothing that happened after 11 April 1970.")
    assert "the same cases" in rates_of(TRAINED)


def test_a_recalibrated_model_was_measured_on_the_later_half_of_its_labels() -> None:
    told = dict(windows(recalibrated(), 300))
    assert told["its trees learned from"] == "900 cases of first.jsonl, 1 January 1970 to 11 April 1970"
    assert told["recalibrated on"] == "600 cases of second.jsonl, 12 April 1970 to 31 May 1970"
    assert told["measured on"] == (
        "300 of these, which its trees had not seen: the later half, 1 May 1970 to 31 May 1970, by a calibrator of the "
        "earlier half"
    )
    known, rehearsed = knows_until(recalibrated())
    assert known.startswith("Its trees know nothing that happened after 11 April 1970; its calibrator knows nothing ")
    assert "after 31 May 1970" in known
    assert "what ships is calibrated on both" in rehearsed
    assert "the base rate is, from what its trees learned from" in rates_of(recalibrated())


def test_labels_of_days_that_taught_the_trees_are_not_called_new() -> None:
    earlier: dict[str, Any] = {"from": 80 * DAY}
    told = recalibrated(**earlier)
    assert "not seen" not in dict(windows(told, 300))["measured on"]
    assert "may flatter it" in list(knows_until(told))[-1]


def test_a_bundle_recalibrated_before_tells_no_days_of_the_half() -> None:
    old = recalibrated()
    del old["recalibrated_on"]["measured_on"]
    assert dict(windows(old, 300))["measured on"].endswith(": the later half, by a calibrator of the earlier half")
    assert "earlier Fairlead recalibrated" in no_report(old)
    assert "Train again" in no_report(TRAINED)


@pytest.mark.parametrize(
    ("again", "half", "says"),
    [
        ({}, "the later half", "What its trees learned from carries one moment; its calibrator knows nothing that "),
        (
            {"from": 5.0, "to": 5.0, "measured_on": {"from": 5.0, "to": 5.0}},
            "the other half, by",
            "All cases carry one",
        ),
    ],
)
def test_trees_that_learned_without_times(again: dict[str, Any], half: str, says: str) -> None:
    told = recalibrated(ONE_MOMENT, **again)
    measured = dict(windows(told, 300))["measured on"]
    assert half in measured
    assert "not seen" not in measured
    assert next(knows_until(told)).startswith(says)
    assert len(list(knows_until(told))) == 2


def test_what_was_left_out_is_told_of_both() -> None:
    told = recalibrated({**TRAINED, "left_out": {"no_outcome": 7}}, left_out={"no_outcome": 3}, selection_weighted=True)
    assert list(counted(told)) == [
        "Left out of what its trees learned from: 7 of which no outcome is told.",
        "Left out of what it was recalibrated and measured on: 3 of which no outcome is told.",
        "Cases count by how seldom outcomes like theirs are told, in what its calibrator learned and where all "
        "measured cases are spoken of.",
    ]
    assert list(counted({**TRAINED, "left_out": {"no_outcome": 7}})) == [
        "Left out of what it learned from and was measured on: 7 of which no outcome is told."
    ]
