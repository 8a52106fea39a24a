"""A dossier that says less than a comparison needs, or tells of days that taught, is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.promotion import CheckName, Dossier
from data.record import digest_of, plain
from data.vocabulary import Task
from serving.models.grounds import faults
from serving.models.learned import Learned, Made
from tests.fixtures.bundles import a_bundle
from tests.fixtures.dossiers import WITHOUT_TIMES, a_dossier, measured, numbers, passed, refused, send
from tests.fixtures.service import NOON, Desk, open_desk

BEGINS = NOON - timedelta(days=30)
SIDES = digest_of(b"new"), digest_of(b"old")


def made(until: datetime | None, version: str) -> Made:
    learned = Learned(version, "history", 1_000, None, None, None, until)
    return Made(NOON, {Task.SLA_BREACH: learned})


def pointers(dossier: Dossier, champion: Made | None, challenger: Made | None) -> list[str]:
    return [each.pointer for each in faults(dossier, champion, challenger, (Task.SLA_BREACH,), NOON)]


def dossier(**changes: Any) -> Dossier:
    return a_dossier(*SIDES, tasks=(Task.SLA_BREACH,), **changes)


EARLY, LATE = BEGINS - timedelta(days=1), BEGINS + timedelta(days=1)


@pytest.mark.parametrize(
    ("champion", "challenger", "told"),
    [(EARLY, EARLY, False), (LATE, EARLY, True), (EARLY, LATE, True), (EARLY, BEGINS, True), (None, None, False)],
)
def test_days_that_taught_either_are_no_ground(
    champion: datetime | None, challenger: datetime | None, told: bool
) -> None:
    found = pointers(dossier(), made(champion, "one"), made(challenger, "other"))
    assert found == ["/dossier/window/begins"] * told


def test_of_a_kept_model_nothing_is_asked() -> None:
    assert pointers(dossier(resamples=1), made(LATE, "same"), made(LATE, "same")) == []


def test_cases_without_days_and_manifests_that_are_gone_are_judged_by_what_is_left() -> None:
    assert pointers(dossier(window=WITHOUT_TIMES), made(None, "one"), made(None, "other")) == []
    assert pointers(dossier(resamples=999), None, None) == ["/dossier/resamples"]


def test_days_are_not_passed_over_as_cases_without_any() -> None:
    told = pointers(dossier(window=WITHOUT_TIMES), made(EARLY, "one"), made(EARLY, "other"))
    assert told == ["/dossier/window/untaught"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"tasks": (Task.STOCKOUT,), "new_tasks": (Task.SLA_BREACH,)}, ["/dossier/tasks", "/dossier/new_tasks"]),
        ({"new_tasks": (Task.STOCKOUT,)}, ["/dossier/new_tasks"]),
        ({"checks": (*passed(), passed()[0])}, ["/dossier/checks"]),
        ({"differences": measured()["differences"][:1] + measured()["differences"]}, ["/dossier/differences"]),
        ({"shares": numbers()["shares"][:1] * 2}, ["/dossier/shares"]),
        ({"calibrations": measured()["calibrations"][:1] + measured()["calibrations"]}, ["/dossier/calibrations"]),
    ],
)
def test_what_stands_there_twice_or_calls_a_task_new_is_not_believed(changes: dict[str, Any], told: list[str]) -> None:
    given = a_dossier(*SIDES, **{"tasks": (Task.SLA_BREACH,), **changes})
    assert pointers(given, made(EARLY, "one"), made(EARLY, "other")) == told


def test_days_that_taught_a_new_task_are_no_ground_either() -> None:
    challenger = made(EARLY, "other")
    learned = Learned("new", "history", 1_000, None, None, None, LATE)
    both = Made(NOON, {**challenger.tasks, Task.STOCKOUT: learned})
    told = dossier(new_tasks=(Task.STOCKOUT,))
    assert pointers(told, made(EARLY, "one"), both) == ["/dossier/window/begins"]


def test_a_task_is_new_where_the_champion_cannot_answer_it_whatever_its_manifest_says() -> None:
    told = a_dossier(*SIDES, tasks=(), new_tasks=(Task.SLA_BREACH,))
    assert list(faults(told, made(EARLY, "one"), made(EARLY, "other"), (), NOON)) == []
    assert pointers(told, made(EARLY, "one"), made(EARLY, "other")) == ["/dossier/tasks", "/dossier/new_tasks"]


def test_numbers_are_asked_of_a_task_whose_model_changes_and_of_no_other() -> None:
    bare = dossier(differences=(), calibrations=())
    assert pointers(bare, made(EARLY, "one"), made(EARLY, "other")) == ["/dossier/differences", "/dossier/calibrations"]
    assert pointers(bare, made(EARLY, "same"), made(EARLY, "same")) == []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    a_bundle(tmp_path / "bundle", seed=1)
    opened = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    with opened.client:
        yield opened


def test_the_service_asks_for_a_comparison_unless_it_refuses_anyway(desk: Desk, tmp_path: Path) -> None:
    challenger, champion = (
        send(desk, a_bundle(tmp_path / "challenger", seed=2)),
        desk.get("/v1/models").json()["bundle"],
    )
    few = a_dossier(challenger, champion).window.model_copy(update={"n": 12, "exceptions": 12})
    passes, fails = (a_dossier(challenger, champion, window=few, checks=tuple(each)) for each in (passed(), refused()))
    answer = desk.post("/v1/models/promotions", {"dossier": plain(passes), "reason": "learned May"}, "scientist")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/dossier/window/exceptions"
    answer = desk.post("/v1/models/promotions", {"dossier": plain(fails), "reason": "learned May"}, "scientist")
    assert answer.json()["state"] == "refused"


def test_the_service_asks_for_moments_that_have_come_and_for_numbers_that_agree(desk: Desk, tmp_path: Path) -> None:
    challenger = send(desk, a_bundle(tmp_path / "challenger", seed=2))
    honest = a_dossier(challenger, desk.get("/v1/models").json()["bundle"])
    first, *others = honest.differences
    worse = first.model_copy(update={"challenger": 3.0, "difference": 2.5, "low": 2.0, "high": 3.0})
    forged = honest.model_copy(update={"made_at": NOON + timedelta(days=1_800), "differences": (worse, *others)})
    told = desk.post("/v1/models/promotions", {"dossier": plain(forged), "reason": "learned May"}, "scientist")
    assert told.status_code == 422
    at = [(each.name, each.task) for each in honest.checks].index((CheckName.LOG_LOSS, first.task))
    assert [each["pointer"] for each in told.json()["errors"]] == ["/dossier/made_at", f"/dossier/checks/{at}/finding"]
    answer = desk.post("/v1/models/promotions", {"dossier": plain(honest), "reason": "learned May"}, "scientist")
    assert answer.json()["state"] == "proposed"
