"""Work that follows an answer is done in its order by one thread, and never waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from serving.following import TOGETHER, Follower


def test_everything_is_worked_through_in_order_a_few_at_once() -> None:
    batches: list[Sequence[int]] = []
    follower = Follower[int]("follower", 500, batches.append)
    assert all(follower.follow(number) for number in range(200))
    follower.close()
    assert [number for batch in batches for number in batch] == list(range(200))
    assert max(map(len, batches)) <= TOGETHER


def test_what_it_is_behind_with_is_not_taken_and_nobody_waits() -> None:
    stuck = threading.Event()
    done: list[int] = []

    def work(batch: Sequence[int]) -> None:
        stuck.wait(20)
        done.extend(batch)

    follower = Follower[int]("follower", 2, work)
    began = time.monotonic()
    taken = [follower.follow(number) for number in range(100)]
    assert time.monotonic() - began < 5
    assert not all(taken)
    stuck.set()
    follower.drain()
    assert len(done) == sum(taken)
    follower.close()


def test_without_work_there_is_no_thread() -> None:
    before = threading.active_count()
    follower = Follower[int]("follower", 2, lambda batch: None)
    follower.close()
    follower.drain()
    assert threading.active_count() == before


def test_where_no_thread_can_be_started_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    follower = Follower[int]("follower", 2, lambda batch: None)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert follower.follow(1) is False
    assert follower.follow(2) is True
    follower.close()
