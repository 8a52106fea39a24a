"""What is new to the champion: by column, with all that is counted of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.promotion import Share
from data.vocabulary import Task
from features.attributes import AttributeSchema, Declaration
from models.profile import FeatureProfile, Profile
from tests.fixtures.task_models import task_model
from training.promotion.news import news
from training.promotion.sides import Pair, Side

NUMBERS = np.arange(10)
WORDS = Declaration(kind="category", levels=("a", "b"))


def declaring(*names: str) -> AttributeSchema:
    return AttributeSchema(attributes=dict.fromkeys(names, WORDS))


def side(schema: AttributeSchema, untold: str | None = None) -> Side:
    model = replace(task_model(Task.SLA_BREACH), attributes=schema)
    if untold is not None:
        silent = FeatureProfile(name=untold, n=300, shares=(1.0, 0.0), edges=())
        model = replace(model, profile=Profile(features=(silent,), rehearsed=()))
    return Side(model, np.zeros((10, 1)), np.zeros((10, 1)))


def told(
    *shares: tuple[str, float | None, float],
    champion: AttributeSchema | None = None,
    challenger: AttributeSchema | None = None,
    untold: str | None = None,
) -> dict[str, tuple[float, bool]]:
    theirs, its = side(champion or declaring(), untold), side(challenger or declaring())
    pair = Pair(Task.SLA_BREACH, NUMBERS % 2, NUMBERS, NUMBERS, theirs, its)
    found = [Share(task=Task.SLA_BREACH, feature=name, champion=one, challenger=its) for name, one, its in shares]
    return {each.name: (round(each.carried.challenger, 6), each.told) for each in news(found, pair)}


def test_a_column_carries_what_is_counted_of_it_too() -> None:
    shares = (
        ("attribute.code", None, 0.03),
        ("standing.attribute.code.breach_rate", None, 0.02),
        ("common.code", None, 0.01),
        ("common.code+shift", None, 0.01),
        ("attribute.code_2", None, 0.04),
        ("standing.attribute.code_2.breach_rate", None, 0.02),
        ("attribute.shift", 0.1, 0.1),
    )
    its = declaring("code", "code_2", "shift")
    assert told(*shares, champion=declaring("shift"), challenger=its) == {
        "attribute.code": (0.07, True),
        "attribute.code_2": (0.06, True),
    }


def test_a_fact_that_nobody_had_told_the_champion_is_new() -> None:
    shares = (("queue_minutes", 0.0, 0.2), ("queue_length", 0.0, 0.2))
    assert told(*shares, untold="queue_minutes") == {"queue_minutes": (0.2, True)}
    assert told(*shares) == {}, "a bundle of before does not say what it was told"


def test_the_words_of_a_fact_that_the_champion_had_too_few_of_are_new_with_what_they_came_to() -> None:
    shares = (("code", None, 0.02), ("standing.fact.code.hours", None, 0.04), ("standing.fact.tier.hours", 0.1, 0.1))
    its = AttributeSchema(facts={"code": ("a", "b"), "tier": ("c",)})
    known = AttributeSchema(facts={"tier": ("c",)})
    assert told(*shares, champion=known, challenger=its) == {"code": (0.06, True)}


def test_words_of_messages_are_one_and_what_is_computed_here_nobody_fills_in() -> None:
    shares = (
        ("message.sla_breach", None, 0.05),
        ("message_words", None, 0.01),
        ("carrier_breach_rate_short", None, 0.1),
        ("queue_minutes", 0.3, 0.3),
    )
    assert told(*shares) == {"carrier_breach_rate_short": (0.1, False), "message": (0.06, True)}
