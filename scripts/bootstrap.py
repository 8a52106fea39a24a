"""Build `.venv` from the hash-locked requirements and install the project into it. Standard library only.

python3 scripts/bootstrap.py            what Fairlead runs and learns with
python3 scripts/bootstrap.py tests      and then what only its tests and checks need
python3 scripts/bootstrap.py kernel     and the C kernel of contributions again, where there is a compiler
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
PIP_INSTALL = [
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
    "--no-deps",
    "--no-compile",
]
"""Nothing is looked for beyond what is named, for the lock file names all of it; nor is compiled what nobody uses."""
AT_ONCE = 2
"""Unpacking is work for a core: so many parts of the lock file are installed side by side."""
USED_TO_RUN = (
    "serving.app, serving.commands, mlflow.store.tracking.sqlalchemy_store",
    "training.train, training.tracking.tracking, training.tracking.pictures, training.terminal",
)
USED_TO_TEST = ("pytest, hypothesis, nbclient, ipykernel", "playwright.sync_api, httpx")
"""What is imported once, side by side, so that what it needs is compiled: a third of what is installed."""
ASKED_FOR = {"fairlead (pyproject.toml)", "fairlead (pyproject.toml:build)"}
"""Who needs what Fairlead runs with, in the lock file's words; and then whatever those need."""


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


def requirements(lock: str) -> tuple[list[str], list[str]]:
    """The lock file's requirements, each with its hashes: those that Fairlead runs with, and those of tests alone."""
    lines = lock.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line[:1] not in ("#", " ", "\n")]
    each = ["".join(lines[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True)]
    named = [(text.split("==")[0], _needed_by(text), text) for text in each]
    runs, before = {name for name, by, _ in named if by & ASKED_FOR}, 0
    while len(runs) > before:
        before = len(runs)
        runs |= {name for name, by, _ in named if by & runs}
    return [text for name, _, text in named if name in runs], [text for name, _, text in named if name not in runs]


def _needed_by(text: str) -> set[str]:
    """Who needs a requirement, by the comments behind it."""
    comments = (line.strip() for line in text.splitlines() if line.lstrip().startswith("#"))
    return {comment.lstrip("# ").removeprefix("via ").split("[")[0] for comment in comments}


def install_requirements(python: Path, wanted: list[str]) -> None:
    """Install requirements by several pips, each with its part."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"part-{number}.txt" for number in range(AT_ONCE)]
        for number, file in enumerate(files):
            file.write_text("".join(wanted[number::AT_ONCE]), encoding="utf-8")
        install(python, *(["--require-hashes", "--requirement", str(each)] for each in files))


def compile_used(python: Path, used: Sequence[str]) -> None:
    """Import what is used, so that no later start compiles it, not even where what is compiled is not kept."""
    writing = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    running = [subprocess.Popen([python, "-c", f"import {each}"], cwd=ROOT, env=writing) for each in used]
    codes = [each.wait() for each in running]
    if any(codes):
        refuse("what was installed cannot be imported; the lines above say why")


def compile_kernel() -> None:
    """The C kernel, where there is a compiler; where not, numpy computes the same, and a line says so."""
    done = subprocess.run([FOLDER / "bin" / "python", "-m", "models.kernel_build"], cwd=ROOT, check=False)
    if done.returncode == 0:
        (FOLDER / "kernel").touch()


def set_up() -> None:
    """Environment, locked requirements, the project itself; then the mark that make looks for, and the kernel."""
    print("Setting up .venv from requirements.lock (once, one to two minutes) ...", flush=True)
    python = make_environment()
    install_requirements(python, requirements(LOCK.read_text(encoding="utf-8"))[0])
    install(python, ["--no-build-isolation", "--editable", "."])
    compile_used(python, USED_TO_RUN)
    (FOLDER / "ready").touch()
    compile_kernel()


def add_tests() -> None:
    """What only tests and checks need, into the environment that is there."""
    print("Adding what the tests need (once, less than a minute) ...", flush=True)
    python = FOLDER / "bin" / "python"
    install_requirements(python, requirements(LOCK.read_text(encoding="utf-8"))[1])
    compile_used(python, USED_TO_TEST)
    (FOLDER / "ready-to-test").touch()


if __name__ == "__main__":
    started = time.monotonic()
    {"tests": add_tests, "kernel": compile_kernel}.get("".join(sys.argv[1:]), set_up)()
    print(f"Ready in {time.monotonic() - started:.0f} s.", flush=True)
