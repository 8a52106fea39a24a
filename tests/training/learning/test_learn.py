"""What a rehearsal measures is nothing that it was taught."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from data.vocabulary import Task
from features.attributes import EMPTY, MOST_CODED, AttributeSchema, Declaration
from features.catalogue import feature_set
from features.derived import Derived
from models.conformal import NO_AND_YES
from models.heeded_sets import AIMS
from models.taught import event_key
from models.taught_values import KEPT, digest
from training.histories.dataset import Study
from training.histories.known import Known
from training.histories.rows import DAY
from training.learning import learn as learning
from training.learning.learn import Learned, Origin, learn
from training.progress import Silent

EXCEPTIONS, UPDATES, LASTING = 60, 40, 0.2
N = EXCEPTIONS * UPDATES


def updates() -> Known:
    """Exceptions that last a fifth of the time, each with a fact of its own, an outcome by chance, and many rows."""
    dice = np.random.default_rng(5)
    begins = 0.9 * dice.random(EXCEPTIONS)
    moments = np.repeat(begins, UPDATES) + LASTING * dice.random(N)
    order = np.argsort(moments)
    exceptions = np.repeat(np.arange(EXCEPTIONS), UPDATES)[order]
    features = feature_set(Task.SLA_BREACH, EMPTY)
    facts = np.full((N, len(features.names)), np.nan)
    facts[:, features.names.index("order_value")] = dice.permutation(EXCEPTIONS)[exceptions]
    truth = (dice.permutation(EXCEPTIONS) % 2)[exceptions]
    nothing: list[str | None] = [None] * N
    return Known(moments[order] * 100 * DAY, truth, ["row"] * N, nothing, facts, exceptions, nothing, np.full(N, 20.0))


def learned(known: Known, attributes: AttributeSchema = EMPTY) -> Learned:
    lineage = {"history": "updates", "data": "sha256:0", "mapping": None, "policy": "sha256:0"}
    study = Study.ready(Task.SLA_BREACH, known, [])
    return learn(Task.SLA_BREACH, study, (), Origin(lineage, attributes, None, 1, 0), Silent())


def test_earlier_updates_tell_a_rehearsal_nothing_of_later_ones() -> None:
    """Taken for cases of their own, updates repeat what was taught: the outcomes of chance look foreseeable."""
    known = updates()
    alone = Known(**{**vars(known), "exceptions": np.arange(N)})
    honest, flattered = (learned(each).model for each in (known, alone))
    assert flattered.metrics["model"]["roc_auc"] > 0.9
    assert honest.metrics["model"]["roc_auc"] < 0.6


def test_the_model_that_ships_learns_from_every_update() -> None:
    lineage = learned(updates()).model.lineage
    assert lineage["fitted_on"]["n"] == N
    assert lineage["rehearsed_on"]["n"] + lineage["tested_on"]["n"] < N


@pytest.mark.parametrize("timeless", [False, True])
def test_sets_make_good_what_they_missed_of_later_cases_where_some_are_later(
    timeless: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a tenth of what was asked for is no set of cases that carry one moment."""
    known = Known(**{**vars(updates()), "exceptions": np.arange(N)})
    known = replace(known, times=np.full(N, DAY)) if timeless else known
    seldom = {label: np.array(AIMS) / 10 for label in NO_AND_YES}
    monkeypatch.setattr(learning, "missed_later", lambda *_: {})
    plain = learned(known).model.conformal
    monkeypatch.setattr(learning, "missed_later", lambda *_: seldom)
    told = learned(known).model.conformal
    assert (told == plain) is timeless


def test_a_risk_heeds_half_of_its_level_and_knows_how_long_outcomes_take() -> None:
    """Kept promises are known at once, broken ones within twenty days; where selection decides what is known, nobody
    says from when on it could be, or too few tell how long it takes, no level is heeded."""
    known = updates()
    late = np.where(known.truth == 1, np.random.default_rng(6).random(N) * 20 * DAY, 0.0)
    dated = replace(known, since=known.times, counts_at=known.times + late)
    model = learned(dated).model
    assert model.record_share == model.lineage["record_share"] == 0.5
    assert model.delays is not None
    stand_for = model.delays.stand_for(timedelta(days=9))
    assert stand_for["no"] == 1.0
    assert 1.5 < stand_for["yes"] < 2.7, "about half of the broken ones are known after nine days"
    few = np.where((known.truth == 1) & (np.cumsum(known.truth) % 25 != 0), np.nan, dated.counts_at)
    for each in (known, replace(dated, selection=np.ones(N)), replace(dated, counts_at=few)):
        silent = learned(each).model
        assert (silent.record_share, silent.delays) == (0.0, None)


def test_a_rehearsal_knows_nothing_of_outcomes_that_were_told_during_its_test() -> None:
    """Told a month later still, they change how long outcomes take for the model that ships, and for it alone."""
    known = replace(updates(), exceptions=np.arange(N))
    late = np.where(known.truth == 1, np.random.default_rng(7).random(N) * 20 * DAY, 0.0)
    dated = replace(known, since=known.times, counts_at=known.times + late)
    model = learned(dated).model
    test = model.lineage["tested_on"]["from"]
    told_later = (dated.times < test) & (dated.counts_at >= test)
    assert told_later.sum() > 50, "or this would show nothing"
    other = learned(replace(dated, counts_at=dated.counts_at + 30 * DAY * told_later)).model
    assert other.delays != model.delays
    assert other.metrics["model"] == model.metrics["model"]


def test_promises_that_are_open_when_the_history_ends_teach_nothing() -> None:
    """Neither the trees nor the numbers: a model of the cases before is the same."""
    known = updates()
    still_open = np.arange(N) >= N - 300
    kept = replace(known, truth=np.where(still_open, 0, known.truth), open=still_open)
    before = learned(known.at(np.flatnonzero(~still_open))).model
    told = learned(kept).model
    assert told.score.trees.to_arrays()["leaf_value"].tolist() == before.score.trees.to_arrays()["leaf_value"].tolist()
    assert told.metrics["model"] == before.metrics["model"]


DECLARED = AttributeSchema(
    attributes={
        "mode": Declaration(kind="category", levels=("air", "sea")),
        "pace": Declaration(kind="number", derived=Derived(way="ratio", one="weight", other="room")),
        "room": Declaration(kind="number"),
        "weight": Declaration(kind="number"),
    }
)


OWN = {"attribute.mode", "attribute.room", "attribute.weight"}


def declared(events: list[str], schema: AttributeSchema = DECLARED) -> Known:
    """Cases that tell of a mode, of a room and of a weight, which differ from case to case."""
    plain, names, old = (
        updates(),
        feature_set(Task.SLA_BREACH, schema).names,
        feature_set(Task.SLA_BREACH, EMPTY).names,
    )
    facts = np.full((N, len(names)), np.nan)
    facts[:, [names.index(each) for each in old]] = plain.facts
    weight, room = np.arange(N) + 0.5, np.full(N, 2.0)
    told = {"mode": np.arange(N) % 2 + 0.0, "room": room, "weight": weight, "pace": weight / room}
    for name, column in told.items():
        facts[:, names.index(f"attribute.{name}")] = column
    return replace(plain, facts=facts, events=events)


def test_a_model_keeps_what_its_events_told_and_nothing_of_what_was_made_of_it() -> None:
    """A derived number changes with the two it is made of: named beside them, it would accuse one change twice."""
    events = [event_key("oms", str(number)) for number in range(N)]
    kept = learned(declared(events), DECLARED).model.values
    assert {name for name in kept if name.startswith("attribute.")} == OWN
    assert "order_value" in kept, "facts too"
    for place in sorted(range(N), key=events.__getitem__)[:KEPT]:
        event, words = events[place], (("air", "sea")[place % 2], "2", f"{place}.5")
        assert [kept[name][event] for name in sorted(OWN)] == [digest(event, word) for word in words]


def test_a_model_of_cases_without_names_keeps_no_values() -> None:
    assert learned(declared([]), DECLARED).model.values == {}


def test_a_word_of_too_many_levels_to_be_coded_is_learned_from_and_its_values_are_not_kept() -> None:
    many = Declaration(kind="category", levels=tuple(f"{each:03}" for each in range(MOST_CODED + 1)))
    schema = AttributeSchema(attributes={**DECLARED.attributes, "vendor": many})
    events = [event_key("oms", str(number)) for number in range(N)]
    kept = learned(declared(events, schema), schema).model.values
    assert {name for name in kept if name.startswith("attribute.")} == OWN
