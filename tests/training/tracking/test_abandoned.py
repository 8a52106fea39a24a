"""A run whose process was killed outright is closed by the next training, and no other one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from training.tracking.abandoned import PROCESS, is_gone, this_process
from training.tracking.tracking import FINISHED, KILLED, RUNNING, WHY, Tracker

pytestmark = pytest.mark.filterwarnings("ignore")

LEFT_OPEN = """
import sys
from pathlib import Path
from training.tracking.tracking import Tracker

tracker = Tracker(sys.argv[1], Path(sys.argv[2]))
with tracker._run("sla_breach") as run:
    print(run.info.run_id, flush=True)
    sys.stdin.read()
"""


def killed_run(uri: str, folder: Path) -> str:
    """A run that was under way when its process was killed outright."""
    command = [sys.executable, "-W", "ignore", "-c", LEFT_OPEN, uri, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        run = child.stdout.readline().strip()
        Tracker(uri, folder)
        assert MlflowClient(uri).get_run(run).info.status == RUNNING, "it still runs"
        child.send_signal(signal.SIGKILL)
        child.wait()
    return run


def test_who_runs_is_not_gone_and_who_cannot_be_told_of_is_neither() -> None:
    mine = this_process()
    assert not is_gone(mine)
    assert is_gone(f"{mine}1"), "the same number, begun at another moment"
    machine, number, *_ = mine.split(" ")
    assert not is_gone(f"another-{machine} {number} 1")
    assert not any(map(is_gone, (None, "", machine, f"{machine} what 1")))


def test_a_killed_training_is_told_by_the_next_one(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    killed, client = killed_run(uri, tmp_path), MlflowClient(uri)
    other = client.create_run(client.get_run(killed).info.experiment_id, tags={PROCESS: "another-machine 1 1"})
    Tracker(uri, tmp_path)
    told = client.get_run(killed)
    assert (told.info.status, "killed" in told.data.tags[WHY]) == (KILLED, True)
    assert client.get_run(other.info.run_id).info.status == RUNNING


@pytest.mark.parametrize(("had", "has"), [(None, "champion"), ("challenger", "challenger")])
def test_a_training_that_was_killed_once_its_version_was_registered_is_finished(
    tmp_path: Path, had: str | None, has: str
) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    killed, client = killed_run(uri, tmp_path), MlflowClient(uri)
    client.create_registered_model("fairlead-sla_breach")
    client.create_model_version("fairlead-sla_breach", str(tmp_path), killed, tags={"bundle": "sha256:1"})
    if had:
        client.set_registered_model_alias("fairlead-sla_breach", had, "1")
    Tracker(uri, tmp_path)
    told = client.get_run(killed)
    assert (told.info.status, told.data.tags["bundle"], WHY in told.data.tags) == (FINISHED, "sha256:1", False)
    assert dict(client.get_registered_model("fairlead-sla_breach").aliases) == {has: 1}


def test_a_version_that_somebody_registered_by_hand_is_none_of_a_training(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    killed, client = killed_run(uri, tmp_path), MlflowClient(uri)
    client.create_registered_model("mine")
    client.create_model_version("mine", str(tmp_path), killed)
    Tracker(uri, tmp_path)
    assert client.get_run(killed).info.status == KILLED
    assert not client.get_registered_model("mine").aliases
