"""One process serves a folder: a second one is refused by name, and a process that was killed holds nothing back."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.one_server import AlreadyServed, serving_alone
from serving.settings import Settings

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A real process that serves, once it said where."""
    command = [sys.executable, "fairlead.py", "serve", "--folder", str(folder), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = (re.search(r"docs at (http://\S+)/docs$", line) for line in process.stderr)
            yield process, next(found[1] for found in said if found)
        finally:
            process.kill()


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("up", "--port", "1", "--cases", "3000")])
def test_a_second_one_is_told_who_serves_and_where(tmp_path: Path, command: tuple[str, ...]) -> None:
    folder = tmp_path / "var"
    with served(folder) as (process, address):
        before = sorted(folder.rglob("*"))
        second = subprocess.run(
            [sys.executable, "fairlead.py", *command, "--folder", str(folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (second.returncode, second.stdout) == (2, "")
        assert f"{folder} is served already, by process {process.pid} at {address}, " in second.stderr
        assert "Traceback" not in second.stderr
        assert sorted(folder.rglob("*")) == before
        looked = [sys.executable, "fairlead.py", "doctor", "--folder", str(folder)]
        assert "audit chain" in subprocess.run(looked, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_a_process_that_was_killed_holds_nothing_back(tmp_path: Path) -> None:
    with served(tmp_path / "var") as (process, _):
        with pytest.raises(AlreadyServed), serving_alone(Settings(folder=tmp_path / "var")):
            pass
        process.kill()
        process.wait()
        with serving_alone(Settings(folder=tmp_path / "var")):
            pass


@pytest.mark.parametrize(
    ("folder", "db", "said"),
    [("a", "b.db", "a is served already"), ("b", "a/fairlead.db", "a/fairlead.db is served already"), ("b", "", "")],
)
def test_neither_the_folder_nor_the_database_is_shared(tmp_path: Path, folder: str, db: str, said: str) -> None:
    second = Settings(folder=tmp_path / folder, db=f"sqlite:///{tmp_path / db}" if db else None)
    with contextlib.ExitStack() as stack:
        stack.enter_context(serving_alone(Settings(folder=tmp_path / "a"), "http://127.0.0.1:8080"))
        if said:
            words = re.escape(f"{said}, by process {os.getpid()} at http://127.0.0.1:8080")
            stack.enter_context(pytest.raises(AlreadyServed, match=words))
        stack.enter_context(serving_alone(second))
    with serving_alone(second):
        pass


def test_a_folder_that_cannot_be_written_is_for_the_store_to_tell(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with serving_alone(Settings(folder=tmp_path / "file")):
        pass


@pytest.mark.parametrize(("folder", "db", "option"), [("a", "b.db", "--folder"), ("b", "a/fairlead.db", "--db")])
def test_whoever_is_refused_is_told_the_option_that_names_another(
    tmp_path: Path, folder: str, db: str, option: str
) -> None:
    second = Settings(folder=tmp_path / folder, db=f"sqlite:///{tmp_path / db}")
    with (
        serving_alone(Settings(folder=tmp_path / "a")),
        pytest.raises(AlreadyServed, match=f"by process {os.getpid()}, and one .* name another with {option}$"),
        serving_alone(second),
    ):
        pass


def test_a_database_is_one_whatever_leads_to_it_and_another_beside_it_is_another(tmp_path: Path) -> None:
    def named(folder: str, db: str) -> Settings:
        return Settings(folder=tmp_path / folder, db=f"sqlite:///{tmp_path / db}")

    (tmp_path / "link.db").symlink_to(tmp_path / "store.one")
    with serving_alone(named("a", "store.one")):
        with serving_alone(named("b", "store.two")):
            pass
        with pytest.raises(AlreadyServed), serving_alone(named("c", "link.db")):
            pass


@pytest.mark.parametrize(
    ("wrote", "by"),
    [
        (b"", "another process"),
        (b"process 7\n", "process 7"),
        (b"process 7 at http://127.0.0.1:8080\nand more", "process 7 at http://127.0.0.1:8080"),
        (b"process 7 at \x1b[2J", "process 7"),
        (b"\x1b[2J\xff", "another process"),
        (b"x" * 1_000, "another process"),
    ],
)
def test_a_second_one_is_refused_whatever_the_holder_wrote(tmp_path: Path, wrote: bytes, by: str) -> None:
    lock = tmp_path / "serving.lock"
    lock.write_bytes(wrote)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with (
            pytest.raises(AlreadyServed, match=f"served already, by {by}, and"),
            serving_alone(Settings(folder=tmp_path)),
        ):
            pass
    assert lock.read_bytes() == wrote


def test_a_lock_of_another_user_refuses_whoever_can_only_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens = os.open

    def only_read(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opens(path, flags, mode)

    settings = Settings(folder=tmp_path)
    with serving_alone(settings, "http://one"):
        monkeypatch.setattr(os, "open", only_read)
        with (
            pytest.raises(AlreadyServed, match=f"by process {os.getpid()} at http://one, and"),
            serving_alone(settings),
        ):
            pass
    before = (tmp_path / "serving.lock").read_bytes()
    with serving_alone(settings), pytest.raises(AlreadyServed), serving_alone(settings):
        pass
    assert (tmp_path / "serving.lock").read_bytes() == before, "held, though it cannot say by whom"


def test_who_holds_a_folder_now_is_all_that_its_lock_says(tmp_path: Path) -> None:
    lock = tmp_path / "serving.lock"
    lock.write_text("process 1 at http://a.host.of.before.example.com:8080\n")
    with serving_alone(Settings(folder=tmp_path)):
        assert lock.read_text() == f"process {os.getpid()}\n"


def test_where_a_file_system_knows_no_locks_a_folder_is_served_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with serving_alone(Settings(folder=tmp_path)):
        pass


def test_a_folder_that_is_not_there_yet_is_held_too(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path / "new" / "var", db=f"sqlite:///{tmp_path / 'another' / 'new' / 'store.db'}")
    with serving_alone(settings), pytest.raises(AlreadyServed), serving_alone(settings):
        pass
    assert (tmp_path / "another" / "new" / "store.db.lock").exists()
