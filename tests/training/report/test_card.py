from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data.horizons import UNSAID
from data.vocabulary import Task
from models.bundle import open_bundle
from models.profile import FeatureProfile
from models.task_model import TaskModel
from policies.policy import load_policy
from tests.fixtures.histories import parts
from training.commands.train import app
from training.histories.history import open_history
from training.progress import Silent
from training.report.card import card, card_of
from training.train import Order, train

PAIR = (Task.SLA_BREACH, Task.ROOT_CAUSE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundle")
    at = datetime(2026, 11, 23, tzinfo=UTC)
    train(open_history(parts()[0]), Order(PAIR, out, load_policy(), at, threads=1, test_share=0.2), Silent())
    return out


def model_of(folder: Path, task: Task = Task.SLA_BREACH) -> TaskModel:
    return open_bundle(folder).models[task].model


def test_the_card_says_the_numbers_of_the_bundle(folder: Path) -> None:
    model = model_of(folder)
    told = card_of(model)
    area = model.metrics["model"]["roc_auc"]
    assert [each.name for each in told.results] == ["this model", "the rules", "the base rate alone"]
    assert told.results[0].ranking == f"{100 * area:.0f} %"
    assert f"{model.metrics['n']:,} measured cases the promise broke" in told.sentences[0]
    assert dict(told.window)["learned from"].startswith(f"{model.lineage['fitted_on']['n']:,} cases of earlier.jsonl")
    assert dict(told.origins)["data"] == open_history(parts()[0]).digest


def test_the_strongest_features_speak_in_their_own_words(folder: Path) -> None:
    model = model_of(folder)
    about = {each.about for each in model.features().features}
    told = card_of(model).strongest
    assert len(told) == 8
    assert all(name in about for name, _ in told)
    assert any("the risk" in says for _, says in told)


def test_facts_that_lie_elsewhere_are_named_unless_chance_explains_it(folder: Path) -> None:
    model = model_of(folder)
    about = {each.name: each.about for each in model.features().features}
    one, other, third = sorted(model.telling)[:3]
    kept = model.metrics["report"]["moved"]
    assert kept
    assert all(level in ("none", "moderate", "large") for _, _, level in kept)

    def said(moved: list[list[Any]]) -> list[str]:
        report = {**model.metrics["report"], "moved": moved}
        limits = card_of(replace(model, metrics={**model.metrics, "report": report})).limits
        return [each for each in limits if "had been" in each]

    (told,) = said([[one, 0.12, "moderate"], [other, 5.7, "none"]])
    assert about[one][1:] in told
    assert about[other][1:] not in told
    assert said([[other, 5.7, "none"]]) == []
    (before,) = said([[one, 0.26], [third, 0.24]])  # A bundle of before tells no verdict.
    assert about[one][1:] in before
    assert about[third][1:] not in before


def test_of_a_fact_that_begins_anew_no_trend_is_told(folder: Path) -> None:
    model = model_of(folder)
    both = [{"feature": name, "strength": 1.0, "more": 1} for name in ("hour_of_day", "queue_length")]
    report = {**model.metrics["report"], "strongest": both}
    told = dict(card_of(replace(model, metrics={**model.metrics, "report": report})).strongest)
    assert told["The number of tasks that wait in the node"].startswith("The more, the higher the risk.")
    assert "risk" not in told["The hour of the day"]
    assert told["The hour of the day"].startswith("Usually ")


def test_of_words_those_are_told_that_occurred_the_commonest_first(folder: Path) -> None:
    model = model_of(folder)
    assert model.profile is not None
    (channel,) = (each for each in model.features().features if each.name == "channel")

    def told(*mine: FeatureProfile) -> str:
        others = [each for each in model.profile.features if each.name != "channel"] if model.profile else []
        profile = replace(model.profile, features=(*others, *mine)) if model.profile else None
        report = {**model.metrics["report"], "strongest": [{"feature": "channel", "strength": 1.0, "more": 0}]}
        changed = replace(model, profile=profile, metrics={**model.metrics, "report": report})
        return card_of(changed).strongest[0][1]

    one, other = (channel.levels[code].replace("_", " ") for code in (1, 3))
    two = FeatureProfile("channel", 100, (0.1, 0.2, 0.0, 0.7, 0.0), codes=(1, 2, 3))
    assert told(two) == f"One of 2: {other}, {one}."
    more = FeatureProfile("channel", 100, (0.0, 0.2, 0.7, 0.1), codes=(1, 3))
    assert told(more).startswith(f"One of {len(channel.levels)}: {other}, {one}, ")
    assert told().startswith(f"One of {len(channel.levels)}: "), "a bundle that kept no profile"


def test_what_is_usual_is_told_in_one_unit(folder: Path) -> None:
    model = model_of(folder)
    strongest = [{"feature": "queue_minutes", "strength": 1.0, "more": 1}]
    report = {**model.metrics["report"], "strongest": strongest}
    reference = {**model.reference, "queue_minutes": (1440.0, 7200.0, 11520.0)}
    told = card_of(replace(model, reference=reference, metrics={**model.metrics, "report": report})).strongest
    assert told[0][1].endswith("Usually 1 day to 8 days, in the middle 5 days.")


def test_a_label_task_is_told_by_what_was_right(folder: Path) -> None:
    told = card_of(model_of(folder, Task.ROOT_CAUSE))
    assert told.found_heading == "right"
    assert any(each.startswith("Its likeliest label was right in ") for each in told.sentences)


@pytest.mark.parametrize(
    ("horizon", "says"),
    [
        ("P1D", "how likely the shelf at stake runs empty within the next day"),
        ("P90D", "how likely the shelf at stake runs empty within the next 90 days"),
        (UNSAID, "how likely the shelf at stake runs empty"),
    ],
)
def test_a_stock_out_is_told_for_the_time_the_model_speaks_of(folder: Path, horizon: str, says: str) -> None:
    told = replace(model_of(folder), task=Task.STOCKOUT, horizon=horizon, columns=())
    assert card_of(replace(told, metrics={**told.metrics, "report": {}})).predicts == says


@pytest.mark.parametrize(
    ("model", "rules", "says"),
    [
        (0.7, 0.5, "no better than the base rate"),
        (0.5, 0.4, "but not the rules"),
        (0.4, 0.5, "better than the rules"),
        (0.4, 0.6, "base rate; the rules say no more than that"),
    ],
)
def test_the_verdict_is_as_good_as_the_numbers(folder: Path, model: float, rules: float, says: str) -> None:
    told = model_of(folder)
    losses = {"model": model, "rules": rules, "base": 0.6}
    metrics = {**told.metrics, **{side: {**told.metrics[side], "log_loss": loss} for side, loss in losses.items()}}
    assert says in card_of(replace(told, metrics=metrics)).verdict


def test_weak_slices_are_named_and_what_they_hold_is_escaped(folder: Path) -> None:
    told = model_of(folder)
    weak = {
        "feature": "attribute.desk_name",
        "level": "<b>north</b>",
        "n": 44,
        "rate": 0.5,
        "said": 0.2,
        "log_loss": 0.9,
        "base_log_loss": 0.7,
        "roc_auc": None,
        "weak": True,
    }
    page = card(replace(told, metrics={**told.metrics, "report": {**told.metrics["report"], "slices": [weak]}}))
    assert (
        "desk name &lt;b&gt;north&lt;/b&gt;, 44 cases: said 20 % on average, came true in 50 %; no better here" in page
    )
    assert "<b>north" not in page


def at_a_level(told: TaskModel, said: float, **report: Any) -> TaskModel:
    """A model that said so much on average of 911 cases of which 16 % came true."""
    side = {**told.metrics["model"], "said": said, "accuracy": 0.16}
    metrics = {**told.metrics, "n": 911, "base_rate": 0.157, "model": side}
    return replace(told, metrics={**metrics, "report": {**told.metrics["report"], "slices": [], **report}})


def test_a_wrong_level_is_told_with_its_direction(folder: Path) -> None:
    told = card_of(at_a_level(model_of(folder), 0.07))
    assert "beside what comes true, on average: it said 7 % where 16 % came true, more than" in told.sentences[-1]
    assert "fairlead recalibrate" in told.sentences[-1]
    assert (told.level, told.weak) == ("it said 7 % where 16 % came true", ())
    labels = card_of(at_a_level(model_of(folder, Task.ROOT_CAUSE), 0.07))
    assert "it said that 7 % of its likeliest labels are right, and 16 % were" in labels.sentences[-1]


def test_a_level_that_chance_explains_is_no_weakness(folder: Path) -> None:
    told = card_of(at_a_level(model_of(folder), 0.15))
    assert told.sentences[-1].endswith("percentage points beside what comes true, on average.")
    assert (told.level, told.weak) == ("", ())


def test_a_bundle_that_tells_no_mean_is_told_by_its_bins(folder: Path) -> None:
    told = at_a_level(model_of(folder), 0.0, reliability=[[0.05, 0.1, 455], [0.09, 0.214, 456]])
    side = {name: value for name, value in told.metrics["model"].items() if name != "said"}
    old = replace(told, metrics={**told.metrics, "model": side})
    assert card_of(old).level == "it said 7 % where 16 % came true"
    bare = card_of(replace(old, metrics={**old.metrics, "report": {}}))
    assert (bare.level, bare.weak) == ("", ())


def weak_part(page: str) -> str:
    """What stands under "Where it is weak", as it is read."""
    part = page.partition('<h2 id="weak">')[2].partition("</section>")[0]
    return " ".join(re.sub("<[^>]*>", " ", part).split())


def test_what_holds_of_all_cases_stands_apart_from_the_groups_that_differ(folder: Path) -> None:
    told = model_of(folder)
    group = {**told.metrics["report"]["slices"][0], "n": 57, "said": 0.31, "rate": 0.02, "weak": True}
    fine = {**group, "n": 58, "weak": False}
    level = "Where it is weak Of all cases: it said 7 % where 16 % came true."
    both = weak_part(card(at_a_level(told, 0.07, slices=[group, fine])))
    assert both.startswith(f"{level} Groups that differ from that: ")
    assert "57 cases: said 31 % on average, came true in 2 %" in both
    assert "58 cases" not in both
    groups = weak_part(card(at_a_level(told, 0.15, slices=[group])))
    assert groups.startswith("Where it is weak Groups that differ from all cases: ")
    none = weak_part(card(at_a_level(told, 0.07, slices=[fine])))
    assert none.startswith(f"{level} In none of the 1 groups that were looked at")
    assert none.endswith("clearly beside what came true otherwise than of all cases.")
    assert "No group was looked at" in weak_part(card(at_a_level(told, 0.07)))


def with_losses(told: TaskModel, model: float, base: float, said: float | None, rate: float) -> TaskModel:
    """A model whose log loss is this, beside a base rate that said so much of cases of this rate."""
    of_base = {key: value for key, value in told.metrics["base"].items() if key != "said"} | {"log_loss": base}
    of_base |= {} if said is None else {"said": said}
    of_model = {**told.metrics["model"], "log_loss": model}
    return replace(told, metrics={**told.metrics, "base_rate": rate, "base": of_base, "model": of_model})


@pytest.mark.parametrize(
    ("model", "said", "rate", "says"),
    [
        (
            0.4897,
            0.6252,
            0.3315,
            "40 % closer to what happened than who says the past's 63 % of every case, and 23 % closer to it than who "
            "had known that it is 33 % this time, which nobody does before.",
        ),
        (0.7, 0.6252, 0.3315, "14 % closer to what happened than who says the past's 63 % of every case, and 10 % fur"),
        (0.9, 0.6252, 0.3315, "11 % further from what happened than who says the past's 63 % of every case, and 42 %"),
        (0.4897, None, 0.3315, "40 % closer to what happened than who says the past's rate of every case, and 23 %"),
        (0.4897, 0.6252, 0.0, "40 % closer to what happened than who says the past's 63 % of every case."),
    ],
)
def test_a_share_of_the_loss_is_told_beside_whose_rate_it_is(
    folder: Path, model: float, said: float | None, rate: float, says: str
) -> None:
    told = card_of(with_losses(model_of(folder), model, 0.8117, said, rate))
    assert told.sentences[1].startswith(f"It lies {says}")


def test_the_card_names_the_rate_that_the_measured_cases_were_compared_with(folder: Path) -> None:
    told = model_of(folder)
    past = f"the past's {100 * told.metrics['base']['said']:.0f} %"
    page = " ".join(card(told).split())
    assert f'<th scope="col">closer than who says {past}</th>'.replace("'", "&#39;") in page
    labels = card_of(model_of(folder, Task.ROOT_CAUSE))
    assert labels.sentences[1].endswith("than who says the past's rates of every case.")
    at = told.lineage["fitted_on"]["from"]
    moment = {**told.lineage, "tested_on": {**told.lineage["tested_on"], "to": at}}
    assert card_of(replace(told, lineage=moment)).base.startswith("the other cases' ")


def test_no_groups_are_no_praise(folder: Path) -> None:
    page = card(at_a_level(model_of(folder), 0.15))
    assert "No group was looked at" in page
    assert "none of the 0" not in page


def test_a_group_that_is_all_of_the_cases_is_none(folder: Path) -> None:
    told = model_of(folder).metrics["report"]["slices"][0]
    whole = {**told, "n": 911, "weak": True}
    page = card(at_a_level(model_of(folder), 0.15, slices=[whole]))
    assert "is that of 30 cases or more without being that of all" in " ".join(page.split())
    part = card(at_a_level(model_of(folder), 0.15, slices=[{**whole, "n": 910}]))
    assert "No group was looked at" not in part
    assert "910 cases: said" in part


def test_a_bundle_without_a_report_still_has_a_card(folder: Path) -> None:
    told = model_of(folder)
    bare = {key: value for key, value in told.metrics.items() if key != "report"}
    assert "Train again" in card(replace(told, metrics=bare))


def test_the_page_is_complete_in_itself(folder: Path) -> None:
    page = card(model_of(folder))
    assert not re.search(r"https?://|<script|<link|<img|url\(", page)


def test_the_command_writes_the_card_and_names_the_bundle(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "card.html"
    done = CliRunner().invoke(app, ["card", str(folder), "--task", "sla_breach", "--out", str(out)])
    assert done.exit_code == 0, done.stderr
    assert open_bundle(folder).digest in out.read_text(encoding="utf-8")
    told = CliRunner().invoke(app, ["card", str(folder), "--task", "stockout", "--out", str(out)])
    assert told.exit_code == 1
    assert "has no stockout" in " ".join(told.stderr.split())
    told = CliRunner().invoke(app, ["card", str(folder), "--task", "sla_breach", "--out", str(tmp_path)])
    assert told.exit_code == 1
    assert "cannot be written" in " ".join(told.stderr.split())


AGAIN = {"history": "late.jsonl", "data": "sha256:aa", "bundle": "sha256:bb", "n": 1_171, "from": 2e9, "to": 2.01e9}


def recalibrated(told: TaskModel, **more: Any) -> TaskModel:
    return replace(told, lineage={**told.lineage, "recalibrated_on": {**AGAIN, **more}})


def test_the_card_of_a_recalibrated_model_tells_both_windows_and_of_which_its_numbers_are(folder: Path) -> None:
    told = card_of(recalibrated(model_of(folder), measured_on={"n": 586, "from": 2.005e9, "to": 2.01e9}))
    window = dict(told.window)
    assert "learned from" not in window
    assert window["its trees learned from"].endswith("cases of earlier.jsonl, " + window_of(model_of(folder)))
    assert window["recalibrated on"] == "1,171 cases of late.jsonl, 18 May 2033 to 10 September 2033"
    n = model_of(folder).metrics["n"]
    assert window["measured on"].startswith(f"{n:,} of these, which its trees had not seen: the later half, 15 July 20")
    assert dict(told.origins)["recalibrated from"] == "sha256:bb"
    page = card(recalibrated(model_of(folder)))
    assert "It knows nothing" not in page
    assert "its calibrator knows nothing that happened after 10 September 2033" in page
    assert "from the same cases" not in page


def window_of(model: TaskModel) -> str:
    return dict(card_of(model).window)["learned from"].partition(", ")[2]


def test_a_recalibrated_bundle_of_before_is_not_told_to_be_trained_for_a_picture(folder: Path) -> None:
    told = recalibrated(model_of(folder))
    page = card(replace(told, metrics={key: value for key, value in told.metrics.items() if key != "report"}))
    assert page.count("An earlier Fairlead recalibrated this bundle and kept none of this for it.") == 3
    assert "published without" not in page
    assert "No group was looked at" not in page, "nobody knows what was looked at"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_card_fits_the_screen_and_asks_nobody(
    browser: Any, folder: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    file = tmp_path / "card.html"
    file.write_text(card(model_of(folder)), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(13, 21, 26)") == (scheme == "dark")


@pytest.mark.parametrize(
    ("left_out", "weighted", "says"),
    [
        ({}, False, []),
        ({}, True, ["Cases count by how seldom outcomes like theirs are told"]),
        ({"no_outcome": 1_234}, False, ["Left out of what it learned from and was measured on: 1,234 of which no out"]),
        ({"too_young": 5}, True, ["Left out of what it learned from and was measured on: 5 so young"]),
        (
            {"too_young": 5, "not_known_yet": 7},
            True,
            ["Left out of what it learned from and was measured on: 5 so", "Known cases count for about 7 like them"],
        ),
    ],
)
def test_a_card_says_what_was_left_out_and_for_whom_the_others_count(
    folder: Path, left_out: dict[str, int], weighted: bool, says: list[str]
) -> None:
    model = model_of(folder)
    told = replace(model, lineage={**model.lineage, "left_out": left_out, "selection_weighted": weighted})
    found = [each for each in card_of(told).limits if each.startswith(("Left out", "Known cases", "Cases count"))]
    assert len(found) == len(says)
    assert all(each.startswith(start) for each, start in zip(found, says, strict=True))
