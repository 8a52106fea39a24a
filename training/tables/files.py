"""Tables as files: CSV, Parquet and JSON lines, read once."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import json
import re
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.errors import ParserError, ParserWarning

from training.errors import HistoryError, MappingError
from training.tables.mapping import Mapping
from training.tables.names import columns_there, numbered

SEPARATORS = ",;\t|"
CUT_SHORT = (EOFError, zlib.error)
"""What a compressed file raises that ends too early, or is damaged."""
Row = dict[str, Any]
"""A row by column; an empty cell is absent."""


def select(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """The columns a mapping reads.

    Raises:
        MappingError: a column the table does not have.
    """
    require_columns(frame, mapping)
    return frame[list(mapping.columns)]


def require_columns(frame: pd.DataFrame, mapping: Mapping) -> None:
    """Refuse a table without a column that the mapping reads. Raises MappingError."""
    columns = [str(column) for column in frame.columns]
    for key, read in mapping.reads():
        for column in read:
            if column not in columns:
                raise MappingError(key, f"names column {column!r}; {columns_there(column, columns, 'the file')}")


def rows_of(frame: pd.DataFrame) -> Iterator[tuple[int, Row]]:
    """The rows one by one with their number in the table, from 1 on, without their empty cells."""
    names = [str(column) for column in frame.columns]
    numbers = frame.index.to_numpy() + 1
    filled = frame.notna().to_numpy()
    for number, there, cells in zip(numbers.tolist(), filled, frame.itertuples(index=False, name=None), strict=True):
        yield number, {name: cell for name, cell, is_filled in zip(names, cells, there, strict=True) if is_filled}


def file_digest(path: Path) -> str:
    """`sha256:` and the digest of the file's bytes."""
    with _opened(path) as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise HistoryError(f"{path} cannot be read ({error.strerror}); name a file that exists") from error


def read_file(path: Path, encoding: str | None = None) -> pd.DataFrame:
    """A file's table, in the file's order; cells of CSV stay text. `encoding` is that of a file of text, else UTF-8.

    Raises:
        HistoryError: a file that cannot be read, or one of another kind.
    """
    _opened(path).close()
    kind = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    try:
        if kind == ".parquet":
            return pd.read_parquet(path)
        if kind in (".csv", ".csv.gz"):
            return _csv(path, _codec(encoding))
        if kind in (".jsonl", ".jsonl.gz"):
            return _json_lines(path, _codec(encoding))
    except UnicodeError as error:
        raise HistoryError(_not_encoded(path, encoding)) from error
    except CUT_SHORT as error:
        raise HistoryError(f"{path} ends too early: it was not copied whole; fetch it again") from error
    except (ValueError, OSError) as error:
        raise HistoryError(f"{path} cannot be read as {kind}: {error}") from error
    raise HistoryError(f"{path.name}: expected .csv, .csv.gz, .parquet, .jsonl or .jsonl.gz with a mapping")


def _codec(encoding: str | None) -> str:
    """UTF-8 may begin with a mark that tells so."""
    return "utf-8-sig" if encoding is None or codecs.lookup(encoding).name == "utf-8" else encoding


def _not_encoded(path: Path, encoding: str | None) -> str:
    if encoding is not None:
        return f"{path} is not {encoding}, as encoding in the mapping says; files of Windows often are cp1252"
    return (
        f"{path} is not UTF-8: say what it is at the top of the mapping, such as encoding: cp1252 (western Europe, "
        f"Windows) or encoding: utf-16, or convert it: iconv -f CP1252 -t UTF-8 {path.name} > utf8-{path.name}"
    )


def _csv(path: Path, encoding: str) -> pd.DataFrame:
    """Cells stay text; what separates them is read from the first line, which holds the columns' names."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding=encoding) as lines:
        names = lines.readline()
    cells: dict[str, Any] = {"sep": max(SEPARATORS, key=names.count), "dtype": str, "encoding": encoding}
    head = pd.read_csv(path, header=None, nrows=1, keep_default_na=False, **cells)
    columns = numbered([name or f"Unnamed: {place}" for place, name in enumerate(head.iloc[0].tolist())])
    with warnings.catch_warnings():
        # Cells beyond the last name: a reader that is not told to keep them apart takes the first ones for row labels.
        warnings.simplefilter("error", ParserWarning)
        try:
            return pd.read_csv(
                path, header=0, names=columns, index_col=False, keep_default_na=False, na_values=[""], **cells
            )
        except ParserError as error:
            raise ValueError(_longer(error)) from error
        except ParserWarning as error:
            says = f"its first line names {len(columns)} columns and its rows have more cells: name every column there"
            raise ValueError(says) from error


_LONGER = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def _longer(error: ParserError) -> str:
    """What to do about a line with more cells than the one that names the columns."""
    found = _LONGER.search(str(error))
    if found is None:
        return str(error)
    names, line, cells = found.groups()
    return f"line {line} has {cells} cells, the first line names {names}: quote a cell that holds what separates cells"


def _json_lines(path: Path, encoding: str) -> pd.DataFrame:
    """One object a line; nested values become columns named by their dotted path."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding=encoding) as lines:
        return pd.json_normalize([json.loads(line) for line in lines if line.strip()])
