from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from data.simulator.dice import Dice, Wheel, generator


def test_purposes_of_a_seed_do_not_share_a_stream() -> None:
    first, other = generator(7, 1), generator(7, 2)

    assert first.random(4).tolist() != other.random(4).tolist()
    assert generator(7, 1).random(4).tolist() == generator(7, 1).random(4).tolist()


@given(st.dictionaries(st.text(max_size=3), st.floats(0.01, 100.0), min_size=1, max_size=8), st.floats(0.0, 0.999999))
def test_a_wheel_gives_the_item_at_a_share_of_the_weight(weights: dict[str, float], share: float) -> None:
    item = Wheel(weights).at(share)
    names = list(weights)
    below = sum(weights[name] for name in names[: names.index(item)])

    assert below <= share * sum(weights.values()) * (1 + 1e-9)
    assert share * sum(weights.values()) <= (below + weights[item]) * (1 + 1e-9)


@given(st.floats(0.0, 40.0))
def test_counts_have_the_mean_asked_for(mean: float) -> None:
    dice = Dice(generator(3, round(mean * 1000)))
    drawn = [dice.count(mean) for _ in range(400)]

    assert min(drawn) >= 0
    assert abs(sum(drawn) / 400 - mean) < 6 * (mean / 400) ** 0.5 + 0.05


def test_spread_has_its_median_in_the_middle() -> None:
    dice = Dice(generator(5))
    drawn = sorted(dice.spread(30.0, 0.8) for _ in range(4001))

    assert 27.0 < drawn[2000] < 33.0
