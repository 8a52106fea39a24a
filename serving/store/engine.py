"""The database: one SQLite file, one writer at a time, nothing acknowledged before it is on the disk."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnection

from serving.errors import RecordAltered, StoreUnavailable

BUSY_MILLISECONDS = 5_000
"""How long a statement waits for another process's lock before the request is refused."""

WAL_RESET_MENDED = (3, 51, 3)
"""Before it, two connections that write and checkpoint at once could corrupt a WAL database (sqlite.org/wal.html)."""

_NO_TEXT = re.compile(r"Could not decode to UTF-8 column '(\w+)'")
"""What SQLite's driver says of text that somebody put there by hand as bytes."""

ROOM = 1 << 20
"""Bytes that must be free after a write has failed before another is hoped for: several answers with what they tell."""

READERS = 48
"""Connections to read with: more than the threads that answer requests."""


class Database:
    """Read and write transactions over one SQLite file in WAL mode.

    Writers of this process take turns behind a lock, so no two of its connections ever write or checkpoint at once.
    One that is opened to look writes nothing and creates nothing.
    """

    def __init__(self, url: str, looking: bool = False) -> None:
        self.engine = _engine(url, LOOKING) if looking else _engine(url, SERVING)
        self._writer = self.engine.execution_options(fairlead_writes=True)
        self._turn = threading.Lock()
        self._failing = False
        self._folder = file_of(url).parent

    def migrate(self) -> None:
        """Bring the tables to this version's shape; the migrations are the only thing that creates them.

        Raises ValueError for a database that a newer Fairlead has written.
        """
        config = _migrations()
        with self.write() as connection:
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError:
                raise ValueError(_NEWER) from None

    def check(self) -> None:
        """Raise ValueError where the tables have not this version's shape, saying what to do; changes nothing."""
        known = ScriptDirectory.from_config(_migrations())
        with self.read() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        if found != known.get_current_head():
            older = found is None or any(each.revision == found for each in known.walk_revisions())
            raise ValueError(_OLDER if older else _NEWER)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment and writes nothing."""
        with _unavailable(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits all or nothing; on return it is on the disk."""
        if not self._turn.acquire(timeout=BUSY_MILLISECONDS / 1000):
            raise StoreUnavailable
        try:
            with _unavailable(), self._writer.begin() as connection:
                yield connection
            self._failing = False
        except StoreUnavailable:
            self._failing = True
            raise
        finally:
            self._turn.release()

    def probe(self) -> None:
        """Raise StoreUnavailable where nothing can be written; writes itself only after a write has failed.

        What it writes takes no room, and an answer does: a disk without room for one stays unavailable.
        """
        if self._failing and shutil.disk_usage(self._folder).free < ROOM:
            raise StoreUnavailable
        with self.write() as connection:
            if self._failing:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")

    def close(self) -> None:
        """Close every connection; the last one checkpoints the WAL."""
        self.engine.dispose()


def file_of(url: str) -> Path:
    """The file a database URL names. Raises ValueError where it names no SQLite file."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(_A_FILE) from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ValueError(_A_FILE)
    return Path(parsed.database)


def wal_reset_warning() -> str | None:
    """What to know where the linked SQLite has the WAL-reset defect; None where it is mended."""
    if sqlite3.sqlite_version_info >= WAL_RESET_MENDED:
        return None
    return (
        f"SQLite {sqlite3.sqlite_version} has the WAL-reset defect that 3.51.3 mends: run one serving process only "
        "(one process takes turns to write and is not affected)"
    )


_A_FILE = "the database must be a SQLite file, such as sqlite:///var/fairlead.db"
_NEWER = "a newer Fairlead has written this database: serve it with that version"
_OLDER = (
    "this database lacks tables of this version: start fairlead serve on it once, which brings it up to date, and ask "
    "again"
)

SERVING = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
"""How a connection that may write keeps what it writes."""

LOOKING = ("query_only = ON",)
"""How a connection that only looks is kept from writing, the mode of the file's journal too."""


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _engine(url: str, pragmas: tuple[str, ...]) -> Engine:
    file = file_of(url)
    if pragmas is not LOOKING:
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=READERS, max_overflow=0, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", partial(_on_connect, pragmas))
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", _on_error)
    return engine


def _on_connect(pragmas: tuple[str, ...], connection: Any, _: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN itself, so that a writer can say BEGIN IMMEDIATE
    for pragma in (*pragmas, f"busy_timeout = {BUSY_MILLISECONDS}", "mmap_size = 0", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_error(context: ExceptionContext) -> None:
    """Text that is none is a row that somebody altered, and no failure of the disk."""
    if odd := _NO_TEXT.search(str(context.original_exception)):
        told = f"The `{odd[1]}` of a row is no text, which Fairlead never writes"
        raise RecordAltered(f"{told}: {RecordAltered.mend}.")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("fairlead_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _unavailable() -> Iterator[None]:
    """Whatever the database cannot do now (full, locked, failing disk) becomes one problem; constraints pass."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, NoConnection) as error:
        raise StoreUnavailable from error
