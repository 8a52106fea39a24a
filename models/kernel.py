"""Which kernel answers for one row: C, compiled at set-up where there is a compiler, or numpy. Answers are the same.

`make run` and `make test` compile `models/treeshap.c` into the virtual environment (`models.kernel_build` does, and may
be run by hand in an environment made otherwise); nothing is compiled while serving. The compiled file is named by the
digest of all it was made from, so that what an earlier source or another interpreter left behind is never loaded.
`FAIRLEAD_KERNEL=numpy` leaves the compiled kernel alone.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import sysconfig
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("treeshap.c")
FLAGS = ("-std=c99", "-O3", "-fopenmp-simd", "-ffp-contract=off", "-fPIC", "-shared")
"""Portable to every processor of the architecture; none that lets the compiler change what a sum comes to."""
VARIABLE = "FAIRLEAD_KERNEL"
NUMPY = "numpy"


def kernel_file() -> Path:
    """Where the kernel of this source lies in this environment, once compiled.

    Raises:
        OSError: when the source is not there.
    """
    platform = f"{sysconfig.get_platform()} {sysconfig.get_config_var('SOABI')} {' '.join(FLAGS)}"
    digest = hashlib.sha256(SOURCE.read_bytes() + platform.encode()).hexdigest()
    return Path(sys.prefix) / "lib" / "fairlead-kernel" / f"treeshap-{digest[:32]}.so"


def library() -> ctypes.CDLL | None:
    """The compiled kernel, or None where numpy answers."""
    if os.environ.get(VARIABLE) == NUMPY:
        return None
    try:
        file = kernel_file()
        return _opened(file) if file.is_file() else None
    except OSError:
        return None


@cache
def _opened(file: Path) -> ctypes.CDLL:
    opened = ctypes.CDLL(str(file))
    address, count = ctypes.c_void_p, ctypes.c_int64
    opened.fairlead_room.argtypes, opened.fairlead_room.restype = [address, address], count
    opened.fairlead_raw.argtypes, opened.fairlead_raw.restype = [address] * 4, None
    opened.fairlead_contributions.argtypes = [address, address, count, address, address, address]
    opened.fairlead_contributions.restype = None
    return opened


def told() -> str:
    """Which kernel answers, and why, in one line."""
    if library() is not None:
        return f"{SOURCE.name}, compiled at set-up"
    if os.environ.get(VARIABLE) == NUMPY:
        return f"numpy, as {VARIABLE} says"
    return "numpy, exactly and more slowly: python -m models.kernel_build compiles treeshap.c, given a compiler"
