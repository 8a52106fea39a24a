"""Two histories as one: what was known before the service, and what its use has told since."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from data.outcome import HistoryLine
from data.record import digest_of
from features.wording import Wordings
from training.histories.history import History

Event = tuple[str, str]
"""The source and the id that name it."""


class Together:
    """Both histories in time order. An event that is in both is told by the later history, which knows more of it,
    unless the earlier one alone tells what it came to.
    """

    def __init__(self, earlier: History, later: History) -> None:
        self._earlier, self._later = earlier, later
        self.name = f"{earlier.name} and {later.name}"
        self.digest = digest_of([earlier.digest, later.digest])
        self.mapping_digest = earlier.mapping_digest
        self.says, self.naming, self.horizon = earlier.says, earlier.naming, earlier.horizon
        self.wordings: Wordings = {**earlier.wordings, **later.wordings}
        again = {_event(line): line.outcome is not None for line in later.lines()}
        untold = {event for event, told in again.items() if not told}
        self._told_before = frozenset(_told(earlier) & untold) if untold else frozenset[Event]()
        self._told_later = frozenset(again) - self._told_before

    def lines(self) -> Iterator[HistoryLine]:
        """The cases from the first on."""
        earlier = (line for line in self._earlier.lines() if _event(line) not in self._told_later)
        later = (line for line in self._later.lines() if _event(line) not in self._told_before)
        return heapq.merge(earlier, later, key=lambda line: line.case.event.time)


def _told(history: History) -> set[Event]:
    """The events of which a history tells what they came to."""
    return {_event(line) for line in history.lines() if line.outcome is not None}


def _event(line: HistoryLine) -> Event:
    return line.case.event.source, line.case.event.id
