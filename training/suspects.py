"""The columns that `history check` would refuse, asked before a training begins: nobody can defend what they teach."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.check.examined import examine
from training.check.history_check import column_reports
from training.check.samples import DAILY_SAMPLE, SAMPLE
from training.daily.check import check_daily
from training.daily.history import DailyHistory
from training.histories.history import History
from training.tables.mapping import load_mapping

MENDS = "if its value was there at the moment of its case, say known: opening in the mapping; if not, list it as a leak"
MENDS_A_DAY = "if its value is written when the day has ended, take its fact out of ahead in the mapping"


@dataclass(frozen=True)
class Suspect:
    """A column that becomes a fact, or is said to be known ahead, and looks like what happened later."""

    column: str
    against: str
    """What speaks against it, after its name."""
    mends: str


def suspects(read: History, path: str, mapping: Path) -> tuple[Suspect, ...]:
    """The suspects of a table that is read through a mapping, in the order of its columns.

    Raises:
        HistoryError: a table that nothing can be learned from.
    """
    if isinstance(read, DailyHistory):
        days = check_daily(read, DAILY_SAMPLE).leaking
        return tuple(Suspect(each.name, each.suspicions[0].says, MENDS_A_DAY) for each in days)
    parsed = load_mapping(mapping)
    reports = column_reports(examine(path, parsed, SAMPLE), parsed)
    return tuple(Suspect(each.name, each.suspicions[0].says, MENDS) for each in reports if each.is_leaking)
