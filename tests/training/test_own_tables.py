"""Tables of other shapes become models by YAML alone: backorders without times, late shipments over several files."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from data.explanation import ModelStep
from data.record import Unit, canonical
from data.standing import Standing
from data.vocabulary import Task
from models.bundle import open_bundle
from policies.policy import load_policy
from policies.predicting import horizon_of
from tests.fixtures.tables import backorders, shipments
from training.commands.drift import app as drift_app
from training.commands.promotion import app as promotion_app
from training.commands.train import app
from training.histories.history import open_history
from training.progress import Silent
from training.report.card import card_of
from training.tables.mapping import load_mapping
from training.train import Order, train

run = CliRunner()
BACKORDERS = Path("examples/mappings/backorders.yaml")
AT = datetime(2026, 11, 23, tzinfo=UTC)
SHIPMENTS = Path("examples/mappings/late_shipments.yaml")


def trained_and_scored(task: str, mapping: Path, taught: Path, scored: Path, out: Path) -> tuple[str, Any]:
    mapped = ["--mapping", str(mapping)]
    told = run.invoke(
        app, ["train", task, "--history", str(taught), "--out", str(out), "--no-track", "--threads", "1", *mapped]
    )
    assert told.exit_code == 0, told.stderr
    asked = run.invoke(app, ["evaluate", str(out), "--task", task, "--history", str(scored), "--json", *mapped])
    assert asked.exit_code == 0, asked.stderr
    return " ".join(told.stderr.split()) + " ".join(asked.stderr.split()), json.loads(asked.stdout)


def test_a_table_without_times_trains_and_scores_and_says_how_it_was_split(tmp_path: Path) -> None:
    taught, scored = backorders(tmp_path / "taught.csv"), backorders(tmp_path / "scored.csv", 400, seed=6)
    said, scores = trained_and_scored("stockout", BACKORDERS, taught, scored, tmp_path / "bundle")
    assert "split by a hash of exception_id instead of time" in said
    assert "all carry one moment" in said
    assert scores["n"] == 400
    assert scores["model"]["roc_auc"] > 0.75
    assert scores["model"]["log_loss"] < scores["base"]["log_loss"]


def test_a_derived_number_tells_more_than_its_parts_and_live_articles_tell_the_parts_alone(halves: Path) -> None:
    model = open_bundle(halves / "large").models[Task.STOCKOUT].model
    lines = list(open_history(halves / "fresh.csv", load_mapping(BACKORDERS)).lines())
    assert not any({"coming", "cover"} & line.case.attributes.keys() for line in lines)
    features = model.features()
    place = features.names.index("attribute.cover")
    known = [line.case for line in lines if line.case.attributes["forecast_3m"]]
    for case in known[:50]:
        own = case.attributes
        told = [own[each] for each in ("inventory", "in_transit", "forecast_3m")]
        inventory, coming, forecast = (float(each) for each in told if isinstance(each, int | float))
        assert features.vector(case, Standing(as_of=case.event.time))[place] == (inventory + coming) / forecast
    strongest = model.metrics["report"]["strongest"][0]["feature"]
    assert strongest == "attribute.cover"


def test_the_order_of_a_file_without_times_does_not_reach_the_split(tmp_path: Path) -> None:
    lines = list(open_history(backorders(tmp_path / "b.csv"), load_mapping(BACKORDERS)).lines())
    latest = [line.outcome.stockout for line in lines[-200:] if line.outcome]
    assert 0.2 < sum(map(bool, latest)) / len(latest) < 0.6


def test_sentinels_decimal_commas_and_words_for_flags_arrive_as_they_are_meant(tmp_path: Path) -> None:
    cases = [line.case for line in open_history(backorders(tmp_path / "b.csv"), load_mapping(BACKORDERS)).lines()]
    performance = [case.attributes.get("performance") for case in cases]
    measured = [each for each in performance if isinstance(each, float)]
    assert 0.0 <= min(measured) < max(measured) <= 1.0
    assert 50 < sum(each is None for each in performance) < 250
    assert {case.attributes["ppap_risk"] for case in cases} == {True, False}
    assert any(case.attributes["inventory"] == -5.0 for case in cases)
    assert len({case.exception_id for case in cases}) == len(cases)


def test_late_shipments_over_several_files_train_and_score(tmp_path: Path) -> None:
    orders = shipments(tmp_path)
    said, scores = trained_and_scored("sla_breach", SHIPMENTS, orders, orders, tmp_path / "bundle")
    assert "the latest days" in said
    assert scores["n"] > 1_100
    assert scores["model"]["roc_auc"] > 0.8
    assert scores["model"]["log_loss"] < scores["rules"]["log_loss"]


def test_facts_come_from_every_file(tmp_path: Path) -> None:
    lines = list(open_history(shipments(tmp_path), load_mapping(SHIPMENTS)).lines())
    items = pd.read_csv(tmp_path / "items.csv").groupby("order_id")
    for line in lines[:50]:
        case, theirs = line.case, items.get_group(line.case.exception_id)
        assert case.order
        assert case.order.value == int(theirs["price"].sum())
        assert case.attributes["lines"] == len(theirs)
        assert case.supplier
        assert case.supplier.id == theirs["seller_id"].iloc[0]
        assert case.attributes["route"] == f"{case.attributes['seller_state']}-{case.region}"
    assert all(line.outcome and line.outcome.sla_breached is not None for line in lines)


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two bundles of one table, `small` and `large`, and files that neither, or both, learned from."""
    folder = tmp_path_factory.mktemp("halves")
    backorders(folder / "whole.csv", 1_600)
    whole = pd.read_csv(folder / "whole.csv", dtype=str).sample(frac=1.0, random_state=1)
    whole[:700].to_csv(folder / "small.csv", index=False)
    whole[:1_100].to_csv(folder / "large.csv", index=False)
    whole[1_100:].to_csv(folder / "fresh.csv", index=False)
    for name in ("small", "large"):
        taught(folder / f"{name}.csv", folder / name)
    return folder


def taught(table: Path, out: Path, mapping: Path = BACKORDERS) -> None:
    history = open_history(table, load_mapping(mapping))
    train(history, Order((Task.STOCKOUT,), out, load_policy(), AT, threads=1), Silent())


def promoted(halves: Path, file: str, out: Path, mapping: Path = BACKORDERS, challenger: str = "large") -> Result:
    asked = ["promote", str(halves / challenger), "--champion", str(halves / "small"), "--history", str(halves / file)]
    asked += ["--reason", "learned more articles"]
    return run.invoke(promotion_app, [*asked, "--mapping", str(mapping), "--out", str(out)])


def test_bundles_without_times_are_compared_on_rows_that_taught_neither_and_say_so(
    halves: Path, tmp_path: Path
) -> None:
    told = promoted(halves, "fresh.csv", tmp_path)
    assert told.exit_code == 0, told.stderr
    dossier = json.loads((tmp_path / "dossier.json").read_bytes())
    assert dossier["window"]["untaught"] == {"cases": 500, "looked_up": 500, "taught": 0, "left_out": 0, "at_most": 0.0}
    assert not {"begins", "ends"} & dossier["window"].keys()
    checks = {each["name"]: each for each in dossier["checks"]}
    assert checks["window"]["finding"] == "noted"
    assert "500 cases that taught neither" in checks["window"]["says"]
    assert "not later days" in checks["window"]["says"]
    assert "0 of 700 differ from what the champion was taught" in checks["labels"]["says"]
    page = (tmp_path / "dossier.html").read_text(encoding="utf-8")
    assert "not later days" in page
    assert "days after those that both say taught them" not in page


def test_rows_of_the_whole_table_that_taught_either_are_left_out(halves: Path, tmp_path: Path) -> None:
    assert promoted(halves, "whole.csv", tmp_path / "whole").exit_code == 0
    assert promoted(halves, "fresh.csv", tmp_path / "fresh").exit_code == 0
    one, other = (json.loads((tmp_path / name / "dossier.json").read_bytes()) for name in ("whole", "fresh"))
    assert one["window"]["untaught"]["left_out"] == one["window"]["untaught"]["taught"] == 1_100
    assert one["differences"] == other["differences"]
    labels = next(each["says"] for each in one["checks"] if each["name"] == "labels")
    assert "0 of 1,100 differ from what the history tells" in labels


def test_flipped_labels_are_found_without_times_too(halves: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(halves / "large.csv", dtype=str)
    flipped = frame["went"].map({"Yes": "No", "No": "Yes"}).where(frame.index % 20 == 0, frame["went"])
    frame.assign(went=flipped).to_csv(tmp_path / "flipped.csv", index=False)
    taught(tmp_path / "flipped.csv", halves / "flipped")
    told = promoted(halves, "fresh.csv", tmp_path, challenger="flipped")
    assert told.exit_code == 1
    assert "labels were changed" in " ".join(told.stdout.split())


def test_a_file_that_taught_them_is_refused_with_its_numbers(halves: Path, tmp_path: Path) -> None:
    told = promoted(halves, "large.csv", tmp_path)
    assert told.exit_code == 1
    assert "of 1,100 cases of large.csv 1,100 can be looked up, 1,100 of them taught" in " ".join(told.stderr.split())
    assert not (tmp_path / "dossier.json").exists()


def test_row_numbers_are_refused_as_names_of_rows(halves: Path, tmp_path: Path) -> None:
    by_row = tmp_path / "by_row.yaml"
    by_row.write_text(BACKORDERS.read_text(encoding="utf-8").replace("event.id: sku", "event.id: {row: true}"), "utf-8")
    told = promoted(halves, "fresh.csv", tmp_path, by_row)
    assert told.exit_code == 1
    assert "event.id column sku" in " ".join(told.stderr.split())
    asked = ["train", "stockout", "--history", str(halves / "large.csv"), "--mapping", str(by_row), "--trials", "0"]
    noted = run.invoke(app, [*asked, "--out", str(tmp_path / "rows"), "--no-track"])
    assert "names a row in this file alone" in " ".join(noted.stderr.split())
    run.invoke(app, [*asked, "--out", str(tmp_path / "again"), "--no-track", "--seed", "1"])
    asked = ["promote", str(tmp_path / "again"), "--champion", str(tmp_path / "rows"), "--mapping", str(by_row)]
    other = run.invoke(promotion_app, [*asked, "--history", str(halves / "fresh.csv"), "--reason", "another seed"])
    assert "event.id is the row's number" in " ".join(other.stderr.split())


def test_an_evaluation_on_what_was_taught_says_so(halves: Path) -> None:
    mapped = ["--mapping", str(BACKORDERS), "--task", "stockout", "--json"]
    own = run.invoke(app, ["evaluate", str(halves / "small"), "--history", str(halves / "large.csv"), *mapped])
    told = json.loads(own.stdout)["taught"]
    assert (told["cases"], told["looked_up"], told["taught"]) == (1_100, 1_100, 700)
    assert "700 of those taught the model" in " ".join(own.stderr.split())
    asked = [*mapped, "--context", str(halves / "large.csv")]
    other = run.invoke(app, ["evaluate", str(halves / "small"), "--history", str(halves / "fresh.csv"), *asked])
    assert "none of those taught the model" in " ".join(other.stderr.split())


def test_a_recalibration_keeps_what_taught_the_calibrator(halves: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(halves / "whole.csv", dtype=str)
    new = frame[~frame["sku"].isin(pd.read_csv(halves / "large.csv", dtype=str)["sku"])]
    rarer = new.assign(went=new["went"].where(new.reset_index().index % 2 == 0, "No"))
    rarer.to_csv(halves / "rarer.csv", index=False)
    asked = ["recalibrate", str(halves / "small"), "--task", "stockout", "--history", str(halves / "rarer.csv")]
    told = run.invoke(drift_app, [*asked, "--mapping", str(BACKORDERS), "--out", str(halves / "again"), "--no-track"])
    assert told.exit_code == 0, told.stderr
    kept = open_bundle(halves / "again").models[Task.STOCKOUT].model
    assert kept.lineage["recalibrated_on"]["kept"] is True
    assert len(kept.taught) == 700 + len(new)
    refused = promoted(halves, "rarer.csv", tmp_path, challenger="again")
    assert "500 can be looked up, 500 of them taught" in " ".join(refused.stderr.split())


def test_a_recalibration_on_what_taught_the_model_is_refused(halves: Path, tmp_path: Path) -> None:
    asked = ["recalibrate", str(halves / "small"), "--task", "stockout", "--history", str(halves / "small.csv")]
    told = run.invoke(drift_app, [*asked, "--mapping", str(BACKORDERS), "--out", str(tmp_path / "no"), "--no-track"])
    assert told.exit_code == 1
    assert "700 of them taught the model, and 0 are known to be new to it" in " ".join(told.stderr.split())
    assert not (tmp_path / "no").exists()


def test_a_recalibration_is_fitted_on_the_new_rows_of_a_file_alone(halves: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(halves / "whole.csv", dtype=str)
    frame.assign(went=frame["went"].where(frame.index % 2 == 0, "No")).to_csv(halves / "mixed.csv", index=False)
    asked = ["recalibrate", str(halves / "small"), "--task", "stockout", "--history", str(halves / "mixed.csv")]
    told = run.invoke(drift_app, [*asked, "--mapping", str(BACKORDERS), "--out", str(tmp_path / "new"), "--no-track"])
    assert told.exit_code == 0, told.stderr
    assert "700 cases are left out: they taught the model, or may have" in " ".join(told.stderr.split())
    assert open_bundle(tmp_path / "new").models[Task.STOCKOUT].model.lineage["recalibrated_on"]["n"] == 900


def test_the_card_asks_what_the_mapping_asks(halves: Path) -> None:
    content = card_of(open_bundle(halves / "small").models[Task.STOCKOUT].model)
    assert ("asked", "Will an article go on backorder?") in content.window


def test_own_attributes_are_told_in_the_words_of_the_mapping(halves: Path) -> None:
    predictor = open_bundle(halves / "small").models[Task.STOCKOUT]
    golden = predictor.model.golden[0]
    step = predictor.predict(golden.case, golden.standing).steps[0]
    assert isinstance(step, ModelStep)
    told = {each.feature: each for each in step.contributions}
    stock, performance = told["attribute.inventory"], told["attribute.performance"]
    assert re.match(r"the stock on hand is -?\d+(\.\d)?(; |$)", stock.says)
    assert (stock.called, stock.unit) == ("stock on hand", Unit.EACH)
    assert re.match(r"the delivery performance is (\d+ %|not known)", performance.says)
    about = dict(card_of(predictor.model).strongest)
    assert about["The stock on hand"].startswith("The more, the lower the risk. Usually ")


def test_a_unit_of_the_retailer_s_own_reaches_answers_card_and_promotion(halves: Path, tmp_path: Path) -> None:
    kilos = tmp_path / "kilos.yaml"
    kilos.write_text(BACKORDERS.read_text(encoding="utf-8").replace("hand, unit: each", "hand, unit: kg"), "utf-8")
    taught(halves / "large.csv", tmp_path / "kilos", kilos)
    predictor = open_bundle(tmp_path / "kilos").models[Task.STOCKOUT]
    golden = predictor.model.golden[0]
    step = predictor.predict(golden.case, golden.standing).steps[0]
    assert isinstance(step, ModelStep)
    stock = next(each for each in step.contributions if each.feature == "attribute.inventory")
    assert ModelStep.model_validate_json(canonical(step)) == step
    assert stock.unit == "kg"
    assert re.match(r"the stock on hand is -?\d+(\.\d+)? kg(; |$)", stock.says)
    usual = dict(card_of(predictor.model).strongest)["The stock on hand"]
    assert re.search(r"Usually \S+ kg to \S+ kg, in the middle \S+ kg\.", usual)
    compared = promoted(halves, "fresh.csv", tmp_path / "in_pieces", challenger=str(tmp_path / "kilos"))
    assert compared.exit_code == 0, compared.stderr


@pytest.mark.parametrize(("horizon", "told"), [("", None), ("horizon: P90D", "P90D")])
def test_a_model_without_times_speaks_of_no_day_but_of_what_its_mapping_says(
    halves: Path, tmp_path: Path, horizon: str, told: str | None
) -> None:
    text = BACKORDERS.read_text(encoding="utf-8").replace("  stockout: went", f"  stockout: went\n  {horizon}")
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    taught(halves / "small.csv", tmp_path / "bundle", tmp_path / "m.yaml")
    predictor = open_bundle(tmp_path / "bundle").models[Task.STOCKOUT]
    golden = predictor.model.golden[0]
    answer = predictor.predict(golden.case, golden.standing)
    assert horizon_of(answer, load_policy()) == told
    assert answer.steps[1].says.startswith("on other cases, scores like this came true in")
    predicts = card_of(predictor.model).predicts
    assert predicts == "how likely the shelf at stake runs empty" + (" within the next 90 days" if told else "")


def test_outcomes_of_another_time_are_told_refused_and_never_compared(halves: Path, tmp_path: Path) -> None:
    text = BACKORDERS.read_text(encoding="utf-8")
    for name, horizon in (("week", "P7D"), ("quarter", "P90D")):
        told = text.replace("  stockout: went", f"  stockout: went\n  horizon: {horizon}")
        (tmp_path / f"{name}.yaml").write_text(told, encoding="utf-8")
    taught(halves / "large.csv", tmp_path / "quarter", tmp_path / "quarter.yaml")
    week, fresh = ["--mapping", str(tmp_path / "week.yaml")], ["--history", str(halves / "fresh.csv")]
    asked = [str(tmp_path / "quarter"), "--task", "stockout", *fresh, *week]
    scored = run.invoke(app, ["evaluate", *asked, "--json"])
    assert (scored.exit_code, json.loads(scored.stdout)["horizon"]) == (0, "P90D")
    assert "fresh.csv tells whether a shelf ran empty within 7 days" in " ".join(scored.stderr.split())
    again = run.invoke(drift_app, ["recalibrate", *asked, "--no-track"])
    assert again.exit_code == 1
    assert "these are two questions" in " ".join(again.stderr.split())
    assert "these are two questions" in " ".join(run.invoke(drift_app, ["drift", *asked]).stderr.split())
    refused = promoted(
        halves, "fresh.csv", tmp_path / "d.html", tmp_path / "week.yaml", challenger=str(tmp_path / "quarter")
    )
    assert refused.exit_code == 1
    assert "Give outcomes of P90D" in " ".join(refused.stderr.split())


def test_the_card_of_a_model_without_times_speaks_of_no_days(halves: Path) -> None:
    told = " ".join(card_of(open_bundle(halves / "small").models[Task.STOCKOUT].model).limits)
    assert "without the measured cases" in told
    assert "latest days" not in told
