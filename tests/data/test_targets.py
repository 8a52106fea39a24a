from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from data.targets import CannotWrite, require_file, require_folder


def test_a_place_that_can_be_written_passes_and_is_left_as_it_was(tmp_path: Path) -> None:
    there = tmp_path / "there.html"
    there.write_text("kept", encoding="utf-8")
    require_file(there, "--out")
    require_file(tmp_path / "new.html", "--out")
    require_file(tmp_path / "to" / "come" / "new.html", "--out", folder_is_made=True)
    require_folder(tmp_path, "--out")
    require_folder(tmp_path / "to" / "come", "--out")
    assert list(tmp_path.iterdir()) == [there]
    assert there.read_text(encoding="utf-8") == "kept"


def test_a_device_takes_what_is_written_whatever_its_folder_takes() -> None:
    require_file(Path(os.devnull), "--html")


def test_a_name_alone_lies_where_the_command_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    require_file(Path("page.html"), "--html")
    require_folder(Path("bundle"), "--out")


def test_what_came_what_was_expected_and_what_to_do_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.touch()
    said = [
        (tmp_path, "is a folder and cannot be written as a file: name one in it with --html"),
        (
            tmp_path / "nowhere" / "x",
            f"its folder {tmp_path / 'nowhere'} does not exist; create it, or name another file with --html",
        ),
        (file / "x", f"its folder {file} is no folder: name another file with --html"),
    ]
    for out, says in said:
        with pytest.raises(CannotWrite) as caught:
            require_file(out, "--html")
        assert str(out) in str(caught.value)
        assert says in str(caught.value)
    with pytest.raises(CannotWrite, match=r"for .*a-file is a file: name another folder with --out"):
        require_folder(file / "deep" / "bundle", "--out")


def test_a_folder_that_takes_no_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    says = rf"for {tmp_path} takes no files \(Read-only file system\): allow it, or name another"
    with pytest.raises(CannotWrite, match=f"{says} file with --out"):
        require_file(tmp_path / "page.html", "--out")
    with pytest.raises(CannotWrite, match=f"{says} folder with --out"):
        require_folder(tmp_path / "new" / "bundle", "--out")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="a folder that takes no files, not even root's")
def test_what_the_system_refuses_whoever_asks_is_found() -> None:
    with pytest.raises(CannotWrite, match="/proc takes no files"):
        require_file(Path("/proc/page.html"), "--html")
