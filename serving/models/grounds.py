"""What a dossier must agree with of what the service knows itself: how many cases, how many draws, which days.

Whoever asks for a promotion sends the dossier. The service has no history to hold its numbers against, but it holds
both manifests, and knows what a comparison needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from data.plain_text import IN_ONE_LINE, in_one_line, texts_at
from data.promotion import FEWEST_EXCEPTIONS, RESAMPLES, Dossier
from data.record import plain
from data.vocabulary import Task
from serving.bodies import MOST_FAULTS
from serving.errors import Fault, InvalidRequest
from serving.models import contradictions
from serving.models.learned import Made, kept


def faults(
    dossier: Dossier, champion: Made | None, challenger: Made | None, serving: Iterable[Task], now: datetime
) -> Iterator[Fault]:
    """What such a comparison cannot rest on; of cases, nothing where every task keeps the champion's model.

    The dossier has every check and none refuses. `serving` are the tasks that the champion answers now.
    """
    yield from _of_the_record(dossier)
    yield from contradictions.early(dossier, now)
    if challenger:
        yield from _of_the_tasks(dossier, {*serving}, {*challenger.tasks})
    compared = [task for task in dossier.tasks if task not in kept(champion, challenger)]
    yield from contradictions.missing(dossier, compared)
    yield from contradictions.refuted(dossier, compared)
    if not compared:
        return
    if dossier.resamples < RESAMPLES:
        yield Fault("/dossier/resamples", f"{RESAMPLES:,} or more")
    if dossier.window.exceptions < FEWEST_EXCEPTIONS:
        yield Fault("/dossier/window/exceptions", f"{FEWEST_EXCEPTIONS} or more, or a check that refuses so few")
    until = _taught_until([each for each in (champion, challenger) if each], {*compared, *dossier.new_tasks})
    if until is not None and dossier.window.untaught is not None:
        yield Fault("/dossier/window/untaught", "begins and ends of later days: the two learned from days")
    if until is not None and dossier.window.begins is not None and dossier.window.begins <= until:
        yield Fault("/dossier/window/begins", f"after {until:%Y-%m-%dT%H:%M:%SZ}, up to when the two learned")


def refuse_acting_texts(dossier: Dossier) -> None:
    """Raises InvalidRequest: whoever agrees reads these texts on a terminal or a page, and none may repaint it."""
    found = [Fault(at, IN_ONE_LINE) for at, text in texts_at(plain(dossier), "/dossier") if not in_one_line(text)]
    if found:
        raise InvalidRequest("See `errors` for what was expected where.", faults=found[:MOST_FAULTS])


def _of_the_record(dossier: Dossier) -> Iterator[Fault]:
    """Nothing stands in it twice."""
    named: dict[str, list[Any]] = {
        "checks": [(each.name, each.task) for each in dossier.checks],
        "differences": [(each.task, each.metric) for each in dossier.differences],
        "calibrations": [each.task for each in dossier.calibrations],
        "shares": [(each.task, each.feature) for each in dossier.shares],
        "attested": [each.name for each in dossier.attested],
    }
    for what, names in named.items():
        if len({*names}) < len(names):
            yield Fault(f"/dossier/{what}", "each of them once")


def _of_the_tasks(dossier: Dossier, theirs: set[Task], its: set[Task]) -> Iterator[Fault]:
    """Compared is each task that both have, new is each that the champion lacks: none is new to skip its checks."""
    for what, told, held in (("tasks", dossier.tasks, its & theirs), ("new_tasks", dossier.new_tasks, its - theirs)):
        if sorted(told) != sorted(held):
            yield Fault(f"/dossier/{what}", f"{', '.join(sorted(held)) or 'none'}, as the two manifests say")


def _taught_until(sides: list[Made], tasks: set[str]) -> datetime | None:
    ends = (each.until for made in sides for task, each in made.tasks.items() if task in tasks)
    return max((end for end in ends if end), default=None)
