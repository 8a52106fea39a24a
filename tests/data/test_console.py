"""Tables are not broken in words where no terminal says how wide it is."""

from __future__ import annotations

import pytest

from data.console import WIDTH, console


def test_a_pipe_is_wide_enough_for_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert console().width == console(stderr=True).width == WIDTH


def test_who_says_how_wide_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    assert console().width == 70
