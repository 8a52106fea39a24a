"""What goes wrong before a model exists; each message says what came, what was expected and what to do.

TrainingError
├── MappingError    a mapping file, or a column that does not hold what the mapping says
├── HistoryError    a history that cannot be read, is out of order or too small
├── TrackingError   the experiment tracker cannot be reached
├── ServedError     a folder that is served, which only a promotion may change
└── ServiceError    the service does not answer, or refuses
"""

from __future__ import annotations


class TrainingError(ValueError):
    """The operator can mend it: a file, a mapping or an option."""


class MappingError(TrainingError):
    """A mapping key and what is wrong with it."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(f"mapping key {key!r}: {detail}")
        self.key = key


class MappingFileError(MappingError):
    """A mapping file of which no key is to blame: it cannot be read as one."""

    def __init__(self, detail: str, name: str = "") -> None:
        TrainingError.__init__(self, f"mapping file {name}: {detail}" if name else f"the mapping: {detail}")
        self.key = ""


class HistoryError(TrainingError):
    """A history that cannot be learned from as it is."""


class TrackingError(TrainingError):
    """MLflow did not answer; nothing was trained or registered."""


class ServedError(TrainingError):
    """What serves changes by promotion only; nothing was trained."""


class ServiceError(TrainingError):
    """The service did not answer or refused; says what it said."""
