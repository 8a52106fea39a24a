"""A history in blocks of one day: how many lines each has, and the lines themselves.

How many lines fall into a day is settled first, in proportion to the day's rates; each day then has its own stream of
random numbers. So the bytes do not depend on how many processes draw the days.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data.simulator.causes import CAUSES, day_state
from data.simulator.clock import DAY, HOUR, MINUTE, stamp
from data.simulator.decisions import decide
from data.simulator.dice import Dice, generator
from data.simulator.facts import Facts
from data.simulator.messages import message_of, sender_of
from data.simulator.outcomes import outcome_of
from data.simulator.snapshot import follow_up, snapshot
from data.simulator.truth import Truth, draw_truth
from data.simulator.world import Floats, World, build_world

_QUOTA, _CASES = 4, 5
_PER_DAY = 1_000_000
_UPDATED = 0.07
"""Share of exceptions of which a second event is sent."""


@dataclass(frozen=True, slots=True)
class Block:
    """One day's part of a history: `count` lines from `start` to `end`, in seconds since 1970.

    Outcomes recorded after `known_until` are not known yet. The world's newcomers join on day `newcomers_on`.
    """

    seed: int
    newcomers_on: int
    start: float
    end: float
    count: int
    known_until: float

    @property
    def day(self) -> int:
        """The day, in days since 1970."""
        return int(self.start // DAY)


def plan(seed: int, newcomers_on: int, count: int, start: float, end: float) -> list[Block]:
    """The blocks of a history of exactly `count` lines from `start` to `end`."""
    bounds = [start, *(day * DAY for day in range(int(start // DAY) + 1, int(-(-end // DAY)))), end]
    spans = list(pairwise(bounds))
    world = build_world(seed, newcomers_on)
    weights = np.array([_weights(world, begin, finish).sum() for begin, finish in spans])
    counts = generator(seed, _QUOTA).multinomial(count, weights / weights.sum())
    return [
        Block(seed, newcomers_on, begin, finish, int(lines), end)
        for (begin, finish), lines in zip(spans, counts, strict=True)
    ]


def block_lines(block: Block) -> list[bytes]:
    """The block's lines in time order, as JSON."""
    dice = Dice(generator(block.seed, _CASES, block.day))
    lines: list[tuple[str, str, bytes]] = []
    for number, truth in enumerate(truths(block, dice), start=block.day * _PER_DAY):
        for line in _told(block, dice, truth, number):
            event = line["case"]["event"]
            lines.append((event["time"], event["id"], _written(line)))
        if len(lines) >= block.count:
            break
    return [written for _, _, written in sorted(lines[: block.count])]


def truths(block: Block, dice: Dice) -> Iterator[Truth]:
    """As many exceptions of the block as it has lines, as they truly are, in time order of their hours."""
    world = build_world(block.seed, block.newcomers_on)
    state = day_state(world, block.day)
    edges = np.cumsum(_weights(world, block.start, block.end))
    drawn = np.array([dice.unit() for _ in range(block.count)]) * edges[-1]
    for cell in np.searchsorted(edges, drawn, side="right").tolist():
        place, hour = divmod(cell, 24)
        cause, node = divmod(place, len(world.nodes))
        earliest = max(block.start, block.day * DAY + hour * HOUR)
        latest = min(block.end, block.day * DAY + (hour + 1) * HOUR)
        at = float(int(dice.uniform(earliest, latest)))
        yield draw_truth(world, state, dice, CAUSES[cause], world.nodes[node], at)


def _weights(world: World, start: float, end: float) -> Floats:
    day = int(start // DAY)
    hours = day * DAY + HOUR * np.arange(24)
    share = np.clip(np.minimum(end, hours + HOUR) - np.maximum(start, hours), 0.0, HOUR) / HOUR
    weights: Floats = (day_state(world, day).rates * share).ravel()
    return weights


def _told(block: Block, dice: Dice, truth: Truth, number: int) -> Iterator[Facts]:
    world = build_world(block.seed, block.newcomers_on)
    state = day_state(world, block.day)
    sender = sender_of(dice, truth)
    case = snapshot(world, state, dice, truth, sender, number)
    action, propensity = decide(dice, truth, sender.belief, case)
    line: Facts = {"case": case, "decision": {"action": action.value, "propensity": propensity}}
    outcome = outcome_of(dice, truth, action, case)
    if outcome["recorded_at"] <= stamp(block.known_until):
        line["outcome"] = outcome
    yield line
    at = truth.at + int(dice.spread(50.0, 0.6)) * MINUTE
    if dice.chance(_UPDATED) and at < block.end and stamp(at) < outcome.get("resolved_at", "9999"):
        message = message_of(dice, truth, sender.belief)
        yield {**line, "case": follow_up(case, state, dice, truth, at, number, message)}


def _written(line: Facts) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
