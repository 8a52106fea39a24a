"""The service says in one line why it cannot listen, touches nothing then, and never leaves loopback quietly."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from serving.listening import CannotListen, address_of, beyond_loopback, listen

ROOT = Path(__file__).parents[2]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what leaving loopback means


def serve(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "fairlead.py", "serve", "--folder", str(folder), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def refused(folder: Path, *arguments: str) -> str:
    """What is said by a serve that must give up, touching nothing."""
    with serve(folder, *arguments) as started:
        out, said = started.communicate(timeout=60)
    assert (started.returncode, out) == (2, "")
    assert "Traceback" not in said
    assert not folder.exists()
    [line] = said.splitlines()
    return line


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_is_none_is_said_in_one_line(tmp_path: Path, port: str) -> None:
    said = refused(tmp_path / "var", "--port", port)
    assert re.match(r"port cannot be used \(.*(65535|0)\): set another with --port or FAIRLEAD_PORT", said)


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = refused(tmp_path / "var", "--port", port)
    assert said == (
        f"port {port} on 127.0.0.1 is taken, perhaps by Fairlead itself: "
        "stop what listens there, or choose another with --port"
    )


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1"])
def test_an_address_of_nobody_is_said_in_one_line(tmp_path: Path, host: str) -> None:
    assert "leave --host out to listen on 127.0.0.1" in refused(tmp_path / "var", "--host", host, "--port", "0")


def test_leaving_loopback_is_said_plainly_and_staying_is_not(tmp_path: Path) -> None:
    assert f"LISTENING BEYOND LOOPBACK on {EVERYWHERE}" in first_words(tmp_path / "a", "--host", EVERYWHERE)
    assert "BEYOND" not in first_words(tmp_path / "b")


def first_words(folder: Path, *arguments: str) -> str:
    with serve(folder, "--port", "0", *arguments) as started:
        assert started.stderr is not None
        said, deadline = "", time.monotonic() + 60
        while "docs at" not in said and time.monotonic() < deadline:
            said += started.stderr.readline()
        started.terminate()
        started.communicate(timeout=20)
    return said


def test_nothing_listens_beyond_loopback_unless_told() -> None:
    with listen("127.0.0.1", 0) as loopback, listen(EVERYWHERE, 0) as everywhere:
        assert [beyond_loopback(each) for each in (loopback, everywhere)] == [False, True]
        assert address_of(loopback)[1] > 0


def test_a_socket_that_was_not_had_is_closed() -> None:
    with listen("127.0.0.1", 0) as first:
        first.listen()
        with pytest.raises(CannotListen, match="is taken"):
            listen("127.0.0.1", address_of(first)[1])
