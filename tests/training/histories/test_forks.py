import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from training.histories.forks import CAN_FORK, Arrays, worked

PARTS = [[1.5, 2.5], [3.5], [], [4.5]]

forked = pytest.mark.skipif(not CAN_FORK, reason="processes are forked on Linux alone; elsewhere all work is done here")


def doubled(part: list[float]) -> Arrays:
    return {"twice": 2.0 * np.array(part), "words": np.array([f"ä{each}" for each in part], np.str_)}


def process(_: list[float]) -> Arrays:
    return {"process": np.array(os.getpid())}


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_every_part_comes_with_its_work_in_order(processes: int) -> None:
    made = list(worked(iter(PARTS), doubled, processes))
    assert [part for part, _ in made] == PARTS
    assert [arrays["twice"].tolist() for _, arrays in made] == [[3.0, 5.0], [7.0], [], [9.0]]
    assert [arrays["words"].tolist() for _, arrays in made] == [["ä1.5", "ä2.5"], ["ä3.5"], [], ["ä4.5"]]


@forked
def test_several_processes_work_while_this_one_reads_on() -> None:
    made = [int(arrays["process"]) for _, arrays in worked(iter(PARTS), process, 3)]
    assert os.getpid() not in made
    assert len(set(made)) == len(PARTS)
    read: list[int] = []

    def parts() -> Iterator[list[float]]:
        for number, part in enumerate(PARTS):
            read.append(number)
            yield part

    next(worked(parts(), process, 2))
    assert read == [0, 1, 2]


def test_with_one_process_all_is_done_here() -> None:
    assert {int(arrays["process"]) for _, arrays in worked(iter(PARTS), process, 1)} == {os.getpid()}


@forked
def test_what_a_process_that_died_should_have_made_is_made_here(capfd: pytest.CaptureFixture[str]) -> None:
    here = os.getpid()

    def dies(part: list[float]) -> Arrays:
        if os.getpid() != here and part == [3.5]:
            os.kill(os.getpid(), signal.SIGKILL)
        return doubled(part)

    assert [arrays["twice"].tolist() for _, arrays in worked(iter(PARTS), dies, 2)] == [[3.0, 5.0], [7.0], [], [9.0]]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_is_raised_here(processes: int, capfd: pytest.CaptureFixture[str]) -> None:
    def fails(part: list[float]) -> Arrays:
        raise ValueError(f"cannot work on {part}")

    with pytest.raises(ValueError, match=r"cannot work on \[1.5, 2.5\]"):
        list(worked(iter(PARTS), fails, processes))
    assert capfd.readouterr() == ("", "")


@forked
def test_no_process_outlives_one_who_stops_listening(tmp_path: Path) -> None:
    def waits(part: list[float]) -> Arrays:
        (tmp_path / str(os.getpid())).touch()
        signal.pause()
        return doubled(part)

    def parts() -> Iterator[list[float]]:
        yield from PARTS[:2]
        while len(list(tmp_path.iterdir())) < 2:
            pass
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(worked(parts(), waits, 4))
    for name in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(name.name), 0)


ORPHANS = r"""
import os, signal, sys, time
import numpy as np
from training.histories import forks

def work(part):
    os.write(1, f"{os.getpid()}\n".encode())  # At once, so that no other's comes between.
    while part == "works on":
        time.sleep(0.1)
    return {"more": np.zeros(1_000_000)}  # More than a pipe holds, so that it waits for its reader.

def parts():
    yield from sys.argv[2:]
    time.sleep(60)

if sys.argv[1] == "without the signal":
    forks._LIBRARY = None
list(forks.worked(parts(), work, 3))
"""


def is_alive(process: int) -> bool:
    """Whether it runs or waits; one that has ended and that nobody asked about is not alive."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@forked
@pytest.mark.parametrize(
    ("how", "each"),
    [("with the signal", "works on"), ("with the signal", "sends"), ("without the signal", "sends")],
    ids=["at work", "sending", "sending, where the system sends no signal"],
)
def test_no_process_outlives_one_that_was_killed_outright(how: str, each: str) -> None:
    command = [sys.executable, "-c", ORPHANS, how, each, each]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        try:
            forked = [int(parent.stdout.readline()) for _ in range(2)]
            time.sleep(0.3)
            assert all(is_alive(process) for process in forked)
        finally:
            parent.kill()
            parent.wait()
        until = time.monotonic() + 2.0
        while any(is_alive(process) for process in forked) and time.monotonic() < until:
            time.sleep(0.02)
        left = [process for process in forked if is_alive(process)]
        for process in left:
            os.kill(process, signal.SIGKILL)
        assert not left
        assert parent.stderr.read() == ""
