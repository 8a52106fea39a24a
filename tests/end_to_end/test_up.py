"""`make run`: from nothing to a service that answers its printed request, and seconds the second time."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.keys import DEFAULT_PRINCIPALS, does

ROOT = Path(__file__).resolve().parents[2]
CARD_ENDS = "See the training runs"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def up(folder: Path, port: int, patience: float) -> Iterator[str]:
    """What `fairlead up` printed until its card was whole; the service runs meanwhile."""
    said = folder.parent / f"said-{port}.txt"
    command = [sys.executable, "fairlead.py", "up", "--folder", str(folder), "--port", str(port), "--cases", "3000"]
    with said.open("w") as stream:
        running = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream)
    try:
        deadline = time.monotonic() + patience
        while CARD_ENDS not in said.read_text():
            assert running.poll() is None, said.read_text()[-3000:]
            assert time.monotonic() < deadline, said.read_text()[-3000:]
            time.sleep(0.2)
        yield said.read_text()
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)


def printed_curl(said: str) -> str:
    found = re.search(r"^ *([^\n]+ today examples/.*?\bcurl .*?)(?<!\\)$", said, re.MULTILINE | re.DOTALL)
    assert found, said
    return found[1]


@pytest.mark.slow
def test_everything_comes_up_answers_its_printed_request_and_starts_again_in_seconds(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    with up(folder, free_port(), patience=420) as said:
        assert "SIMULATED" in said.upper()
        for task in ("exception_type", "root_cause", "sla_breach", "stockout"):
            assert f"{task}: model" in said
        answer = subprocess.run(printed_curl(said), shell=True, cwd=ROOT, capture_output=True, check=True)  # noqa: S602
        first = json.loads(answer.stdout)
        assert first["predictions"]["sla_breach"]["served_by"] == "model", "the example happens now: its promise stands"
        assert first["urgency"]["minutes_to_promise"] > 40
        for name, roles in DEFAULT_PRINCIPALS.items():
            assert f"{name:<13} {does(roles)}" in said
        assert all(oct(key.stat().st_mode)[-3:] == "600" for key in (folder / "keys").iterdir())

    port, started = free_port(), time.monotonic()
    with up(folder, port, patience=60) as said:
        # The promise is ten seconds on a quiet machine; tests run beside others.
        assert time.monotonic() - started < 30
        key = (folder / "keys" / "orchestrator").read_text().strip()
        url = f"http://127.0.0.1:{port}/v1/recommendations?limit=100"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=10) as listed:
            items = json.loads(listed.read())["items"]
    assert first["recommendation_id"] in {item["recommendation_id"] for item in items}
    assert len(items) > 30


def test_a_taken_port_is_said_before_any_work(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "fairlead.py", "up", "--folder", str(tmp_path / "var"), "--port", port]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 2
    assert "is taken" in done.stderr
    assert not (tmp_path / "var").exists()
