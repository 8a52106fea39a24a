"""What CI runs: the README's own commands, with a browser that must be there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTES = '#!/bin/sh\necho "$(basename "$0") $1 CI=$CI"\n'


def test_ci_tests_and_checks_and_no_browser_test_may_skip(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / "bin").mkdir()
    script = shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    for name in ("make", "apt-get"):
        command = tmp_path / "bin" / name
        command.write_text(NOTES, encoding="utf-8")
        command.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment["PATH"] = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(["bash", script], env=environment, capture_output=True, text=True, check=True)
    told = [line for line in done.stdout.splitlines() if line.startswith("make ")]
    assert told == ["make test CI=true", "make check CI=true"]
