from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from training.tracking.metric_names import place_names

# MLflow warns of its own validators; none of it is ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

LEVELS = ["Größe", "色", "Ελλάδα", "n/a", "6.9", "two words", "Déjà vu"]


def names(*levels: str) -> list[str]:
    return place_names(("attribute.kind", level) for level in levels)


def test_letters_of_every_language_are_kept() -> None:
    assert names(*LEVELS) == [f"slice.attribute.kind.{level}" for level in LEVELS]


def test_a_letter_that_is_written_in_two_parts_is_kept_as_one() -> None:
    assert names(unicodedata.normalize("NFD", "Größe")) == ["slice.attribute.kind.Größe"]


@pytest.mark.parametrize(
    "levels",
    [
        ("a+b", "a?b", "a_b"),
        ("XL", "xl"),
        ("x" * 300, "x" * 301),
        ("☃", "☂"),
        (unicodedata.normalize("NFD", "é"), "é"),
        ("a//b", "a__b"),
    ],
    ids=["signs", "capitals", "length", "no letters", "parts", "slashes"],
)
def test_two_slices_never_share_a_name(levels: tuple[str, ...]) -> None:
    told = names(*levels)
    assert len({each.casefold() for each in told}) == len(levels)
    assert told[::-1] == names(*levels[::-1]), "whatever the order"


def test_a_feature_with_a_point_is_told_from_a_level_with_one() -> None:
    one, other = place_names([("attribute.a", "b.c"), ("attribute.a.b", "c")])
    assert one != other


def test_mlflow_takes_every_name(tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    odd = ["a//b", "../up", "./here", "line\nbreak", "colon: sign", "50 %", "x/" * 150, "☃", "हिन्दी", " ", "/", "a:b"]
    told = [f"{each}.log_loss" for each in names(*LEVELS, *odd)]
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    run: Any = client.create_run(client.create_experiment("names", tmp_path.as_uri()))
    for number, each in enumerate(told):
        client.log_metric(run.info.run_id, each, float(number))
    kept = client.get_run(run.info.run_id).data.metrics
    assert kept == {each: float(number) for number, each in enumerate(told)}
