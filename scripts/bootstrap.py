"""Build `.venv` from the hash-locked requirements and install the project into it. Standard library only."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
PIP_INSTALL = [
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
    "--no-deps",
]
"""Nothing is looked for beyond what is named: the lock file names all of it."""
AT_ONCE = 2
"""Unpacking and compiling is work for a core: so many parts of the lock file are installed side by side."""


def refuse(message: str) -> None:
    """Stop with a message that says what to do."""
    print(f"bootstrap: {message}", file=sys.stderr)
    raise SystemExit(1)


def make_environment() -> Path:
    """An empty virtual environment; the path of its python."""
    if sys.version_info < (3, 11):
        came = sys.version.split()[0]
        refuse(f"this is python {came}, Fairlead needs 3.11 or newer: make PYTHON=python3.12 run")
    try:
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=True).create(FOLDER)
    except subprocess.CalledProcessError:
        refuse("python3 cannot make a virtual environment with pip: install it (Debian: apt-get install python3-venv)")
    return FOLDER / "bin" / "python"


def install(python: Path, *arguments: Sequence[str]) -> None:
    """Run pip with each of these, side by side; its own words stay visible when it fails."""
    running = [subprocess.Popen([python, *PIP_INSTALL, *each], cwd=ROOT) for each in arguments]
    codes = [each.wait() for each in running]
    if any(codes):
        refuse("the installation failed; the lines above say why. Run the same command to try again")


def parts(lock: Path, folder: Path) -> list[Path]:
    """The lock file's requirements, each with its hashes, dealt out to several files."""
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith("#")]
    starts = [number for number, line in enumerate(lines) if not line[:1].isspace()]
    each = ["".join(lines[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True)]
    files = [folder / f"part-{number}.txt" for number in range(AT_ONCE)]
    for number, file in enumerate(files):
        file.write_text("".join(each[number::AT_ONCE]), encoding="utf-8")
    return files


def main() -> None:
    """Environment, locked requirements, the project itself; then the mark that make looks for."""
    started = time.monotonic()
    print("Setting up .venv from requirements.lock (once, one to three minutes) ...", flush=True)
    python = make_environment()
    with tempfile.TemporaryDirectory() as folder:
        files = parts(ROOT / "requirements.lock", Path(folder))
        install(python, *(["--require-hashes", "--requirement", str(each)] for each in files))
    install(python, ["--no-build-isolation", "--editable", "."])
    (FOLDER / "ready").touch()
    print(f"Ready in {time.monotonic() - started:.0f} s.", flush=True)


if __name__ == "__main__":
    main()
