"""The address is told when it answers: a script that reads the line may call at once."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from serving.announcing import AnnouncingServer
from serving.listening import address_of, listen

ROOT = Path(__file__).parents[2]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "fairlead.py", "serve", "--folder", str(tmp_path / "var"), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as started:
        yield started
        started.terminate()
        started.communicate(timeout=20)


def test_the_first_call_after_the_address_was_printed_is_answered(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if told := re.search(r"docs at (http://\S+)/docs$", line):
            assert httpx.get(f"{told[1]}/health/ready", timeout=30).status_code == 200
            return
    raise AssertionError("the process ended without an address")


async def application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def failing(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no"})


def test_a_connection_is_accepted_when_it_is_announced() -> None:
    connected = []
    with listen("127.0.0.1", 0) as taken:

        def announce() -> None:
            with socket.create_connection(address_of(taken), timeout=5) as client:
                connected.append(client.getpeername())

        server = AnnouncingServer(uvicorn.Config(application, log_config=None), announce)

        async def run() -> None:
            server.config.load()
            server.lifespan = server.config.lifespan_class(server.config)
            await server.startup([taken])
            await server.shutdown([taken])

        with pytest.raises(ConnectionRefusedError):
            announce()
        asyncio.run(run())
    assert len(connected) == 1


def test_an_application_that_does_not_start_is_not_announced() -> None:
    announced = []
    config = uvicorn.Config(failing, log_config=None, lifespan="on")
    with listen("127.0.0.1", 0) as taken, pytest.raises(SystemExit):
        AnnouncingServer(config, lambda: announced.append(True)).run(sockets=[taken])
    assert announced == []
