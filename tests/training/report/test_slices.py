import numpy as np
import pytest

from data.vocabulary import Channel, ExceptionType, Task
from features.attributes import MANY_LEVELS, AttributeSchema, Declaration
from features.catalogue import FeatureSet, feature_set
from training.report.slices import LEAST, NOTABLE, Slice, at_level, slices

SCHEMA = AttributeSchema(
    attributes={"group": Declaration(kind="category", levels=("a", "b"))}, facts={"region": ("emea", "apac")}
)
FEATURES = feature_set(Task.SLA_BREACH, SCHEMA)


def rows(n: int, **codes: np.ndarray) -> np.ndarray:
    table = np.full((n, len(FEATURES.names)), np.nan)
    for name, values in codes.items():
        table[:, FEATURES.names.index(name.replace("__", "."))] = values
    return table


def measured(features: FeatureSet, table: np.ndarray, truth: np.ndarray, said: np.ndarray) -> dict[str, Slice]:
    found = slices(features, table, truth, said[:, None], np.full((len(truth), 1), truth.mean()), np.zeros_like(table))
    return {f"{each.feature}={each.level}": each for each in found}


def test_each_word_often_enough_is_a_slice_with_its_own_numbers() -> None:
    n = 4 * LEAST
    half = np.arange(n) % 2
    table = rows(
        n, region=half, channel=np.where(np.arange(n) < LEAST - 1, 0, 1), attribute__group=np.arange(n) % 10 > 0
    )
    found = measured(FEATURES, table, half.astype(np.int64), np.where(half == 1, 0.9, 0.2))
    assert set(found) == {"region=emea", "region=apac", f"channel={list(Channel)[1]}", "attribute.group=b"}
    apac = found["region=apac"]
    assert (apac.n, apac.rate, round(apac.said, 9)) == (2 * LEAST, 1.0, 0.9)
    assert apac.log_loss == -np.log(0.9)
    assert apac.roc_auc is None


def test_a_slice_is_weak_where_what_is_said_does_not_come_true() -> None:
    n = 200
    first = np.arange(n) < 100
    truth = np.where(first, np.arange(n) % 2, 0).astype(np.int64)
    said = np.full(n, 0.5)
    found = measured(FEATURES, rows(n, region=np.where(first, 0, 1)), truth, said)
    assert not found["region=emea"].is_weak
    assert found["region=apac"].is_weak
    assert found["region=apac"].to_json()["weak"] is True


def test_labels_are_sliced_by_whether_the_likeliest_was_right() -> None:
    features = feature_set(Task.EXCEPTION_TYPE, SCHEMA)
    k = len(ExceptionType)
    table = np.full((60, len(features.names)), np.nan)
    table[:, features.names.index("region")] = 0
    said = np.full((60, k), 0.3 / (k - 1))
    said[:, 2] = 0.7
    (found,) = slices(features, table, np.full(60, 2), said, np.full((60, k), 1 / k), np.zeros_like(table))
    assert (found.rate, round(found.said, 9)) == (1.0, 0.7)


MANY = tuple(f"v{number}" for number in range(MANY_LEVELS + 1))
TWO = Declaration(kind="category", levels=("x", "y"))


def contributed(features: FeatureSet, n: int, **by: float) -> np.ndarray:
    """Contributions to the raw score, alternating in sign, of the columns named."""
    made = np.zeros((n, len(features.names)))
    for name, size in by.items():
        made[:, features.names.index(name.replace("__", "."))] = np.where(np.arange(n) % 2, size, -size)
    return made


def test_attributes_are_sliced_by_how_much_they_tell_with_all_that_is_made_of_them() -> None:
    """The last in the alphabet tells by its parties' rates alone; one of the first tells much, of nearly all cases."""
    names = dict.fromkeys(("alike", "b", "c", "d", "e"), TWO)
    vendor = Declaration(kind="category", levels=MANY)
    features = feature_set(Task.SLA_BREACH, AttributeSchema(attributes={**names, "vendor": vendor}))
    n = 600
    table = np.full((n, len(features.names)), np.nan)
    for name in ("b", "c", "d", "e", "vendor"):
        table[:, features.names.index(f"attribute.{name}")] = np.arange(n) % 2
    table[:, features.names.index("attribute.alike")] = np.arange(n) % 50 == 0
    strong = {"attribute__alike": 5.0, "attribute__d": 0.3, "attribute__b": 0.1, "attribute__c": 0.2}
    phi = contributed(features, n, standing__attribute__vendor__breach_rate=1.0, **strong)
    half = np.full((n, 1), 0.5)
    found = slices(features, table, (np.arange(n) % 2).astype(np.int64), half, half, phi)
    strongest = ["attribute.vendor", "attribute.d", "attribute.c", "attribute.b"]
    assert list(dict.fromkeys(each.feature for each in found)) == strongest


def test_flags_are_sliced_as_words_are_and_numbers_take_no_place_of_theirs() -> None:
    number, flag = Declaration(kind="number"), Declaration(kind="flag")
    rare = Declaration(kind="category", levels=tuple(f"w{each}" for each in range(100)))
    names = {**dict.fromkeys(("n1", "n2", "n3", "n4"), number), "risky": flag, "rare": rare} | dict.fromkeys(
        "abcd", TWO
    )
    features = feature_set(Task.SLA_BREACH, AttributeSchema(attributes=names))
    n = 600
    table = np.full((n, len(features.names)), np.nan)
    for name in ("n1", "n2", "n3", "n4", *"abcd"):
        table[:, features.names.index(f"attribute.{name}")] = np.arange(n) % 2
    table[:, features.names.index("attribute.risky")] = np.arange(n) % 10 == 0
    table[:, features.names.index("attribute.rare")] = np.arange(n) % 100
    strong = {f"attribute__n{each}": 5.0 for each in range(1, 5)} | {"attribute__risky": 1.0, "attribute__rare": 2.0}
    half = np.full((n, 1), 0.5)
    found = slices(features, table, (np.arange(n) % 2).astype(np.int64), half, half, contributed(features, n, **strong))
    assert [(each.feature, each.level, each.n) for each in found] == [
        ("attribute.risky", "no", 540),
        ("attribute.risky", "yes", 60),
        *((f"attribute.{name}", level, 300) for name in "abc" for level in "xy"),
    ]


def test_groups_that_are_only_at_the_level_of_all_cases_are_not_weak() -> None:
    rng = np.random.default_rng(1)
    n = 6_000
    group, score = np.arange(n) % 2, rng.normal(size=n)
    odds = score + 1.5 * group - 1.5
    truth = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    too_low = 1 / (1 + np.exp(1.0 - odds))
    found = measured(FEATURES, rows(n, region=group), truth, too_low)
    assert all(each.rate - each.said > NOTABLE for each in found.values())
    assert not any(each.is_weak for each in found.values())
    one_too_low = 1 / (1 + np.exp(np.where(group == 1, 2.0, 0.5) - odds))
    found = measured(FEATURES, rows(n, region=group), truth, one_too_low)
    assert [name for name, each in found.items() if each.is_weak] == ["region=emea", "region=apac"]
    assert found["region=apac"].rate > found["region=apac"].leveled
    assert found["region=emea"].rate < found["region=emea"].leveled


def test_a_group_is_no_worse_than_the_base_rate_where_everything_is() -> None:
    n = 400
    truth = (np.arange(n) % 2).astype(np.int64)
    upside_down = np.where(truth == 1, 0.4, 0.6)
    found = measured(FEATURES, rows(n, region=np.arange(n) // 200), truth, upside_down)
    assert all(each.log_loss > each.base_log_loss for each in found.values())
    assert not any(each.is_weak for each in found.values())
    here = np.where(np.arange(n) < 200, upside_down, np.where(truth == 1, 0.9, 0.1))
    found = measured(FEATURES, rows(n, region=np.arange(n) // 200), truth, here)
    assert [name for name, each in found.items() if each.is_weak] == ["region=emea"]


def test_a_level_moves_all_log_odds_alike_and_keeps_what_is_certain() -> None:
    said = np.array([0.0, 0.1, 0.5, 0.9, 1.0])
    moved = at_level(said, 0.6)
    assert moved.mean() == pytest.approx(0.6)
    inner = np.log(moved / (1 - moved))[1:4] - np.log(said[1:4] / (1 - said[1:4]))
    assert inner == pytest.approx(np.full(3, inner[0]))
    assert (moved[0], moved[4]) == (pytest.approx(0.0, abs=1e-6), pytest.approx(1.0, abs=1e-6))
    assert at_level(said, 1.0) is said
