"""Tables out of a database: the mapping's query, through SQLAlchemy."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, CursorResult, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from training.errors import HistoryError, MappingError
from training.tables.names import numbered

AT_ONCE = 100_000
"""Rows that are read at a time."""


def is_address(history: str) -> bool:
    """Whether a history names a database, such as `postgresql+psycopg://…` or `sqlite:///FILE`, and not a file."""
    return "://" in history


def read_query(address: str, query: str | None) -> tuple[str, str, pd.DataFrame]:
    """The database's name, a digest of the names and rows, and the rows of a mapping's query in its order.

    Raises:
        HistoryError: a database that does not answer, a driver that is not installed, or a query it refuses.
        MappingError: no query.
    """
    if query is None:
        raise MappingError("query", "missing; the history is a database, so say what to read of it")
    url = _url(address)
    with _connected(url) as connection:
        try:
            # Without parameters a percent sign or a colon of the query means itself.
            options = connection.execution_options(no_parameters=True, stream_results=True)
            rows = _rows(options.exec_driver_sql(query))
        except SQLAlchemyError as error:
            raise HistoryError(f"{_shown(url)} refused the mapping's query: {_reason(error)}") from error
    return Path(url.database or "").name or url.get_backend_name(), _digest(rows), rows


def path_of(history: Path | str, query: str | None) -> Path:
    """The file that a history names. Raises MappingError where its mapping has a query: that is for a database."""
    path = Path(history)
    if query is not None:
        raise MappingError("query", f"is for a database; {path.name} is a file")
    return path


def _rows(found: CursorResult[Any]) -> pd.DataFrame:
    """All rows, a part at a time, since objects of Python take several times what columns take."""
    names = numbered(list(found.keys()))
    parts = [_flat(pd.DataFrame(part, columns=names)) for part in found.partitions(AT_ONCE)]
    # A part in which a column is empty throughout has no kind; the whole has.
    return pd.concat(parts, ignore_index=True).infer_objects() if parts else pd.DataFrame(columns=names)


def _digest(frame: pd.DataFrame) -> str:
    """A query has no file to take a digest of."""
    seen = hashlib.sha256("\x1f".join(map(str, frame.columns)).encode())
    seen.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return "sha256:" + seen.hexdigest()


def _connected(url: URL) -> Connection:
    try:
        return create_engine(url, poolclass=NullPool).connect()  # one query: nothing is kept open
    except ModuleNotFoundError as error:
        raise HistoryError(f"{_shown(url)} needs the driver {error.name}; install it beside fairlead") from error
    except SQLAlchemyError as error:
        raise HistoryError(
            f"{_shown(url)} cannot be opened: {_reason(error)}; see that it runs, and that host, port, name, user and "
            "password are right"
        ) from error


def _reason(error: SQLAlchemyError) -> str:
    """What the database said, without the statement."""
    return str(error.orig if isinstance(error, DBAPIError) else error).splitlines()[0]


def _flat(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with lists and documents, as of PostgreSQL's arrays and jsonb, as JSON text: a cell holds one value."""
    for name, kind in rows.dtypes.items():
        if kind == np.dtype(object):
            rows[name] = rows[name].map(_cell)
    return rows


def _cell(value: Any) -> Any:
    return json.dumps(value, default=str, sort_keys=True) if isinstance(value, list | dict) else value


def _url(address: str) -> URL:
    try:
        url = make_url(address)
        url.get_dialect()
    except (ArgumentError, SQLAlchemyError) as error:
        raise HistoryError(
            f"expected a database address such as postgresql+psycopg://user@host/name or sqlite:///file ({error})"
        ) from error
    except ModuleNotFoundError as error:
        raise HistoryError(f"the database needs the driver {error.name}; install it beside fairlead") from error
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise HistoryError(f"{url.database} cannot be read; name a SQLite file that exists")
    return url


def _shown(url: URL) -> str:
    """The address without its password."""
    return url.render_as_string(hide_password=True)
