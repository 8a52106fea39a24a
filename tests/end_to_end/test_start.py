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
from pathlib import Path

import httpx
import pytest

from tests.fixtures.bundles import a_bundle

TRAINING_ONLY = ("lightgbm", "mlflow", "shap", "pandas", "sklearn", "joblib", "scipy", "matplotlib", "pyarrow")
READY_WITHIN = 5.0
"""Seconds from the command to the first answer of /health/ready, on a machine that does nothing else."""

ROOT = Path(__file__).parents[2]


def test_serving_imports_nothing_that_only_training_needs() -> None:
    names = f"[name for name in {TRAINING_ONLY!r} if name in sys.modules]"
    asked = f"import sys, json, serving.app, serving.commands; print(json.dumps({names}))"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == []


def test_serving_locks_nothing_that_only_training_needs() -> None:
    lock = (ROOT / "requirements-serving.lock").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9-]+)==", lock, flags=re.MULTILINE))
    assert "fastapi" in names
    assert not names & {*TRAINING_ONLY, "scikit-learn"}


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def process(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    bundle = a_bundle(tmp_path / "bundle")
    command = [sys.executable, str(ROOT / "fairlead.py"), "serve", "--port", str(port)]
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


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the process's time from /proc")
def test_is_ready_soon_answers_and_stops_when_told(process: subprocess.Popen[str], port: int, tmp_path: Path) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        ready = wait_until_ready(client, process)
        assert cpu_seconds(process) <= READY_WITHIN
        assert {each["served_by"] for each in ready.json()["ladder"]} == {"model"}
        key = (tmp_path / "var" / "keys" / "orchestrator").read_text().strip()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = (ROOT / "examples" / "exception.json").read_bytes()
        assert client.post("/v1/recommendations", content=body, headers=headers).status_code == 200
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
