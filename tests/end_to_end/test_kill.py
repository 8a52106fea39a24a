"""Killed in the middle of work, again and again: what was acknowledged is there, once, and the chain holds."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest
from sqlalchemy import func, select

from examples.orchestrator import as_if_now
from serving.keys import DEFAULT_PRINCIPALS
from serving.store import audit, principal_leaves
from serving.store.engine import Database
from serving.store.tables import audit_leaves, recommendations
from tests.fixtures.service import costly

ROOT = Path(__file__).parents[2]
KILLS = 3
SEED = 20261123


class Victim:
    """A served process that is killed without warning and started again on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "fairlead.py"), "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--folder", str(self.folder)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/health/live")
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("not live within a minute")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def post(self, number: int) -> bytes | None:
        """The answer's bytes; None where the connection broke before they came."""
        key = (self.folder / "keys" / "orchestrator").read_text().strip()
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"k-{number}",
        }
        url = f"http://127.0.0.1:{self.port}/v1/recommendations"
        try:
            response = httpx.post(url, content=BODIES[number], headers=headers, timeout=20)
        except httpx.TransportError:
            return None
        return response.content if response.status_code == 200 else None


NOW = datetime.now(UTC)
BODIES = [
    json.dumps({**as_if_now(costly(number), NOW), "exception_id": f"exc-{number}"}).encode() for number in range(900)
]


@pytest.mark.slow
def test_what_was_acknowledged_survives_every_kill_exactly_once(tmp_path: Path) -> None:
    victim, acknowledged = Victim(tmp_path), dict[int, bytes]()
    moments = np.random.default_rng(SEED).uniform(0.0, 0.2, KILLS)
    numbers = iter(range(len(BODIES)))
    sent: list[int] = []
    for round_, moment in enumerate(moments, start=1):
        victim.start()
        stop = threading.Event()

        def work(stop: threading.Event = stop) -> None:
            while not stop.is_set():
                if (number := next(numbers, None)) is None:
                    return
                sent.append(number)
                if (content := victim.post(number)) is not None:
                    acknowledged[number] = content

        workers = [threading.Thread(target=work) for _ in range(3)]
        for each in workers:
            each.start()
        while len(acknowledged) < 4 * round_ and len(sent) < len(BODIES):
            time.sleep(0.01)
        time.sleep(float(moment))
        victim.kill()
        stop.set()
        for each in workers:
            each.join()
    victim.start()
    again = {number: victim.post(number) for number in sent}
    victim.kill()
    assert len(acknowledged) >= 4 * KILLS
    assert all(again[number] == content for number, content in acknowledged.items())
    check_store(tmp_path, len(sent))


def check_store(folder: Path, expected: int) -> None:
    database = Database(f"sqlite:///{folder / 'fairlead.db'}")
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert list(audit.faults(connection)) == []
        assert connection.execute(select(func.count()).select_from(recommendations)).scalar_one() == expected
        kinds = Counter(connection.execute(select(audit_leaves.c.kind)).scalars())
        assert kinds == {"recommendation": expected, principal_leaves.KIND: len(DEFAULT_PRINCIPALS)}
    database.close()
