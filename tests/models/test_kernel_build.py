"""The kernel is compiled once, whole, for its owner alone to change; where it cannot be, one calm line says so."""

from __future__ import annotations

import shutil
import stat
import sys
from pathlib import Path

import pytest

from models import kernel_build
from models.kernel import FLAGS, VARIABLE, kernel_file, library
from models.kernel_build import NotCompiled, build, find_compiler, main

needs_a_compiler = pytest.mark.skipif(find_compiler() is None, reason="no C compiler on this machine")


@pytest.fixture(autouse=True)
def _an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))


def a_compiler(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only compiler there is does what the script says."""
    folder.mkdir()
    (folder / "cc").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / "cc").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@needs_a_compiler
def test_it_is_compiled_once_and_nobody_else_may_change_it(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    file = kernel_file()
    assert capsys.readouterr().out == "Contributions are computed by treeshap.c, compiled for this machine.\n"
    assert list(file.parent.iterdir()) == [file]
    assert library() is not None
    for path in (file, file.parent):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o022
    made = file.stat().st_mtime_ns
    assert build() == file
    assert file.stat().st_mtime_ns == made


@needs_a_compiler
def test_the_source_compiles_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_build, "FLAGS", (*FLAGS, "-Wall", "-Wextra", "-Wpedantic", "-Werror"))
    assert build().is_file()


def test_without_a_compiler_numpy_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_compiler() is None
    main()
    told = capsys.readouterr().out
    assert told.startswith("Contributions are computed with numpy, exactly and more slowly: no C compiler was found")
    assert told.count("\n") == 1
    assert library() is None


@pytest.mark.parametrize("script", ["echo 'treeshap.c:1: error: no such thing' >&2; exit 1", "exit 1"])
def test_a_compiler_that_fails_leaves_nothing_behind(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_compiler(tmp_path / "bin", script, monkeypatch)
    main()
    told = capsys.readouterr().out
    assert "with numpy, exactly and more slowly" in told
    assert "no such thing" in told or "without a word" in told
    assert told.count("\n") == 1
    assert list(kernel_file().parent.iterdir()) == []


def test_a_compiler_that_makes_no_file_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_compiler(tmp_path / "bin", "exit 0", monkeypatch)
    with pytest.raises(NotCompiled):
        build()


def test_an_environment_that_cannot_be_written_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "environment").write_text("a file where a folder should be", encoding="utf-8")
    a_compiler(tmp_path / "bin", "exit 0", monkeypatch)
    with pytest.raises(NotCompiled):
        build()
    assert shutil.which("cc")
