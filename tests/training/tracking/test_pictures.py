"""What the pictures of a model say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot

from data.vocabulary import ExceptionType, Task
from features.attributes import AttributeSchema, Declaration, attribute_features
from features.catalogue import feature_set
from features.wording import Wording
from models.drift_records import FeatureDrift, Level
from policies.policy import load_policy
from tests.fixtures.task_models import task_model
from training.histories.rows import DAY, Rows
from training.histories.split import Split
from training.learning.fit import RISK
from training.report.rehearsal import Rehearsal, explain

FEATURES = feature_set(Task.SLA_BREACH)

pytestmark = pytest.mark.filterwarnings("ignore")  # SHAP uses what Matplotlib is about to take away.


def ticks(levels: tuple[str, ...]) -> list[str]:
    """What stands under a picture of a feature of these levels."""
    from training.tracking.pictures import name_levels

    figure, axes = pyplot.subplots()
    axes.plot([0, 1], [0.0, 1.0])
    name_levels(axes, levels)
    told = [each.get_text() for each in axes.get_xticklabels()]
    pyplot.close(figure)
    return told


def test_levels_stand_by_their_names_where_they_can_be_told_apart() -> None:
    from training.tracking.pictures import LONGEST_NAME, MOST_NAMED, in_view

    assert ticks(("air", "x" * 40)) == ["air", "x" * (LONGEST_NAME - 1) + "…"]
    few = tuple(map(str, range(MOST_NAMED)))
    codes = np.array([3.0, np.nan, 0.0])
    assert in_view(codes, few) == (codes, few)


def test_of_too_many_levels_the_commonest_in_view_are_named_and_the_others_share_a_place() -> None:
    from training.tracking.pictures import MOST_NAMED, in_view

    levels = tuple(f"country {number}" for number in range(100))
    rare = list(range(40, 40 + MOST_NAMED + 5))
    codes = np.array([*rare, *rare[:-6], 7.0, 7.0, 7.0, np.nan])
    drawn, named = in_view(codes, levels)
    assert list(named) == ["country 7", *(f"country {code}" for code in rare[: MOST_NAMED - 2]), "7 others"]
    under = [None if np.isnan(place) else named[int(place)] for place in drawn]
    told = [None if np.isnan(code) else levels[int(code)] for code in codes]
    assert all(name == true or name == "7 others" for name, true in zip(under, told, strict=True))
    assert under.count("7 others") == 8
    assert under[-1] is None
    assert codes[0] == rare[0], "what it was given stays"


def test_two_levels_in_view_of_a_hundred_need_no_others() -> None:
    from training.tracking.pictures import in_view

    drawn, named = in_view(np.array([90.0, 3.0, 90.0]), tuple(map(str, range(100))))
    assert (drawn.tolist(), list(named)) == ([1.0, 0.0, 1.0], ["3", "90"])


def test_an_axis_is_drawn_in_powers_of_ten_where_a_few_values_lie_far_out() -> None:
    from training.tracking.pictures import dense_up_to

    rng = np.random.default_rng(1)
    heavy = np.concatenate([rng.lognormal(8.0, 1.9, 200), [0.0, np.nan]])
    assert dense_up_to(heavy) == pytest.approx(np.median(heavy[:200]))
    assert dense_up_to(-heavy) == dense_up_to(heavy)
    for plain in (rng.normal(size=200), rng.exponential(size=200), np.zeros(9), np.full(9, np.nan)):
        assert dense_up_to(plain) is None


def test_marks_on_an_axis_in_powers_of_ten_do_not_lie_on_one_another() -> None:
    from training.tracking.pictures import powers_beyond

    assert powers_beyond(900.0, -300.0, 20_000.0) == [0.0, 1e3, 1e4]
    assert powers_beyond(1_200.0, -300.0, 20_000.0) == [0.0, 1e3, 1e4]
    assert powers_beyond(0.5, -20.0, 3.0) == [-10.0, -1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("unit", "under"),
    [("kg", "the size (kg)"), ("d", "the size (d)"), ("each", "the size")],
)
def test_a_picture_says_what_the_numbers_under_it_are_in(unit: str, under: str) -> None:
    from training.tracking.pictures import axis_name

    words = Wording.model_validate_json(f'{{"unit": "{unit}"}}')
    schema = AttributeSchema(attributes={"the_size": Declaration(kind="number", unit=words.unit)})
    assert axis_name(attribute_features(schema)[0]) == under


def test_a_picture_calls_an_attribute_what_people_call_it() -> None:
    from training.tracking.pictures import axis_name

    schema = AttributeSchema(attributes={"national_inv": Declaration(kind="number", called="stock on hand")})
    assert axis_name(attribute_features(schema)[0]) == "stock on hand"


N = 600


def rehearsal(timeless: bool = False, **columns: float) -> Rehearsal:
    """Cases of which these columns are known besides their queue, the last two hundred of them measured on."""
    rng = np.random.default_rng(1)
    table = np.full((N, len(FEATURES.names)), np.nan)
    for name, value in columns.items():
        table[:, FEATURES.names.index(name)] = value
    table[:, FEATURES.names.index("queue_minutes")] = rng.integers(0, 90, N)
    times = np.arange(float(N)) * (0.0 if timeless else DAY)
    rows = Rows(table, rng.integers(0, 2, N), times, FEATURES.categories, 1)
    split = Split(((200, 300), (300, 400)), 400, N, np.arange(N))
    return Rehearsal(rows, split, rng.random((400, 1)), np.full((200, 1), 0.2))


def drawn(folder: Path, seen: Rehearsal) -> set[str]:
    """The files that all pictures of a model make."""
    from training.learning.learn import Learned
    from training.tracking.pictures import draw

    model = task_model(Task.SLA_BREACH)
    draw(folder, Learned(model, RISK, seen, explain(model, seen.latest.features)), load_policy())
    return {each.name for each in folder.iterdir()}


def test_without_a_reported_type_a_line_says_why_no_threshold_is_priced(tmp_path: Path) -> None:
    made = drawn(tmp_path, rehearsal())
    assert made >= {"cost.txt", "drift.png"}
    assert "cost.png" not in made
    assert "no case tells one: give the mapping reported_type" in (tmp_path / "cost.txt").read_text(encoding="utf-8")


def test_a_dot_of_the_course_is_as_large_as_its_cases_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training.report.shifts import course
    from training.tracking import pictures

    kept: list[Any] = []
    monkeypatch.setattr(pictures, "_save", lambda figure, path: kept.append(figure))
    seen = rehearsal()
    pictures.drift(tmp_path / "drift.png", task_model(Task.SLA_BREACH), seen)
    many = np.array([each.n for each in course(Task.SLA_BREACH, seen).periods])
    assert len(set(many.tolist())) > 1, "part of a week is there"
    for dots in kept[0].axes[0].collections:
        np.testing.assert_allclose(dots.get_sizes(), pictures.LARGEST_DOT * many / many.max())
    assert len(kept[0].axes[0].collections) == 2
    pyplot.close(kept[0])


def test_the_picture_of_drift_says_what_moved_in_words_and_greys_what_chance_explains() -> None:
    from matplotlib.colors import to_rgba

    from training.tracking.pictures import _shift

    levels = tuple(f"v{each}" for each in range(13))
    features = feature_set(
        Task.SLA_BREACH, AttributeSchema(attributes={"lane": Declaration(kind="category", levels=levels)})
    )
    names = ("queue_minutes", "standing.attribute.lane.breach_rate", "order_value")
    judged: tuple[Level, ...] = ("large", "none", "none")
    found = [
        FeatureDrift(feature=name, psi=psi, chance=0.0, discovery=0.0, missing_was=0.0, missing_is=0.0, level=level)
        for name, psi, level in zip(names, (0.3, 5.7, 0.01), judged, strict=True)
    ]
    figure, axes = pyplot.subplots()
    _shift(axes, features, found)
    said = [each.get_text().replace("\n", " ") for each in axes.get_yticklabels()][::-1]
    assert said[:2] == ["How long the task has waited", "How often exceptions with this lane missed the promise"]
    colours = [each.get_facecolor() for each in axes.patches][::-1]
    assert colours == [to_rgba("C0"), to_rgba("0.75"), to_rgba("0.75")]
    assert axes.get_title().startswith("1 of 3 features have moved")
    pyplot.close(figure)


@pytest.mark.parametrize(
    ("last", "days"),
    [
        ("2016-02-29", ["2016-02-29"]),
        ("2016-03-02", ["2016-02-29", "2016-03-01", "2016-03-02"]),
        ("2016-03-31", ["2016-02-29", "2016-03-07", "2016-03-14", "2016-03-21", "2016-03-28"]),
        ("2019-02-28", ["2016-02-29", "2016-10-05", "2017-05-12", "2017-12-17", "2018-07-24", "2019-02-28"]),
    ],
)
def test_dates_under_a_course_lie_evenly_apart_however_months_end(last: str, days: list[str]) -> None:
    from training.tracking.pictures import name_dates

    figure, axes = pyplot.subplots()
    name_dates(axes, datetime(2016, 2, 29, 23, tzinfo=UTC), datetime.fromisoformat(f"{last}T23:30:00+00:00"))
    assert [each.get_text() for each in axes.get_xticklabels()] == days
    pyplot.close(figure)


def test_without_times_no_course_is_drawn_and_a_line_says_why(tmp_path: Path) -> None:
    handoff = list(ExceptionType).index(ExceptionType.FAILED_DELIVERY_HANDOFF)
    made = drawn(tmp_path, rehearsal(timeless=True, reported_type=handoff))
    assert made >= {"cost.png", "drift.txt"}
    assert not made & {"cost.txt", "drift.png"}
    assert "all cases carry one moment" in (tmp_path / "drift.txt").read_text(encoding="utf-8")


def test_a_task_that_no_action_is_priced_for_says_which_is() -> None:
    from training.tracking.pictures import no_cost

    assert "sla_breach alone" in no_cost(task_model(Task.STOCKOUT), load_policy(), rehearsal())


def test_measured_cases_are_the_latest_or_where_none_is_later_others() -> None:
    from training.tracking.pictures import cases

    assert (cases(rehearsal()), cases(rehearsal(timeless=True))) == ("200 latest cases", "200 other cases")
