"""What the pictures of a model say."""

from __future__ import annotations

import pytest
from matplotlib import pyplot

from features.attributes import AttributeSchema, Declaration, attribute_features
from features.wording import Wording

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
    from training.tracking.pictures import LONGEST_NAME, MOST_NAMED

    assert ticks(("air", "x" * 40)) == ["air", "x" * LONGEST_NAME]
    assert ticks(tuple(map(str, range(MOST_NAMED + 1)))) == ticks(()), "too many keep their codes, as numbers do"


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
