"""Tables out of a database: the mapping's query, through SQLAlchemy."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from training.errors import HistoryError


def is_address(history: str) -> bool:
    """Whether a history names a database, such as `postgresql+psycopg://…` or `sqlite:///FILE`, and not a file."""
    return "://" in history


def read_query(address: str, query: str) -> tuple[str, pd.DataFrame]:
    """The database's name, and the rows of the query in its order.

    Raises:
        HistoryError: a database that does not answer, a driver that is not installed, or a query it refuses.
    """
    url = _url(address)
    try:
        with create_engine(url).connect() as connection:
            # Without parameters a percent sign or a colon of the query means itself.
            found = connection.execution_options(no_parameters=True).exec_driver_sql(query)
            rows = pd.DataFrame(found.fetchall(), columns=list(found.keys()))
    except ModuleNotFoundError as error:
        raise HistoryError(f"{_shown(url)} needs the driver {error.name}; install it beside fairlead") from error
    except SQLAlchemyError as error:
        raise HistoryError(f"{_shown(url)} refused the mapping's query: {str(error).splitlines()[0]}") from error
    return Path(url.database or "").name or url.get_backend_name(), rows


def rows_digest(frame: pd.DataFrame) -> str:
    """`sha256:` and a digest of the names and rows: a query has no file to take one of."""
    seen = hashlib.sha256("\x1f".join(map(str, frame.columns)).encode())
    seen.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return "sha256:" + seen.hexdigest()


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
