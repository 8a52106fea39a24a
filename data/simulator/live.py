"""Open cases around a moment, from the same world as the histories: what fills a desk."""

from __future__ import annotations

import json
from datetime import datetime

from data.case import Case
from data.simulator.blocks import plan, truths
from data.simulator.causes import day_state
from data.simulator.clock import DAY, HOUR, MINUTE, seconds, stamp
from data.simulator.dice import Dice, generator
from data.simulator.facts import Facts
from data.simulator.history import NEWCOMER_DAYS
from data.simulator.messages import sender_of
from data.simulator.snapshot import snapshot
from data.simulator.world import build_world

_LIVE = 6
_RECENT = 2.0 * HOUR
_HURRIED = 0.75
"""Share of cases whose promise falls due within hours, whatever their type."""


def live_cases(seed: int, count: int, now: datetime) -> list[Case]:
    """Fresh open cases of the two hours before `now`, in time order, most of them due in the next hours.

    The parties are those of a history that ends at `now` with the same seed; ids depend on `now`, so that a later
    call brings other cases. Raises ValueError where `now` has no offset.
    """
    end = seconds(now)
    newcomers_on = int(end // DAY) - NEWCOMER_DAYS
    world = build_world(seed, newcomers_on)
    dice = Dice(generator(seed, _LIVE, int(end)))
    cases: list[Facts] = []
    for block in plan(seed, newcomers_on, count, end - _RECENT, end):
        state = day_state(world, block.day)
        for truth in truths(block, dice):
            case = snapshot(world, state, dice, truth, sender_of(dice, truth), int(end) * 1000 + len(cases))
            if dice.chance(_HURRIED):
                case["promise"]["due_at"] = stamp(end + dice.spread(110.0, 0.8) * MINUTE)
            cases.append(case)
    cases.sort(key=lambda case: (case["event"]["time"], case["event"]["id"]))
    return [Case.model_validate_json(json.dumps(case)) for case in cases]
