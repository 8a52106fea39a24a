"""Build `.venv` from the hash-locked requirements and install the project into it. Standard library only."""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
PIP_INSTALL = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "--no-compile"]
"""Nothing is compiled ahead: python does it for what is imported, less than a third of it, when it first is."""


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


def run(python: Path, *arguments: str) -> None:
    """Run pip; its own words stay visible when it fails."""
    if subprocess.run([python, *PIP_INSTALL, *arguments], cwd=ROOT).returncode:
        refuse("the installation failed; the lines above say why. Run the same command to try again")


def main() -> None:
    """Environment, locked requirements, the project itself; then the mark that make looks for."""
    started = time.monotonic()
    print("Setting up .venv from requirements.lock (once, one to three minutes) ...", flush=True)
    python = make_environment()
    run(python, "--require-hashes", "--requirement", "requirements.lock")
    run(python, "--no-deps", "--no-build-isolation", "--editable", ".")
    (FOLDER / "ready").touch()
    print(f"Ready in {time.monotonic() - started:.0f} s.", flush=True)


if __name__ == "__main__":
    main()
