"""The serving install needs none of what training needs, and is ready soon."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import httpx
import pytest

from tests.fixtures.bundles import a_bundle

TRAINING_ONLY = ("lightgbm", "mlflow", "shap", "pandas", "sklearn", "joblib", "scipy", "matplotlib", "pyarrow")
READY_WITHIN = 5.0
"""Seconds from the command to the first answer of /health/ready, on a machine that does nothing else."""
LONGEST_WAIT = 30.0
"""The same seconds on a machine that is busy with other tests."""

ROOT = Path(__file__).parents[2]

AS_INSTALLED = """
import runpy, sys
from importlib.machinery import PathFinder

absent = frozenset(sys.argv.pop(1).split(","))

class ServingInstall(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in absent else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = ServingInstall
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script with the modules that are named first not to be found, as where they are not installed."""


def test_serving_imports_nothing_that_only_training_needs() -> None:
    names = f"[name for name in {TRAINING_ONLY!r} if name in sys.modules]"
    asked = f"import sys, json, serving.app, serving.commands; print(json.dumps({names}))"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == []


def locked() -> set[str]:
    """The distributions of the serving install."""
    lock = (ROOT / "requirements-serving.lock").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE))


def absent() -> list[str]:
    """The modules installed here that the serving install has not."""
    has = {*locked(), "fairlead"}
    of = {
        name: {re.sub("[-_.]+", "-", each).lower() for each in names}
        for name, names in packages_distributions().items()
    }
    return sorted(name for name, distributions in of.items() if not distributions & has)


def test_serving_locks_nothing_that_only_training_needs() -> None:
    assert "fastapi" in locked()
    assert not locked() & {*TRAINING_ONLY, "scikit-learn"}
    assert set(TRAINING_ONLY) <= set(absent())


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def process(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`fairlead serve` with nothing to import but what the serving install has."""
    bundle = a_bundle(tmp_path / "bundle")
    script = [sys.executable, "-c", AS_INSTALLED, ",".join(absent()), str(ROOT / "fairlead.py")]
    command = [*script, "serve", "--port", str(port)]
    where = ["--folder", str(tmp_path / "var"), "--bundle", str(bundle)]
    # Nothing listens on port 9: serving needs no registry.
    environment = {**os.environ, "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    with subprocess.Popen(
        [*command, *where], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.kill()


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    """What the process has used of a processor: on a busy machine, not how long it had to wait for one."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_in_line(process: subprocess.Popen[str]) -> float:
    """How long its main thread could have run and had to wait for a processor that others used."""
    return int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[1]) / 1e9


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="reads the process's times from /proc")
def test_is_ready_soon_answers_and_stops_when_told(process: subprocess.Popen[str], port: int, tmp_path: Path) -> None:
    started = time.monotonic()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        ready = wait_until_ready(client, process)
        took = time.monotonic() - started
        assert cpu_seconds(process) <= READY_WITHIN
        assert took - seconds_in_line(process) <= READY_WITHIN, "it waits for something else than a processor"
        assert took <= LONGEST_WAIT
        assert {each["served_by"] for each in ready.json()["ladder"]} == {"model"}
        key = (tmp_path / "var" / "keys" / "orchestrator").read_text().strip()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = (ROOT / "examples" / "exception.json").read_bytes()
        assert client.post("/v1/recommendations", content=body, headers=headers).status_code == 200
        odd = client.post("/console/sign-in", data={"csrf": "of no page", "key": key})
        assert (odd.status_code, "Try again." in odd.text) == (403, True), "a form is read, and a page is written"
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM)  # uvicorn raises the signal again once it has closed
    assert key not in said
    assert "Traceback" not in said


def wait_until_ready(client: httpx.Client, process: subprocess.Popen[str]) -> httpx.Response:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        try:
            return client.get("/health/ready")
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("not ready within a minute")
