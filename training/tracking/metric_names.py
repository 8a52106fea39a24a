"""What a slice's metrics are called in MLflow: by its feature and level, in the letters of any language."""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 200
"""Letters of a place: MLflow allows 250 of a name, and the metric's own follows."""
_NOT_ALLOWED = re.compile(r"[^\w. /-]")
"""MLflow allows the letters and digits of every language, and colons where no side of it runs on Windows."""
DIGEST_LETTERS = 8


def place_names(slices: Iterable[tuple[str, str]]) -> list[str]:
    """`slice.FEATURE.LEVEL` for each feature and level, never one name for two.

    Those that would be alike, also to a store that does not tell capitals, end in a digest of what they are.
    """
    told = [(each, _allowed("slice." + ".".join(each))) for each in slices]
    counts = Counter(name.casefold() for _, name in told)
    return [name if counts[name.casefold()] == 1 else f"{name}.{_digest(each)}" for each, name in told]


def _allowed(place: str) -> str:
    # Composed first: an accent that stands by itself is no letter, and would be lost.
    name = _NOT_ALLOWED.sub("_", unicodedata.normalize("NFC", place))
    # A name must also be a path that leads to itself: 'a//b' and '../a' are refused, 'n/a' is none of these.
    return (name if posixpath.normpath(name) == name else name.replace("/", "_"))[:LONGEST].rstrip("/")


def _digest(each: tuple[str, str]) -> str:
    return hashlib.sha256("\0".join(each).encode()).hexdigest()[:DIGEST_LETTERS]
