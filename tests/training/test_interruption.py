"""What ends a training early is told in one line; nothing is published by half, and what is served stays."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from typer.testing import CliRunner, Result

from data.vocabulary import Task
from models.bundle import open_bundle
from models.files import MANIFEST
from policies.policy import load_policy
from tests.fixtures.few_trees import few_trees
from tests.fixtures.histories import parts, short_history
from tests.fixtures.stores import new_store
from training.commands.train import app
from training.histories.history import open_history
from training.interruption import AGAIN_SECONDS, Interrupted, interruptible
from training.progress import Silent
from training.train import Order, train

# MLflow warns of its own validators, shap and matplotlib of one another; none of it is ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE_SECONDS = 20
DRIVER = """
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
import typer
import training.learning.learn
from data.vocabulary import Task
from policies.policy import load_policy
from training.commands.train import told
from training.histories.history import open_history
from training.progress import Silent
from training.train import Order, train

marker, history, out, *tasks = sys.argv[1:]
choose = training.learning.learn.choose

def marked(*given):
    Path(marker).touch()
    return choose(*given)

training.learning.learn.choose = marked
try:
    with told():
        asked = tuple(map(Task, tasks))
        order = Order(asked, Path(out), load_policy(), datetime.now(UTC), threads=2, trials=5_000)
        train(open_history(history), order, Silent())
except typer.Exit as ended:
    sys.exit(ended.exit_code)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("served")
    order = Order((Task.STOCKOUT,), out, load_policy(), datetime(2026, 11, 1, tzinfo=UTC), threads=1)
    with few_trees():
        train(open_history(parts()[0]), order, Silent())
    return out


def whole(folder: Path) -> tuple[bytes, list[Path]]:
    """The manifest in force and every file of the folder, of which none is left half written."""
    assert open_bundle(folder).problems == {}
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    assert not [path for path in found if path.name.startswith(".writing-")]
    return (folder / MANIFEST).read_bytes(), found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code", "tasks"),
    [(signal.SIGINT, 130, ("sla_breach",)), (signal.SIGTERM, 143, ("sla_breach", "root_cause"))],
)
def test_a_signal_in_the_middle_ends_it_at_once(
    served: Path, tmp_path: Path, number: signal.Signals, code: int, tasks: tuple[str, ...]
) -> None:
    before, marker = whole(served), tmp_path / "learning"
    command = [sys.executable, "-c", DRIVER, str(marker), str(short_history()), str(served), *tasks]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while not marker.exists() and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.1)
        time.sleep(1.0)
        process.send_signal(number)
        out, said = process.communicate(timeout=AT_ONCE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == code, said
    assert out == ""
    assert said.strip().splitlines()[-1] == "error: interrupted: nothing was published or registered"
    assert "Traceback" not in said
    assert whole(served) == before


def asked(out: Path, *more: str) -> Result:
    """A training by the command; what ends it does not mind how much it learns."""
    read = ["--history", str(short_history()), "--out", str(out)]
    with few_trees():
        return CliRunner().invoke(app, ["train", "sla_breach", *read, "--threads", "1", "--trials", "0", *more])


def refused(done: Result) -> str:
    assert done.exit_code == 1, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(said) == 1
    return said[0]


def full(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def swallow() -> None:
    """As a library that calls back into Python, and minds nothing that is raised there."""
    with suppress(Interrupted):
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the signal was not heard")


def stubborn() -> None:
    swallow()
    time.sleep(20 * AGAIN_SECONDS)


def orderly(done: list[bool]) -> None:
    """Takes its time to put things in order, and handles what goes wrong on the way."""
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        try:
            time.sleep(1.2 * AGAIN_SECONDS)
            raise KeyError
        except KeyError:
            time.sleep(1.2 * AGAIN_SECONDS)
        done.append(True)


def test_an_interruption_that_a_library_swallows_comes_again() -> None:
    with pytest.raises(Interrupted) as told, interruptible():
        stubborn()
    assert told.value.exit_code == 130


def test_what_puts_things_in_order_afterwards_is_let_finish() -> None:
    done: list[bool] = []
    with pytest.raises(Interrupted), interruptible():
        orderly(done)
    assert done
    time.sleep(1.2 * AGAIN_SECONDS)  # Nothing is raised once it is over.


def test_afterwards_signals_are_whose_they_were() -> None:
    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = [signal.getsignal(each) for each in asked]
    with interruptible():
        assert all(signal.getsignal(each) is not mine for each, mine in zip(asked, before, strict=True))
    assert [signal.getsignal(each) for each in asked] == before
    with pytest.raises(KeyError), interruptible():
        raise KeyError
    assert [signal.getsignal(each) for each in asked] == before


def test_a_full_disk_is_said_and_what_is_served_stays(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (served / MANIFEST).read_bytes()
    monkeypatch.setattr("models.files.os.fsync", full)
    said = refused(asked(served, "--no-track"))
    assert "cannot be written (No space left on device): nothing was published or registered" in said
    monkeypatch.undo()
    assert whole(served)[0] == before


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    uri = new_store(tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setattr("training.commands.train.VAR", tmp_path / "var")
    monkeypatch.setattr("training.tracking.pictures.draw", lambda *_: None)  # What a run tells has tests of its own.
    return uri


def registered(uri: str) -> list[Any]:
    from mlflow.tracking import MlflowClient

    return list(MlflowClient(uri).search_registered_models())


def test_mlflow_that_is_down_before_is_said_before_any_work(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setattr("training.train.train", full)  # no work is done
    before = whole(served)
    assert "MLflow does not answer at http://127.0.0.1:9" in refused(asked(served))
    assert whole(served) == before


@pytest.mark.parametrize("breaks", ["mlflow.log_metrics", "mlflow.pyfunc.log_model"])
def test_mlflow_that_breaks_off_in_the_middle_leaves_nothing(
    served: Path, store: str, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    before = whole(served)
    monkeypatch.setattr(breaks, full)
    said = refused(asked(served))
    assert "the disk is full, or a quota or a limit on the size of files is reached (ulimit -f)" in said
    assert "nothing was published or registered; the disk" in said
    assert "stopped answering" not in said, "the disk is to blame, not MLflow"
    monkeypatch.undo()
    assert whole(served) == before
    assert registered(store) == []


def test_mlflow_that_does_not_register_is_said_with_the_bundle_that_is_published(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlflow.tracking.MlflowClient.create_model_version", full)
    out = tmp_path / "bundle"
    said = refused(asked(out))
    assert f"the bundle {open_bundle(out).digest} is published, but MLflow" in said
    assert "run the same again once it answers" in said


def the_run(uri: str) -> Any:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(uri)
    (run,) = client.search_runs([each.experiment_id for each in client.search_experiments()])
    return run


def stopped(*_: object, **__: object) -> Any:
    raise Interrupted(signal.SIGTERM)


@pytest.mark.parametrize(
    ("ends", "status", "why"),
    [
        (full, "FAILED", "cannot be written (No space left on device): nothing was published or registered"),
        (stopped, "KILLED", "interrupted: nothing was published or registered"),
    ],
)
def test_a_run_whose_bundle_was_not_published_says_so_and_leaves_no_file(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch, ends: Any, status: str, why: str
) -> None:
    monkeypatch.setattr("models.files.put_in_force", ends)
    assert asked(tmp_path / "bundle").exit_code in (1, 143)
    run = the_run(store)
    assert run.info.status == status
    assert why in run.data.tags["why"]
    assert not (tmp_path / "bundle").exists()


def test_a_run_that_did_not_get_registered_has_failed_and_one_that_did_is_finished(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("mlflow.tracking.MlflowClient.set_registered_model_alias", full)
        refused(asked(tmp_path / "bundle"))
    run = the_run(store)
    assert run.info.status == "FAILED"
    assert "is published, but MLflow" in run.data.tags["why"]
    store_of_another = new_store(tmp_path / "another.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_of_another)
    assert asked(tmp_path / "bundle").exit_code == 0
    run = the_run(store_of_another)
    assert (run.info.status, "why" in run.data.tags) == ("FINISHED", False)


@pytest.fixture
def unwritable() -> Iterator[Callable[[], None]]:
    """Makes every SQLite store refuse what is written from the next connection on, as one on a full disk does."""

    def refuse(connection: Any) -> None:
        connection.connection.dbapi_connection.execute("PRAGMA query_only = ON")

    yield lambda: event.listen(Engine, "engine_connect", refuse)
    event.remove(Engine, "engine_connect", refuse)


def test_a_store_of_mlflow_that_cannot_be_written_is_one_message(
    tmp_path: Path, store: str, unwritable: Callable[[], None], capfd: pytest.CaptureFixture[str]
) -> None:
    from training.tracking.tracking import Tracker

    Tracker(store, tmp_path)
    unwritable()
    said = refused(asked(tmp_path / "bundle"))
    assert "cannot be written. Make it so, set MLFLOW_TRACKING_URI, or pass --no-track" in said
    assert "attempt to write a readonly database" in said
    written = capfd.readouterr()
    assert "Traceback" not in written.out + written.err
    assert not (tmp_path / "bundle").exists()


def test_any_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["cases", str(tmp_path / "folder.jsonl")])
    assert "cannot be read" in refused(done)
