"""Compile `models/treeshap.c` for this environment, where there is a C compiler: python -m models.kernel_build

Standard library only: `scripts/bootstrap.py` runs it at set-up. Whatever goes wrong, numpy answers, exactly and slower;
so that is told in one line and is no failure.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from models.kernel import FLAGS, SOURCE, kernel_file

COMPILERS = ("cc", "gcc", "clang")
SECONDS = 120
"""No compiler takes longer than a few seconds."""


class NotCompiled(Exception):
    """There is no compiled kernel; the message says why."""


def find_compiler() -> str | None:
    """The C compiler of this machine, if it has one."""
    return next(filter(None, map(shutil.which, COMPILERS)), None)


def build() -> Path:
    """The compiled kernel of this source; compiled now, unless it is there.

    Raises:
        NotCompiled: when it cannot be; whatever was there before is untouched.
    """
    try:
        file = kernel_file()
        if not file.is_file():
            file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            _compile(file)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotCompiled(str(error)) from error
    return file


def _compile(file: Path) -> None:
    """Compile beside the file, then put it in place whole: nobody ever loads half of it, or one others may change."""
    compiler = find_compiler()
    if compiler is None:
        raise NotCompiled(f"no C compiler was found ({', '.join(COMPILERS)})")
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        made = Path(folder) / file.name
        command = [compiler, *FLAGS, "-o", str(made), str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            raise NotCompiled(f"{compiler} refused it: {(done.stderr.strip().splitlines() or ['without a word'])[0]}")
        made.chmod(0o644)
        made.replace(file)


def main() -> None:
    """Compile and tell in one line."""
    try:
        build()
    except NotCompiled as error:
        sys.stdout.write(f"Contributions are computed with numpy, exactly and more slowly: {error}.\n")
    else:
        sys.stdout.write(f"Contributions are computed by {SOURCE.name}, compiled for this machine.\n")


if __name__ == "__main__":
    main()
