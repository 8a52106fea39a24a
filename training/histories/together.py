"""Two histories as one: what was known before the service, and what its use has told since."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from data.outcome import HistoryLine
from data.record import digest_of
from features.wording import Wordings
from training.histories.history import History


class Together:
    """Both histories in time order. An event that is in both is told by the later history, which knows more of it."""

    def __init__(self, earlier: History, later: History) -> None:
        self._earlier, self._later = earlier, later
        self.name = f"{earlier.name} and {later.name}"
        self.digest = digest_of([earlier.digest, later.digest])
        self.mapping_digest = earlier.mapping_digest
        self.says, self.naming, self.horizon = earlier.says, earlier.naming, earlier.horizon
        self.wordings: Wordings = {**earlier.wordings, **later.wordings}
        self._told = frozenset(_event(line) for line in later.lines())

    def lines(self) -> Iterator[HistoryLine]:
        """The cases from the first on."""
        kept = (line for line in self._earlier.lines() if _event(line) not in self._told)
        return heapq.merge(kept, self._later.lines(), key=lambda line: line.case.event.time)


def _event(line: HistoryLine) -> tuple[str, str]:
    return line.case.event.source, line.case.event.id
