"""What is installed, what is in force, what is wrong, and how to mend it."""

from __future__ import annotations

import contextlib
import platform
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from data.vocabulary import ServedBy
from models import kernel
from models.bundle import open_bundle
from models.files import MANIFEST, BundleError, manifest_named, published
from models.ladder import load_bundle, load_predictors
from policies.policy import load_policy
from policies.tables.problems import PolicyError
from serving.bundle_key import PUBLIC, SECRET, find_bundle_key, key_to_look
from serving.command_words import keys_again, sign_again
from serving.errors import Problem, RecordAltered, StoreUnavailable
from serving.health.service import ladder_steps
from serving.keys import DEFAULT_PRINCIPALS, read_key
from serving.models.learned import made
from serving.models.trust import Trust
from serving.settings import Settings
from serving.store import audit, whole
from serving.store.engine import Database, file_of, wal_reset_warning
from serving.store.rows import ODD
from serving.wiring import opened

RESTORE = "restore the database from a backup: somebody changed it by hand"
FILE_BACK = "bring that file back, from a backup or the folder the model was trained in; then restart what serves it"
LEARN_AGAIN = "see whether it still holds (/console/models/drift), and train on newer cases: fairlead retrain --help"
AGED = timedelta(days=90)
"""Since the latest case that taught a model, from which on that is said: three half-lives of what is known of a
party."""
SERVING = ("fastapi", "numpy", "pydantic", "sqlalchemy", "uvicorn")
TRAINING = ("lightgbm", "scikit-learn", "mlflow", "shap", "pandas")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `wrong` needs mending, `note` is good to know."""

    verdict: Literal["good", "note", "wrong"]
    about: str
    says: str
    mend: str = ""


def examine(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Look at everything the service stands on; never raises for what it finds."""
    looks: dict[str, Iterator[Finding]] = {
        "installed": _installed(),
        "policy": _policy(settings),
        "bundle": _bundle(settings),
        "age": _aged(settings, now),
        "rollback": _rollback(settings),
        "store": _store(settings),
        "keys": _keys(settings),
        "bundle key": _bundle_key(settings),
    }
    for about, found in looks.items():
        yield from _whatever_it_finds(about, found)


def _whatever_it_finds(about: str, found: Iterator[Finding]) -> Iterator[Finding]:
    """A row that somebody changed by hand may end a look, and is then its find."""
    try:
        yield from found
    except RecordAltered as altered:
        yield Finding("wrong", about, altered.detail, RESTORE)
    except (SQLAlchemyError, Problem, *ODD) as error:
        says = f"cannot be looked at ({type(error).__name__}): the database may hold what Fairlead never writes"
        yield Finding("wrong", about, says, RESTORE)


def _installed() -> Iterator[Finding]:
    yield Finding("good", "python", f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    for about, names in (("serving", SERVING), ("training", TRAINING)):
        found = {name: _version(name) for name in names}
        missing = [name for name, number in found.items() if number is None]
        told = ", ".join(f"{name} {number}" for name, number in found.items() if number)
        if not missing:
            yield Finding("good", about, told)
        elif about == "training":
            yield Finding("note", about, "not installed: this installation serves and cannot train")
        else:
            yield Finding("wrong", about, f"missing: {', '.join(missing)}", "install requirements-serving.lock")
    yield Finding("note" if kernel.library() is None else "good", "kernel", kernel.told())
    if warning := wal_reset_warning():
        yield Finding("note", "sqlite", warning)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _policy(settings: Settings) -> Iterator[Finding]:
    try:
        policy = load_policy(settings.policy)
    except PolicyError as error:
        yield Finding("wrong", "policy", str(error), "correct the lines named, or serve the committed default")
        return
    yield Finding("good", "policy", f"version {policy.version}, {policy.digest}, {len(policy.tables)} tables")


def _bundle(settings: Settings) -> Iterator[Finding]:
    with _trust(settings) as trust:
        loaded = load_bundle(settings.bundle_folder, before=trust.last_good(), check=trust.check)
        mend = _trusted_again(settings, trust) if trust.refusal() else _none_mended(settings, trust)
    predictors, bundle = loaded.predictors, loaded.bundle
    if bundle is None:
        detail = next((rung.detail for rungs in predictors.ladders.values() for rung in rungs if rung.detail), "absent")
        yield Finding("wrong", "bundle", detail, mend)
    else:
        yield Finding("good", "bundle", f"{bundle.digest} of {bundle.created_at}")
        for fault in bundle.altered():
            yield Finding("wrong", "bundle", fault, FILE_BACK)
    for step in ladder_steps(predictors):
        verdict: Literal["good", "note"] = "good" if step.served_by is ServedBy.MODEL else "note"
        why = f" ({step.reason})" if step.reason else ""
        yield Finding(verdict, step.task.value, f"served by {step.served_by.value}{why}")


def _aged(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Models that learned long ago; how they do now is told by the drift report."""
    digest = load_predictors(settings.bundle_folder).digest
    bundle = made([settings.bundle_folder], digest) if digest else None
    for task, learned in bundle.tasks.items() if bundle else ():
        if learned.until and now - learned.until > AGED:
            days = (now - learned.until).days
            says = f"its model learned from cases until {learned.until:%Y-%m-%d}, {days:,} days ago"
            yield Finding("note", task.value, says, LEARN_AGAIN)


def _none_mended(settings: Settings, trust: Trust) -> str:
    """What to do where no bundle can be read: a folder that served is not trained into."""
    folder, last = settings.bundle_folder, trust.came_last()
    if last in published(folder):
        return f"{_put_back(folder, last)}; then restart"
    return f"train into {folder}, or name another folder with --bundle"


def _put_back(folder: Path, digest: str) -> str:
    return f"cp {manifest_named(folder, digest)} {folder / MANIFEST}"


def _rollback(settings: Settings) -> Iterator[Finding]:
    """A rollback is for a bad hour: what it leads to is read and verified before, as the rollback itself would."""
    with _trust(settings) as trust:
        before = trust.rollback_to()
        if before is None or before == trust.in_force():  # Another one came last: the bundle's own finding tells it.
            return
        try:
            bundle = open_bundle(settings.bundle_folder, before, trust.check)
            problems = [*bundle.altered(), *bundle.problems.values()]
        except BundleError as error:
            problems = [str(error)]
    if problems:
        where = f"bring the files and manifests of {before} into {settings.bundle_folder}"
        mend = f"{where}, from a backup or the folder that it lies in: a rollback needs them"
        yield Finding("wrong", "rollback", problems[0], mend)
    else:
        yield Finding("good", "rollback", f"would lead to {before}, which is here and verified")


@contextlib.contextmanager
def _trust(settings: Settings) -> Iterator[Trust]:
    """What tells which bundles may answer; what is wrong with the store or the key is found in its own place."""
    with contextlib.ExitStack() as stack:
        database, key = None, key_to_look(settings.key_folder, settings.bundle_folder)
        with contextlib.suppress(ValueError, StoreUnavailable):
            if file_of(settings.database_url).is_file():
                database = stack.enter_context(contextlib.closing(opened(settings.database_url, looking=True)))
        yield Trust(database, settings.bundle_folder, key)


def _trusted_again(settings: Settings, trust: Trust) -> str:
    """How a bundle that may answer comes in force again: an earlier one than came last would be refused as well."""
    folder, last, sign = settings.bundle_folder, trust.came_last(), f"if you vouch for it, {sign_again(settings)}"
    if last is None or last == trust.in_force():
        return f"{sign}; then restart"
    if last not in published(folder):
        elsewhere = f"{last} came in force last and is not in {folder}: serve the folder that holds it, by --bundle"
        return f"{elsewhere}; or, {sign}; then restart"
    if not trust.allows(last):
        return f"{sign}; then restart"
    return f"{_put_back(folder, last)}; or, {sign}; then restart"


def _store(settings: Settings) -> Iterator[Finding]:
    try:
        file = file_of(settings.database_url)
    except ValueError as error:
        yield Finding("wrong", "store", str(error), "name it with --db, or leave that out")
        return
    if not file.is_file():
        yield Finding("note", "store", f"no database at {file} yet: serving creates it")
        return
    database = Database(settings.database_url)
    try:
        database.migrate()
        database.probe()
        yield from _checked(database)
    except StoreUnavailable as error:
        cause = str(error.__cause__.__class__.__name__)
        yield Finding("wrong", "store", f"cannot be written ({cause})", "free the disk, or stop what locks the file")
    except ValueError as error:
        yield Finding("wrong", "store", str(error))
    finally:
        database.close()


def _checked(database: Database) -> Iterator[Finding]:
    with database.read() as connection:
        state = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
        if state != "ok":
            yield Finding("wrong", "store", f"the database file is damaged ({state})", RESTORE)
            return
        faults = list(whole.faults(connection))
        for fault in faults:
            yield Finding("wrong", "audit", fault, RESTORE)
        if not faults:
            head = audit.head(connection)
            yield Finding("good", "store", f"writable, audit chain of {head.leaves} leaves holds, head {head.digest}")


def _keys(settings: Settings) -> Iterator[Finding]:
    folder = settings.key_folder
    missing = [name for name in DEFAULT_PRINCIPALS if not (folder / name).is_file()]
    if missing:
        yield Finding("note", "keys", f"no key file for {', '.join(missing)}", keys_again(settings))
        return
    there = sorted(each.name for each in folder.iterdir() if each.is_file() and _is_key(each.name))
    for name in there:
        try:
            read_key(folder / name)
        except (ValueError, OSError) as error:
            yield Finding("wrong", "keys", str(error), f"delete the file, then {keys_again(settings)}")
            return
    open_files = [name for name in there if _readable_by_others(folder / name)]
    if open_files:
        mend = f"chmod 600 {folder}/*, then replace those keys"
        yield Finding("wrong", "keys", f"others can read {', '.join(open_files)}", mend)
    else:
        yield Finding("good", "keys", f"those of {len(there)} principals in {folder}, readable by their owner")


def _is_key(name: str) -> bool:
    """Of a principal: neither of the bundle's own, nor half written."""
    return name not in (SECRET, PUBLIC) and not name.startswith(".")


def _bundle_key(settings: Settings) -> Iterator[Finding]:
    file = settings.key_folder / SECRET
    try:
        key = find_bundle_key(settings.key_folder, settings.bundle_folder, sign_again(settings))
        others = key is not None and _readable_by_others(file)
    except (ValueError, OSError) as error:
        yield Finding("wrong", "bundle key", str(error))
        return
    if key is None:
        yield Finding("note", "bundle key", "none yet: serving makes the key that signs bundles")
    elif others:
        mend = f"move {file} away, then {sign_again(settings)} makes another key"
        yield Finding("wrong", "bundle key", f"others can read {SECRET}", mend)
    else:
        says = f"{key.public.key_id.hex()} signs bundles; hand out {settings.key_folder / PUBLIC} to verify them"
        yield Finding("good", "bundle key", says)


def _readable_by_others(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o077)
