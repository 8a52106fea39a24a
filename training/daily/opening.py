"""Opening a daily history: which mapping files are daily ones, and the table behind one."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from data.vocabulary import Task
from training.daily.history import DailyHistory
from training.daily.mapping import DAILY_SCHEMA, DailyMapping
from training.errors import MappingError
from training.tables.databases import is_address, path_of, read_query
from training.tables.files import file_digest, read_file
from training.tables.problems import first_problem


def is_daily(mapping: Path) -> bool:
    """Whether a mapping file says that it is a daily one; what else is wrong with it is said when it is read."""
    try:
        content = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeError):
        return False
    return isinstance(content, dict) and content.get("schema") == DAILY_SCHEMA


def load_daily_mapping(path: Path) -> DailyMapping:
    """Read and check a daily mapping file.

    Raises:
        MappingError: the key, what was expected there and what came.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        return DailyMapping.model_validate(content)
    except ValidationError as error:
        raise first_problem(error, content, DailyMapping) from error


def open_daily(history: Path | str, mapping: DailyMapping, task: Task | None = None) -> DailyHistory:
    """The history in a file of days, or in the rows of a query.

    Raises:
        HistoryError: a file that cannot be read, a database that does not answer.
        MappingError: a task that days do not tell, or a mapping that names no query for a database.
    """
    if task not in (None, Task.STOCKOUT):
        raise MappingError("schema", f"a daily mapping tells whether shelves run empty (stockout), not {task}")
    if is_address(str(history)):
        return DailyHistory(*read_query(str(history), mapping.query), mapping)
    path = path_of(history, mapping.query)
    return DailyHistory(path.name, file_digest(path), read_file(path, mapping.encoding), mapping)
