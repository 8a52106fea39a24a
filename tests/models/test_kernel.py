"""The compiled kernel answers only where it was made from this very source; in all other cases numpy does, calmly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from models import kernel
from models.kernel import FLAGS, NUMPY, VARIABLE, kernel_file, library, told


@pytest.fixture(autouse=True)
def _an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))


def test_numpy_answers_where_nothing_was_compiled(tmp_path: Path) -> None:
    assert kernel_file().is_relative_to(tmp_path)
    assert library() is None
    assert told().startswith("numpy, exactly and more slowly: python -m models.kernel_build")


def test_a_compiled_kernel_answers(environment_with_kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(environment_with_kernel))
    assert library() is library() is not None
    assert told() == "treeshap.c, compiled at set-up"


def test_numpy_answers_where_it_is_asked_to(environment_with_kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(environment_with_kernel))
    monkeypatch.setenv(VARIABLE, NUMPY)
    assert library() is None
    assert told() == "numpy, as FAIRLEAD_KERNEL says"


def test_what_another_source_left_behind_is_not_loaded(
    environment_with_kernel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(environment_with_kernel))
    (tmp_path / "treeshap.c").write_bytes(kernel.SOURCE.read_bytes() + b"\n")
    monkeypatch.setattr(kernel, "SOURCE", tmp_path / "treeshap.c")
    assert library() is None


def test_other_flags_give_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kernel_file()
    monkeypatch.setattr(kernel, "FLAGS", (*FLAGS, "-g"))
    assert kernel_file() != before


def test_numpy_answers_where_the_file_is_damaged() -> None:
    kernel_file().parent.mkdir(parents=True)
    kernel_file().write_bytes(b"\x7fELF and no more")
    assert library() is None
    assert told().startswith("numpy")


def test_numpy_answers_where_the_source_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "SOURCE", tmp_path / "gone.c")
    assert library() is None
    assert told().startswith("numpy")


def test_no_flag_lets_the_compiler_change_a_sum() -> None:
    assert "-ffp-contract=off" in FLAGS
    assert not {"-ffast-math", "-Ofast", "-march=native", "-funsafe-math-optimizations"} & set(FLAGS)
