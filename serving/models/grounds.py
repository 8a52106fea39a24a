"""What a dossier must agree with of what the service knows itself: how many cases, how many draws, which days.

Whoever asks for a promotion sends the dossier. The service has no history to hold its numbers against, but it holds
both manifests, and knows what a comparison needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from data.promotion import FEWEST_EXCEPTIONS, RESAMPLES, Dossier
from serving.errors import Fault
from serving.models.learned import Made, kept


def faults(dossier: Dossier, champion: Made | None, challenger: Made | None) -> Iterator[Fault]:
    """What such a comparison cannot rest on; nothing where every task keeps the champion's model, file for file."""
    compared = [task for task in dossier.tasks if task not in kept(champion, challenger)]
    if not compared:
        return
    if dossier.resamples < RESAMPLES:
        yield Fault("/dossier/resamples", f"{RESAMPLES:,} or more")
    if dossier.window.exceptions < FEWEST_EXCEPTIONS:
        yield Fault("/dossier/window/exceptions", f"{FEWEST_EXCEPTIONS} or more, or a check that refuses so few")
    until = _taught_until([each for each in (champion, challenger) if each], {*compared, *dossier.new_tasks})
    if until is not None and dossier.window.begins is not None and dossier.window.begins <= until:
        yield Fault("/dossier/window/begins", f"after {until:%Y-%m-%dT%H:%M:%SZ}, up to when the two learned")


def _taught_until(sides: list[Made], tasks: set[str]) -> datetime | None:
    ends = (each.until for made in sides for task, each in made.tasks.items() if task in tasks)
    return max((end for end in ends if end), default=None)
