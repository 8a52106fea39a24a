"""LightGBM wants the system's OpenMP runtime; a bare machine has none, but scikit-learn's wheel carries one.

`ensure_openmp` lends it: the dynamic linker takes a library that is already loaded under the name it looks for, so
a copy whose own name (SONAME) is `libgomp.so.1` is enough. Nothing is installed, nothing outside the process changes.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import tempfile
from pathlib import Path

WANTED = "libgomp.so.1"


def ensure_openmp() -> None:
    """Make `libgomp.so.1` loadable in this process. Does nothing where the system has it or cannot be helped.

    Threads wait without spinning: on a machine that others use too, spinning at barriers takes the cores that the
    awaited thread needs.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        ctypes.CDLL(WANTED)
    except OSError:
        carried = carried_runtime()
        if carried is not None:
            load_as_wanted(carried)


def carried_runtime() -> Path | None:
    """The OpenMP runtime inside scikit-learn's wheel, None where the wheel carries none (not Linux)."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent.parent / "scikit_learn.libs"
    return next(iter(sorted(folder.glob("libgomp-*.so*"))), None)


def load_as_wanted(runtime: Path) -> None:
    """Load a copy of the runtime whose SONAME is `libgomp.so.1` (same length in the file, zero-padded)."""
    own_name = runtime.name.encode() + b"\0"
    renamed = runtime.read_bytes().replace(own_name, WANTED.encode().ljust(len(own_name), b"\0"), 1)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / WANTED
        copy.write_bytes(renamed)
        ctypes.CDLL(str(copy), mode=ctypes.RTLD_GLOBAL)
